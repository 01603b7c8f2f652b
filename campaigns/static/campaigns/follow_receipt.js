// docs/fan-pages.md says when a receipt left open asks.
const slip = document.querySelector("[data-due]");
const { seen, state } = slip.dataset;
const due = state === "pending" ? new Date(slip.dataset.due) : 0;
const first = state === "pending" ? 8 : 3;
let looks = 0;
let looked = 0;
let timer;

async function look() {
  clearTimeout(timer);
  if (!document.hidden) {
    looks += 1;
    looked = Date.now();
    const answer = await fetch(location.href, { headers: { "If-None-Match": seen } }).catch(() => {});
    // What is deleted says so itself.
    if (answer?.ok || answer?.status === 404) location.reload();
  }
  if (looks < 40) lookIn(Math.min(first * 1.5 ** looks, 600));
}

function lookIn(seconds) {
  timer = setTimeout(look, 1000 * seconds * (1 + Math.random()));
}

function begin() {
  const left = due - Date.now();
  // No timer takes a month.
  if (left > 864e5) setTimeout(begin, 864e5);
  else setTimeout(lookIn, Math.max(0, left), first);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || due > Date.now() || Date.now() - looked < 3e4) return;
  looks = 0;
  look();
});
begin();
