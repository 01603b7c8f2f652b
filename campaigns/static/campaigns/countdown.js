// The release in the fan's own time, and how long it is until then, in the page's language.
const spoken = document.documentElement.lang;
const language = spoken === "en" ? "en-GB" : spoken; // as the page itself writes dates
const own = document.querySelector("[data-own-time]");
const countdown = document.querySelector("[data-countdown], [data-countdown-day]");
const MINUTE = 60;
const UNITS = [
  ["day", 1440],
  ["hour", 60],
  ["minute", 1],
];

function showOwnTime() {
  const moment = new Date(own.dataset.ownTime);
  const here = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (here === own.dataset.there) return; // the same clock as the artist's
  own.querySelector("time").textContent = moment.toLocaleString(language, {
    dateStyle: "long",
    timeStyle: "short",
  });
  own.hidden = false;
}

function target() {
  const day = countdown.dataset.countdownDay;
  return new Date(day ? `${day}T00:00` : countdown.dataset.countdown);
}

function part([unit, minutes], left) {
  const span = document.createElement("span");
  const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" });
  for (const { type, value } of format.formatToParts(Math.floor(left / minutes))) {
    const piece = document.createElement(type === "integer" ? "b" : "span");
    piece.textContent = value.trim();
    if (piece.textContent) span.append(piece);
  }
  return span;
}

function tick() {
  let left = Math.ceil((target() - Date.now()) / 1000 / MINUTE);
  countdown.hidden = left <= 0;
  if (left <= 0) return;
  countdown.replaceChildren();
  for (const unit of UNITS) {
    countdown.append(part(unit, left));
    left %= unit[1];
  }
  setTimeout(tick, 1000 * (MINUTE - (Math.floor(Date.now() / 1000) % MINUTE)));
}

if (own) showOwnTime();
if (countdown) tick();
