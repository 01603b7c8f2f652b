// Let the countdown to the release tick between two looks of live.js, which brings the server's own:
// a phone's clock may be wrong. Without this script the page leaves the seconds out, and says what
// time it was made at.
const begun = new WeakMap();
const UNITS = { days: [86_400, Infinity], hours: [3600, 24], minutes: [60, 60], seconds: [1, 60] };

function tick() {
  const clock = document.querySelector("[data-left]");
  if (!clock) return;
  if (!begun.has(clock)) begun.set(clock, performance.now());
  const gone = (performance.now() - begun.get(clock)) / 1000;
  const left = Math.max(0, Math.round(clock.dataset.left - gone));
  for (const [unit, [length, most]] of Object.entries(UNITS)) {
    const number = String(Math.floor(left / length) % most);
    const shown = clock.querySelector(`[data-${unit}]`);
    if (shown) shown.textContent = unit === "days" ? number : number.padStart(2, "0");
  }
  clock.querySelector("[data-seconds]").parentElement.hidden = false;
  for (const standing of document.querySelectorAll("[data-standing]")) standing.hidden = true;
}

setInterval(tick, 1000);
// Before anybody sees what the server has just sent.
new MutationObserver(tick).observe(document.getElementById("now"), { childList: true });
tick();
