// What is too large is told before it is sent, and that the rest is on its way.
const form = document.querySelector("[data-clip-form]");
const file = form.querySelector("[type=file]");
const told = form.querySelector("[data-told]");

file.addEventListener("change", () => {
  const isTooLarge = file.files[0]?.size > file.dataset.mostBytes;
  file.setCustomValidity(isTooLarge ? file.dataset.tooLarge : "");
  file.reportValidity();
});
form.addEventListener("submit", () => {
  told.textContent = told.dataset.sending;
});
