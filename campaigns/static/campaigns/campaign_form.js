// A new campaign's time zone is most likely the artist's own.
const form = document.querySelector("[data-new-campaign]");
const zones = form?.elements.namedItem("release_zone");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zones && !document.querySelector(".error-summary")) {
  const known = [...zones.options].some((option) => option.value === own);
  if (known) zones.value = own;
}
