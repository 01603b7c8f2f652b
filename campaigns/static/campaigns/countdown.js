// The release in the fan's own time, in words of the page: Intl's cost a phone a tenth of a second.
const own = document.querySelector("[data-own-time]");
const countdown = document.querySelector("[data-countdown]");
const plural = new Intl.PluralRules(document.documentElement.lang);
const MINUTE = 60;
const DAY = 86400 * 1000;
const UNITS = [1440, 60, 1]; // minutes

function pad(number, length) {
  return String(number).padStart(length, "0");
}

// The page brings the days around the release along, each with "00:00" where the hour belongs.
function showOwnTime() {
  const here = new Date(own.dataset.ownTime);
  const there = new Date(own.dataset.there); // the artist's clock, as if it were UTC's
  const [hour, minute] = [here.getHours(), here.getMinutes()];
  const today = Date.UTC(here.getFullYear(), here.getMonth(), here.getDate());
  if (today + (60 * hour + minute) * 60_000 === there.getTime()) {
    own.hidden = true;
    return;
  }
  const days = own.dataset.days.split("|");
  const later = today / DAY - Math.floor(there / DAY);
  own.querySelector("time").textContent = days[2 + later].replace(
    /(0?0):00/,
    (_, zeros) => `${pad(hour, zeros.length)}:${pad(minute, 2)}`,
  );
  own.querySelector("[data-here]").hidden = own.hidden = false;
}

function part(count, [one, other]) {
  const span = document.createElement("span");
  const [before, after] = (plural.select(count) === "one" ? one : other).split("%(count)d");
  for (const [tag, text] of [["span", before.trim()], ["b", count], ["span", after.trim()]]) {
    const piece = document.createElement(tag);
    piece.textContent = text;
    if (piece.textContent) span.append(piece);
  }
  return span;
}

function tick() {
  // Without a zone it is the fan's own time.
  const rest = new Date(countdown.dataset.countdown) - Date.now();
  let left = Math.ceil(rest / 1000 / MINUTE);
  countdown.hidden = left <= 0;
  if (left <= 0) {
    document.querySelector("[data-at-zero]")?.removeAttribute("hidden");
    return;
  }
  countdown.replaceChildren();
  const words = countdown.dataset.words.split("|");
  for (const [number, minutes] of UNITS.entries()) {
    countdown.append(part(Math.floor(left / minutes), words.slice(2 * number)));
    left %= minutes;
  }
  setTimeout(tick, 1 + (rest % (1000 * MINUTE)));
}

if (own) showOwnTime();
if (countdown) tick();
