// What a pasted address asks for. Nothing is sent: `read` is a function of the text alone, the same
// as presave_check/reading.py, step by step; a test holds both to one list of addresses. The table
// of Spotify's scopes and every sentence stand in the page.
const LONGEST = 16_384;
const MOST_LAYERS = 5;
const CONSENT =
  /(?:^|[ \t\n\r"'<(=,;]|https?:\/\/)accounts\.spotify\.com(?::443)?\/(?:[a-z]{2}(?:-[a-z0-9]{2,8})*\/)?(?:oauth2\/v2\/auth|authorize)\/?\?([^#"<>\n]*)/gi;
const HOST = /https?:\/\/(?:[^ \t\n\r/?#"'<>\\]*@)?([^ \t\n\r/?#:@"'<>\\]+)/i;
const BARE_HOST = /^[ \t\n\r]*([a-z0-9.-]+\.[a-z]{2,})(?![a-z0-9@.-])/i;
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;
const BROKEN_LINE = /[\r\n]+(?![A-Za-z-]+:[ \t])/g;
const ENCODED = /%([2-7][0-9A-Fa-f])/g;
const SEPARATORS = /[ \t\r,;+'"()[\]]+/;

const tidied = (text) =>
  text
    .replaceAll("&amp;", "&")
    .replaceAll("\\u0026", "&")
    .replaceAll("\\/", "/")
    .replace(INVISIBLE, "")
    .replace(BROKEN_LINE, "");

const decoded = (text) =>
  text.replace(ENCODED, (_, code) => String.fromCharCode(parseInt(code, 16)));

function decodedWhole(value) {
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) value = decoded(value);
  return value;
}

function host(text) {
  const found = HOST.exec(text) ?? BARE_HOST.exec(text);
  return found ? found[1].replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()) : "";
}

function values(query, name) {
  const found = [];
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    for (const part of query.split(/[?&]/)) {
      const [key, ...value] = part.split("=");
      if (key === name) found.push(decodedWhole(value.join("=")));
    }
    query = decoded(query);
  }
  return found;
}

function verdictOn(asked, needed) {
  if (!asked.length) return "nothing";
  if (!asked.includes(needed)) return "other";
  return asked.length === 1 ? "minimal" : "more";
}

function readConsent(before, query, needed) {
  const names = values(query, "scope").join(" ").split(SEPARATORS);
  const asked = [...new Set(names.filter(Boolean))];
  const through = host(before);
  return {
    verdict: verdictOn(asked, needed),
    asked,
    through: through === "accounts.spotify.com" ? "" : through,
    returns_to: host(values(query, "redirect_uri").join(" ")),
    lasts: [...new Set(values(query, "response_type"))].join() === "token" ? "hour" : "months",
  };
}

function withoutConsent(through) {
  const nothing = { asked: [], through: "", returns_to: "", lasts: "" };
  if (!through) return { ...nothing, verdict: "unreadable" };
  if (/\.spotify\.(com|link)$/.test(`.${through}`)) return { ...nothing, verdict: "spotify" };
  return { ...nothing, verdict: "elsewhere", through };
}

export function read(text, needed) {
  if (Array.from(text).length > LONGEST) {
    return { ...withoutConsent(""), verdict: "too-long" };
  }
  const first = tidied(text);
  let layer = first;
  for (let round = 0; round < MOST_LAYERS; round += 1) {
    const found = [...layer.matchAll(CONSENT)];
    if (found.length) {
      const query = found.map((each) => each[1]).join("&");
      return readConsent(layer.slice(0, found[0].index), query, needed);
    }
    layer = decoded(layer);
  }
  return withoutConsent(host(first) || host(layer));
}

const form = document.querySelector("[data-check]");
const result = document.querySelector("[data-result]");
const one = (name) => result.querySelector(`[data-${name}]`);

// The page's own row, so that each permission is told in the same words.
function row(name) {
  const known = document.querySelector(`[data-scope="${CSS.escape(name)}"]`);
  const copy = (known ?? document.querySelector("[data-unknown]")).cloneNode(true);
  delete copy.dataset.scope;
  delete copy.dataset.unknown;
  copy.querySelector("code").textContent = name;
  return copy;
}

function list(part, names) {
  one(`asked="${part}"`).hidden = !names.length;
  one(`asked="${part}"`).querySelector("ul").replaceChildren(...names.map(row));
}

function showConsent({ asked, through, returns_to, lasts }, needed) {
  const wanted = asked.filter((name) => name === needed);
  const extra = asked.filter((name) => name !== needed);
  list("needed", wanted);
  list("extra", extra);
  const count = one("count");
  count.textContent = count.dataset.count
    .replace("{needed}", wanted.length)
    .replace("{asked}", asked.length);
  const mark = (name) => Object.assign(document.createElement("i"), { className: name });
  const tally = [...wanted.map(() => mark("needed")), ...extra.slice(0, 40).map(() => mark(""))];
  result.querySelector(".tally").replaceChildren(...tally);
  count.parentElement.hidden = !asked.length;
  one("through").hidden = !through;
  one("through").textContent = one("through").dataset.through.replace("{host}", () => through);
  one("returns-to").hidden = !returns_to;
  one("returns-to").querySelector("dd").textContent = returns_to;
  for (const words of result.querySelectorAll("[data-lasts]")) {
    words.hidden = words.dataset.lasts !== lasts;
  }
}

function show() {
  const needed = form.dataset.check;
  const reading = read(form.elements.address.value, needed);
  for (const words of result.querySelectorAll("[data-verdict]")) {
    words.hidden = words.dataset.verdict !== reading.verdict;
  }
  result.dataset.is = reading.verdict;
  one("consent").hidden = !reading.lasts;
  showConsent(reading, needed);
  result.hidden = false;
}

function start() {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  // What is pasted is in the field only after this event.
  form.elements.address.addEventListener("paste", () => setTimeout(show));
  for (const example of document.querySelectorAll("[data-try]")) {
    example.hidden = false;
    example.addEventListener("click", () => {
      form.elements.address.value = example.querySelector("button").value;
      show();
      form.elements.address.focus();
    });
  }
}

if (form) start();
