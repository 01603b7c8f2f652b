// Copy an input's text. The input is shown where only a hand can copy.
const button = document.querySelector("[data-copy]");

// The browsers inside other apps often keep the clipboard from pages, and let this pass.
function copyTheOldWay(input) {
  const { hidden } = input;
  input.hidden = false;
  input.select();
  const isCopied = document.execCommand("copy");
  input.hidden = hidden && isCopied;
  return isCopied;
}

async function copy() {
  const input = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  const isCopied = await navigator.clipboard?.writeText(input.value).then(() => true, () => false);
  told.textContent = isCopied || copyTheOldWay(input) ? told.dataset.copied : told.dataset.byHand;
}

if (button) {
  button.closest("[hidden]").hidden = false;
  button.addEventListener("click", copy);
}
