// Copy an input's text. Where only a hand can copy, the input is shown and selected.

// The browsers inside other apps often keep the clipboard from pages, and let this pass.
function copyTheOldWay(input) {
  const { hidden } = input;
  input.hidden = false;
  input.select();
  const isCopied = document.execCommand("copy");
  input.hidden = hidden && isCopied;
  return isCopied;
}

async function copy(button) {
  const input = document.getElementById(button.dataset.copy);
  const told = document.getElementById(`${button.dataset.copy}-copied`);
  const isCopied = await navigator.clipboard?.writeText(input.value).then(() => true, () => false);
  told.textContent = isCopied || copyTheOldWay(input) ? told.dataset.copied : told.dataset.byHand;
}

for (const button of document.querySelectorAll("[data-copy]")) {
  for (const hidden of [button, button.closest("li")]) hidden?.removeAttribute("hidden");
  button.addEventListener("click", () => copy(button));
}
