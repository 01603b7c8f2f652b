// A new campaign's time zone is most likely the artist's own.
const zones = document.querySelector("[data-new-campaign]")?.elements.namedItem("release_zone");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isKnown = [...(zones?.options ?? [])].some((option) => option.value === zone);
if (isKnown && !document.querySelector(".error-summary")) zones.value = zone;
