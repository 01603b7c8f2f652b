// A new campaign's time zone, and the language of its words, are most likely the artist's own.
const form = document.querySelector("[data-new-campaign]");

function preset(name, wishes) {
  const choices = form?.elements.namedItem(name);
  const known = [...(choices?.options ?? [])].map((option) => option.value);
  const value = wishes.find((wish) => known.includes(wish));
  if (value) choices.value = value;
}

if (!document.querySelector(".error-summary")) {
  preset("release_zone", [Intl.DateTimeFormat().resolvedOptions().timeZone]);
  const language = navigator.language.toLowerCase();
  preset("artwork_alt_language", [language, language.split("-")[0]]);
}
