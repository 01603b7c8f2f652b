// Each time in the fan's own zone. The page brings the days around it along, with 00:00 where the
// hour belongs, and its forms: both clocks agree, another hour, another day.
const DAY = 864e5;
const pad = (number, length) => String(number).padStart(length, "0");

for (const time of document.querySelectorAll("[data-days]")) {
  const { days, forms } = time.dataset;
  const here = new Date(time.dateTime);
  const there = new Date(`${time.dateTime.slice(0, 16)}Z`); // the artist's clock, as if it were UTC's
  const [hour, minute] = [here.getHours(), here.getMinutes()];
  const today = Date.UTC(here.getFullYear(), here.getMonth(), here.getDate());
  const later = today / DAY - Math.floor(there / DAY);
  const own = days
    .split("|")
    [2 + later].replace(/(0?0):00/, (_, zeros) => `${pad(hour, zeros.length)}:${pad(minute, 2)}`);
  const agree = today + (60 * hour + minute) * 6e4 === there.getTime();
  const form = forms.split("|")[agree ? 0 : later ? 2 : 1];
  time.textContent = form ? form.replace("%s", () => own) : own;
}
