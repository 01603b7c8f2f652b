// The browser's own share sheet for the release's page, never this one, and for the picture. Where
// there is none, copy.js copies the link, and the picture can be downloaded.
const tell = document.querySelector("[data-share]");
const post = document.querySelector("[data-post]");
const picture = document.querySelector("[data-picture]");
let file;

// A sheet that the fan closes is no failure.
const orElse = (way) => ({ name }) => name === "AbortError" || way();

function share(event) {
  event.stopImmediatePropagation();
  const text = tell.dataset.share;
  const url = document.getElementById(tell.dataset.copy).value;
  navigator.share({ title: text, text, url }).catch(
    orElse(() => {
      tell.removeEventListener("click", share);
      tell.click();
    }),
  );
}

function fetchPicture() {
  file ??= fetch(picture.href).then(async (answer) => {
    if (!answer.ok) throw new Error(answer.status);
    return new File([await answer.blob()], picture.download, { type: "image/jpeg" });
  });
  return file;
}

async function postPicture() {
  await navigator.share({ files: [await fetchPicture()] });
}

if (tell) {
  if (navigator.share) tell.addEventListener("click", share);
  tell.hidden = false;
  const sample = new File([], "a.jpg", { type: "image/jpeg" });
  post.hidden = !navigator.canShare?.({ files: [sample] });
  // A browser opens its sheet only right after a tap, so the picture sets out with the finger.
  post.addEventListener("pointerdown", () => fetchPicture().catch(() => (file = undefined)));
  post.addEventListener("click", () => postPicture().catch(orElse(() => picture.click())));
}
