// docs/fan-pages.md says when a receipt left open asks.
const slip = document.querySelector("[data-due]");
const { seen, state } = slip.dataset;
const due = state === "pending" ? new Date(slip.dataset.due) : 0;
const first = state === "pending" ? 8 : 3;
const HOUR = 36e5;
let looks = 0;
let looked = Date.now();
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
  lookAgain();
}

// The release may be moved to an earlier time, too.
function lookAgain() {
  const left = due - Date.now();
  if (left > 0) looks = 0;
  if (left > HOUR) timer = setTimeout(look, HOUR);
  else if (looks < 40) {
    const seconds = Math.min(first * 1.5 ** looks, 600);
    timer = setTimeout(look, Math.max(0, left) + 1000 * seconds * (1 + Math.random()));
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || Date.now() - looked < (due > Date.now() ? HOUR : 3e4)) return;
  looks = 0;
  look();
});
lookAgain();
