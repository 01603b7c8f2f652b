// A new campaign's time zone is most likely the artist's own; one that came back has been chosen.
const zones = document.querySelector("[data-new-campaign]")?.elements.namedItem("release_zone");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isKnown = [...(zones?.options ?? [])].some((option) => option.value === zone);
if (isKnown) zones.value = zone;
