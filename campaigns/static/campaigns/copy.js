// Copy an input's text. Where only a hand can copy, the input is shown and selected.

// Browsers inside apps keep the clipboard from pages, and let this pass.
function copyTheOldWay(input, button) {
  const { hidden } = input;
  input.hidden = false;
  input.select();
  if (!document.execCommand("copy")) return false;
  input.hidden = hidden;
  button.focus();
  return true;
}

// Emptied, so that what is said again is heard.
function tell(told, words) {
  told.textContent = "";
  setTimeout(() => (told.textContent = words), 100);
}

async function copy(button) {
  const input = document.getElementById(button.dataset.copy);
  const told = document.getElementById(`${button.dataset.copy}-copied`);
  const isCopied = await navigator.clipboard?.writeText(input.value).then(() => true, () => false);
  tell(told, isCopied || copyTheOldWay(input, button) ? told.dataset.copied : told.dataset.byHand);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  for (const hidden of [button, button.closest("li")]) hidden?.removeAttribute("hidden");
  button.addEventListener("click", () => copy(button));
}
