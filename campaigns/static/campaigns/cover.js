// The cover of a campaign: a picture that is dropped or pasted is chosen as with the file's own
// button, and a click or a drag on the whole picture moves the two sliders of its focus.
const cover = document.querySelector("[data-cover]");
const file = cover.querySelector("[type=file]");
const sliders = () => ["x", "y"].map((axis) => file.form.elements.namedItem(`artwork_focus_${axis}`));
const hasFile = (transfer) => [...(transfer?.types ?? [])].includes("Files");

// Of several the first: the field would send all, and the form takes one.
function choose({ files: [first] }) {
  if (!first) return;
  const chosen = new DataTransfer();
  chosen.items.add(first);
  file.files = chosen.files;
  file.dispatchEvent(new Event("change", { bubbles: true }));
}

// What is too large is told here and not sent: it would travel for minutes to be refused.
function refuse(sentence) {
  const list = document.createElement("ul");
  list.className = "errorlist";
  list.id = `${file.id}_error`;
  list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
  const field = file.closest(".field");
  field.querySelector(".errorlist")?.remove();
  field.classList.add("is-wrong");
  file.setAttribute("aria-invalid", "true");
  file.setAttribute("aria-describedby", `${file.id}_helptext ${list.id}`);
  file.before(list);
  file.value = "";
  file.focus();
  file.form.dispatchEvent(new Event("refused"));
}

file.form.addEventListener("change", (event) => {
  if (event.target !== file || !(file.files[0]?.size > file.dataset.mostBytes)) return;
  event.stopPropagation();
  refuse(file.dataset.tooLarge);
}, { capture: true });

// What misses the field by a little would replace the page.
for (const kind of ["dragover", "drop"]) {
  file.form.addEventListener(kind, (event) => {
    if (!hasFile(event.dataTransfer)) return;
    event.preventDefault();
    cover.classList.toggle("is-over", kind === "dragover");
    if (kind === "drop") choose(event.dataTransfer);
  });
}
file.form.addEventListener("dragleave", () => cover.classList.remove("is-over"));
// What is copied from a table or a text comes as text, with a picture of it.
function isForTextField({ target, clipboardData }) {
  return Number.isInteger(target.selectionStart) && clipboardData.types.includes("text/plain");
}

document.addEventListener("paste", (event) => {
  if (!hasFile(event.clipboardData) || isForTextField(event)) return;
  event.preventDefault();
  choose(event.clipboardData);
});

function show() {
  const whole = cover.querySelector("[data-whole]");
  if (!whole) return;
  const [x, y] = sliders().map((slider) => slider.value);
  const point = whole.querySelector(".focus-point");
  point.hidden = false;
  [point.style.left, point.style.top] = [`${x}%`, `${y}%`];
  const square = cover.querySelector("[data-square]");
  square.src = whole.querySelector("img").src;
  square.style.objectPosition = `${x}% ${y}%`;
}

function move(event) {
  const whole = event.target.closest?.("[data-whole]");
  if (!whole || !event.buttons) return;
  event.preventDefault();
  const { left, top, width, height } = whole.getBoundingClientRect();
  const shares = [(event.clientX - left) / width, (event.clientY - top) / height];
  for (const [at, slider] of sliders().entries()) slider.value = Math.round(shares[at] * 100);
  show();
}

for (const kind of ["pointerdown", "pointermove"]) cover.addEventListener(kind, move);
cover.addEventListener("pointerup", () => sliders()[0].dispatchEvent(new Event("change", { bubbles: true })));
cover.addEventListener("input", show);
new MutationObserver(show).observe(cover.querySelector("#cover-shown"), { childList: true });
show();
