// The release comes at midnight where the fan is: send along which time zone this device follows.
const field = document.querySelector("[data-own-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (field && zone) {
  field.value = zone;
  for (const words of document.querySelectorAll("[data-without-zone]")) words.hidden = true;
}
