// What is entered stays in this tab until it is saved, whatever comes between: a log-in that has
// expired, a link that was clicked, a tab that crashed. Nothing of it leaves the browser.
const form = document.querySelector("[data-campaign-form]");
const key = `form ${form.dataset.keep}`;
const OURS = ["csrfmiddlewaretoken", "campaign"];

function entered() {
  const values = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  return JSON.stringify(values.filter(([name]) => !OURS.includes(name)));
}

function restore(values) {
  for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = false;
  for (const [name, value] of values) {
    const field = form.elements.namedItem(name);
    if (field?.type === "checkbox") field.checked = true;
    else if (field) field.value = value;
  }
  // What follows from it, such as the picture, is shown anew.
  form.dispatchEvent(new Event("restored"));
}

const cameBack = "cameBack" in form.dataset;
const untouched = entered();
const kept = JSON.parse(sessionStorage.getItem(key) ?? "null")?.values;

function store(values, isSent) {
  sessionStorage.setItem(key, JSON.stringify({ isSent, values: JSON.parse(values) }));
}

// A form that the server sent back holds what was entered already, and was not saved.
if (cameBack) store(untouched, false);
else if (kept && JSON.stringify(kept) !== untouched) {
  restore(kept);
  document.querySelector("[data-restored]").hidden = false;
}

function keep(isSent) {
  const now = entered();
  if (isSent || cameBack || now !== untouched) store(now, isSent);
  else sessionStorage.removeItem(key);
}

for (const kind of ["input", "change"]) form.addEventListener(kind, () => keep(false));
// A preview opens in a tab of its own, and saves nothing.
form.addEventListener("submit", ({ submitter }) => keep(!submitter?.hasAttribute("formtarget")));
document.querySelector("[data-start-anew]").addEventListener("click", () => {
  sessionStorage.removeItem(key);
  location.reload();
});
