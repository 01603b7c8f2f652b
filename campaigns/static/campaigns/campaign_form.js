// What the buttons of the form do without a script, done as soon as there is something to show: the
// form is sent, and of the page that comes back the places marked data-fresh="<button>" are taken
// over. An XMLHttpRequest parses it without a sink that Trusted Types forbid.
const form = document.querySelector("[data-campaign-form]");
const field = (name) => form.elements.namedItem(name);
const NAMES = ["spotify_uri", "upc", "isrc"];
const FILLED_IN = ["title", "artist", "release_at", "release_day"];
const latest = {};

function answerTo(request, button, sendsPicture) {
  const data = new FormData(form);
  data.append(button, "1");
  // A picture is sent as soon as it is chosen, and once.
  if (!sendsPicture) data.delete("artwork");
  return new Promise((resolve, reject) => {
    request.open("POST", location.href);
    request.responseType = "document";
    request.onload = () => resolve(request.response);
    request.onerror = request.onabort = reject;
    request.send(data);
  });
}

async function ask(button, places = button) {
  latest[places]?.abort();
  const mine = (latest[places] = new XMLHttpRequest());
  const page = await answerTo(mine, button, places === "refresh").catch(() => null);
  if (!page?.querySelector("[data-campaign-form]") || latest[places] !== mine) return null;
  for (const place of document.querySelectorAll(`[data-fresh="${places}"]`)) {
    const fresh = page.getElementById(place.id);
    for (const part of fresh.querySelectorAll("[autofocus]")) part.removeAttribute("autofocus");
    if (!place.contains(document.activeElement)) place.replaceChildren(...fresh.childNodes);
  }
  form.dispatchEvent(new Event("fresh"));
  return page;
}

// What is empty gets the value and the help that say where it is from.
function fillIn(page, name) {
  const [here, there] = [field(name), page.querySelector(`[name="${name}"]`)];
  if (!here || here.value || !there?.value) return;
  here.value = there.value;
  const id = `${here.id}_helptext`;
  document.getElementById(id)?.remove();
  here.before(page.getElementById(id));
  here.setAttribute("aria-describedby", id);
}

function showErrors(page, name) {
  const [here, there] = [field(name), page.querySelector(`[name="${name}"]`)];
  const [old, fresh] = [here, there].map((input) => input.closest(".field"));
  old.className = fresh.className;
  old.querySelector(".errorlist")?.remove();
  const errors = fresh.querySelector(".errorlist");
  if (errors) here.before(errors);
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (there.hasAttribute(name)) here.setAttribute(name, there.getAttribute(name));
    else here.removeAttribute(name);
  }
}

let lookedUp = "";
async function lookUp() {
  const names = NAMES.map((name) => field(name).value.trim()).join(" ");
  if (!names.trim() || names === lookedUp) return;
  lookedUp = names;
  const page = await ask("look_up");
  if (!page) return;
  for (const name of FILLED_IN) fillIn(page, name);
  await ask("refresh", "times");
  for (const name of NAMES) showErrors(page, name);
  form.dispatchEvent(new Event("fresh"));
}

for (const name of NAMES) {
  field(name)?.addEventListener("change", lookUp);
  // The field has what was pasted a moment later.
  field(name)?.addEventListener("paste", () => setTimeout(lookUp));
}

// On a slow connection somebody pastes before this script is there.
if (field("title")?.value === "") lookUp();

// The server keeps a chosen picture at once, so that nothing that happens to the form loses it.
// That takes up to a minute. What came of it is seen in its place, and told to those who listen.
const told = document.querySelector("[data-cover-told]");
function tell(sentence, isSeen) {
  told.textContent = sentence;
  told.classList.toggle("unseen", !isSeen);
}

field("artwork")?.addEventListener("change", async ({ target }) => {
  const answer = ask("refresh");
  const mine = latest.refresh;
  tell(target.files.length ? told.dataset.sending : "", true);
  const page = await answer;
  if (latest.refresh !== mine) return;
  if (!page) return tell(target.files.length ? told.dataset.failed : "", true);
  showErrors(page, "artwork");
  const wrong = page.querySelector("#id_artwork_error");
  if (!wrong) target.value = "";
  tell((wrong ?? document.querySelector("#cover-shown figcaption"))?.textContent ?? "", false);
});

// A file that is too large takes the place of one that is still on its way.
form.addEventListener("refused", () => {
  latest.refresh?.abort();
  latest.refresh = null;
  tell("", true);
});

for (const name of ["release_at", "release_day", "release_zone"]) {
  field(name)?.addEventListener("change", () => ask("refresh", "times"));
}

form.addEventListener("restored", () => ask("refresh"));

for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

// A new campaign's time zone is most likely the artist's own; one that came back has been chosen.
const zones = form.matches("[data-new-campaign]") ? field("release_zone") : null;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
// A browser may know a place by its older name.
const isOwn = ({ value }) => {
  try {
    return Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone === zone;
  } catch {
    return false;
  }
};
const options = [...(zones?.options ?? [])];
const own = options.find(({ value }) => value === zone) ?? options.find(isOwn);
if (own) zones.value = own.value;
