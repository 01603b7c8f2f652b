// The release in the fan's own time, in words of the page: Intl's cost a phone a tenth of a second.
const countdown = document.querySelector("[data-countdown]");
const plural = new Intl.PluralRules(document.documentElement.lang);
const DAY = 86400;
const UNITS = [DAY, 3600, 60, 1];

const pad = (number, length) => String(number).padStart(length, "0");

// The page brings the days around the release along, each with "00:00" where the hour belongs.
function showOwnTime(own) {
  const here = new Date(own.dateTime);
  const there = new Date(`${own.dateTime.slice(0, 16)}Z`) / 1000; // the artist's clock, as if UTC's
  const today = Date.UTC(here.getFullYear(), here.getMonth(), here.getDate()) / 1000;
  const [hour, minute] = [here.getHours(), here.getMinutes()];
  const days = own.dataset.own.split("|");
  if (today + 3600 * hour + 60 * minute !== there) {
    const behind = document.querySelector("[data-there]") ?? {};
    behind.textContent = own.textContent;
    behind.hidden = false;
  }
  own.textContent = days[2 + today / DAY - Math.floor(there / DAY)].replace(
    /(0?0):00/,
    (_, zeros) => `${pad(hour, zeros.length)}:${pad(minute, 2)}`,
  );
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

// By the minute, and by the second in the last hour. It begins with the first unit that is left.
function tick() {
  // Without a zone it is the fan's own time.
  const rest = new Date(countdown.dataset.countdown) - Date.now();
  const step = rest > 36e5 ? 60 : 1;
  let left = step * Math.ceil(rest / 1000 / step);
  countdown.hidden = left <= 0;
  if (left <= 0) {
    document.querySelector("[data-at-zero]")?.removeAttribute("hidden");
    return;
  }
  const words = countdown.dataset.words.split("|");
  const parts = [];
  for (const [number, unit] of UNITS.entries()) {
    const count = Math.floor(left / unit);
    if ((count || parts.length) && unit >= step) parts.push(part(count, words.slice(2 * number)));
    left %= unit;
  }
  countdown.replaceChildren(...parts);
  setTimeout(tick, 1 + (rest % (1000 * step)));
}

document.querySelectorAll("[data-own]").forEach(showOwnTime);
if (countdown) tick();
