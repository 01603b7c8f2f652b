// Copy an input's text. Without this script the text can be selected and copied by hand.
async function copy(button) {
  const input = document.getElementById(button.dataset.copy);
  const told = button.closest(".copy").querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(input.value);
    told.textContent = told.dataset.done;
  } catch {
    input.select();
    told.textContent = told.dataset.byHand;
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
