// Count the visit and its source. Links take it along.
const query = new URLSearchParams(location.search);
const site = document.referrer && new URL(document.referrer).host;
const isFromHere = site === location.host; // another language
const src = (query.get("src") || query.get("utm_source") || (isFromHere ? "" : site)).slice(0, 99);

// Loaded again, or gone back to, it is the same visit.
function count() {
  if (isFromHere || performance.getEntriesByType("navigation")[0]?.type !== "navigate") return;
  const visit = { method: "POST", body: new URLSearchParams({ src }), credentials: "omit" };
  fetch(`${location.pathname}/visit`, { ...visit, keepalive: true }).catch(() => {});
}

const onward = src && document.querySelectorAll("[data-start] .button, nav a, [data-in-app] a");
for (const link of onward) {
  const [owner, to] = link.form ? [link.form, "action"] : [link, "href"];
  const address = new URL(owner[to]);
  address.searchParams.set("src", src);
  owner[to] = address;
}

if (document.prerendering) document.addEventListener("prerenderingchange", count, { once: true });
else count();

// docs/fan-pages.md: a return visit.
const note = document.querySelector("[data-mine]");
const mark = `presave:${note?.dataset.slug}`;

function isMarked() {
  try {
    return note && localStorage.getItem(mark) !== null;
  } catch {
    return false; // this browser keeps nothing
  }
}

function show(state) {
  note.hidden = true;
  for (const words of note.querySelectorAll("[data-when]")) {
    words.hidden = words.dataset.when !== state;
    if (!words.hidden) note.hidden = false;
  }
}

async function ask() {
  // Its place is kept from the first paint on.
  show("pending");
  note.style.visibility = "hidden";
  const answer = await fetch(note.dataset.mine).catch(() => ({}));
  if (answer.status === 204) localStorage.removeItem(mark);
  const { state, receipt } = answer.status === 200 ? await answer.json() : {};
  show(state);
  note.style.visibility = "";
  if (note.hidden) return;
  const link = note.querySelector("a");
  const language = query.get("lang");
  link.href = language ? `${receipt}?${new URLSearchParams({ lang: language })}` : receipt;
  const start = document.querySelector("[data-start]");
  if (start?.contains(document.activeElement)) link.focus();
  if (start) start.style.visibility = "hidden";
}

if (isMarked()) ask();
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && note && isMarked() === note.hidden) location.reload();
});
