// The page as the form stands, at the size of a phone: a while after each change the server renders
// it anew, and the frame takes over its body. So the frame keeps its place, and the browser's way
// back is not full of previews.
const form = document.querySelector("[data-campaign-form]");
const frame = document.querySelector(".live-preview iframe");
const WAIT = 500;
let latest;
let timer;

function previewOf(data) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", new URL(frame.src).pathname);
    request.responseType = "document";
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject());
    request.onerror = reject;
    request.send(data);
  });
}

function calm() {
  // Nothing in it can be pressed: it is there to be looked at.
  if (frame.contentDocument.body) frame.contentDocument.body.inert = true;
  frame.contentDocument.querySelector(".preview-banner")?.remove();
}

async function refresh() {
  if (!frame.checkVisibility()) return;
  const mine = (latest = Symbol("preview"));
  const data = new FormData(form);
  // A chosen picture is at the server already, or on its way there.
  data.delete("artwork");
  const page = await previewOf(data).catch(() => null);
  const shown = frame.contentDocument;
  if (latest !== mine || !page?.querySelector(".preview-banner") || !shown?.body) return;
  shown.body.replaceWith(shown.adoptNode(page.body));
  calm();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, WAIT);
}

for (const kind of ["input", "change", "restored", "fresh"]) form.addEventListener(kind, soon);
frame.addEventListener("load", calm);
if (frame.contentDocument?.readyState === "complete") calm();
// What came back with errors is not what is stored.
if ("cameBack" in form.dataset) soon();
