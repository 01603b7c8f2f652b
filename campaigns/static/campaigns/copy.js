// Copy an input's text. Without this script the text can be selected and copied by hand.
const button = document.querySelector("[data-copy]");

async function copy() {
  const input = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(input.value);
    told.textContent = "Copied.";
  } catch {
    input.select();
    told.textContent = "Your browser does not let pages copy. The address is selected: copy it.";
  }
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", copy);
}
