// docs/fan-pages.md: a page left open.
const { state } = document.querySelector("[data-state]").dataset;
const due = new Date(document.querySelector("[data-countdown]")?.dataset.countdown ?? 0);
let looks = 0;
let looked = 0;
let timer;

async function ask() {
  looked = Date.now();
  const answer = await fetch(location.href, { cache: "no-cache" }).catch(() => {});
  const isNew = answer?.ok && !(await answer.text()).includes(`data-state="${state}"`);
  // Who listens to the clip hears its end.
  if (isNew && document.querySelector("audio")?.paused !== false) location.reload();
}

async function look() {
  clearTimeout(timer);
  if (!document.hidden) {
    looks += 1;
    await ask();
  }
  if (looks < 60) lookIn(Math.min(30 * 1.2 ** Math.max(0, looks - 20), 600));
}

function lookIn(seconds) {
  timer = setTimeout(look, 1000 * seconds * (1 + Math.random()));
}

function begin() {
  const left = due - Date.now();
  // No timer takes a month.
  if (left > 864e5) setTimeout(begin, 864e5);
  else if (left > 0) setTimeout(lookIn, left, 8);
  else lookIn(30);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || Date.now() - looked < 3e4) return;
  looks = 0;
  // Before the release it may be cancelled or moved.
  if (due > Date.now()) ask();
  else look();
});
begin();
