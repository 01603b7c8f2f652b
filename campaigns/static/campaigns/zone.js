const field = document.querySelector("[data-own-zone]");

if (field) {
  const midnight = `${field.dataset.ownZone}T00:00`;
  const ahead = (new Date(`${midnight}Z`) - new Date(midnight)) / 6e4;
  field.value = `${Intl.DateTimeFormat().resolvedOptions().timeZone} ${ahead}`;
  for (const words of document.querySelectorAll("[data-without-zone]")) words.hidden = true;
}
