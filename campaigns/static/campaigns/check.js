// What a pasted address asks for. Nothing is sent: `read` is a function of the text alone, the same
// as presave_check/reading.py, step by step; a test holds both to one list of addresses. The table
// of Spotify's scopes and every sentence stand in the page.
const LONGEST = 16_384;
const MOST_LAYERS = 5;
const CONSENT =
  /(?:(?:^|[ \t\n\r"'<(=,;])(?:\/\/)?|https?:\/\/(?:[^ \t\n\r/?#"'<>\\]*@)?)accounts\.spotify\.com\.?(?::443)?\/(?:[a-z]{2}(?:-[a-z0-9]{2,8})*\/)?(?:oauth2\/v2\/auth|authorize)\/?\?([^\t\n]*)/gi;
const HOST = /https?:\/\/(?:[^ \t\n\r/?#"'<>\\]*@)?([^ \t\n\r/?#:@&"'<>\\]+)/i;
const BARE_HOST =
  /^[ \t\n\r]*(?:\/\/)?(?:[^ \t\n\r/?#@]*@)?((?:[^ \t\n\r/?#:@"'<>\\=,;().]+\.)+(?:[a-z][a-z0-9-]+|[^\x00-\x7f]+|[0-9]+)|localhost)\.?(?::[0-9]+)?(?![^ \t\n\r/?#,;)"'<>])/i;
const SHAPED =
  /^(?::[0-9]*)?\/(?:[a-z]{2}(?:-[a-z0-9]{2,8})*\/)?(?:oauth2\/v2\/auth|authorize)\/?\?[^\t\n]*(?:user|playlist)-[a-z]+-/i;
const NAMED = /spotify/i;
const OF_SPOTIFY = /\.(?:spotify\.com|spotify\.link|spotify\.app\.link|spoti\.fi|tospotify\.com)$/;
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
const ESCAPED =
  /&#x0*([2-7][0-9a-f]);|&#0*(3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]);|\\(?:u00|x)([2-7][0-9a-f])/gi;
const BROKEN_LINE = /[\r\n]+(?!HTTP\/[0-9]|[A-Za-z0-9_-]+:(?![^ \t\r\n]))/g;
const END = /(?:["<>]|'(?![^ \t\n\r>,;)\]}]))(?![^ \t\n\r"<>]*&[A-Za-z0-9_%]+=)/g;
const ENCODED = /%([2-7][0-9A-Fa-f])/g;
const SEPARATORS = /[ \t\r\n,;+.*|#'"`()[\]{}\\]+/;

const NOTHING = { asked: [], through: "", returns_to: "", lasts: "", asks_again: false };

const letter = (code, base) => String.fromCharCode(parseInt(code, base));

// What would end an address only parts it, as it was written so to belong to it.
function unescaped(_, hex, decimal, script) {
  const found = decimal ? letter(decimal, 10) : letter(hex ?? script, 16);
  return "\"'<>#".includes(found) ? "&" : found;
}

const tidied = (text) =>
  text
    .replaceAll("&amp;", "&")
    .replaceAll("\\/", "/")
    .replace(INVISIBLE, "")
    .replace(ESCAPED, unescaped)
    .replace(BROKEN_LINE, "")
    .replaceAll("\t", " ")
    .replace(END, "\n")
    .replaceAll("#", "\t#");

const decoded = (text) => text.replace(ENCODED, (_, code) => letter(code, 16));

function decodedWhole(value) {
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) value = decoded(value);
  return value;
}

const findHost = (text) => BARE_HOST.exec(text) ?? HOST.exec(text);

function host(text) {
  const found = findHost(text);
  if (!found) return "";
  return found[1].replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()).replace(/\.+$/, "");
}

const isSpotifys = (name) => OF_SPOTIFY.test(`.${name}`);

// Whether a host of somebody else's names Spotify, itself or as a user before it, or shows a page at
// the address of the one that asks.
function looksAlike(text) {
  const found = findHost(text);
  if (!found || isSpotifys(host(text))) return false;
  return NAMED.test(found[0]) || SHAPED.test(text.slice(found.index + found[0].length));
}

function hostBelow(value) {
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const found = host(value);
    if (found) return found;
    value = decoded(value);
  }
  return "";
}

function values(query, name) {
  const found = [];
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    for (const part of query.split(/[?&]/)) {
      const [key, ...value] = part.split("=");
      if (key === name) found.push(value.join("="));
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
  const through = host(before);
  if (looksAlike(before)) return { ...NOTHING, verdict: "lookalike", through };
  const names = decodedWhole(values(query, "scope").join(" ")).split(SEPARATORS);
  const asked = [...new Set(names.filter(Boolean))];
  const receivers = values(query, "redirect_uri").map(hostBelow).filter(Boolean);
  const dialogs = values(query, "show_dialog").map((value) => value.toLowerCase());
  const kinds = new Set(values(query, "response_type").map(decodedWhole));
  return {
    verdict: verdictOn(asked, needed),
    asked,
    through: through === "accounts.spotify.com" ? "" : through,
    returns_to: [...new Set(receivers)].join(", "),
    lasts: [...kinds].join() === "token" ? "hour" : "months",
    asks_again: [...new Set(dialogs)].join() === "true",
  };
}

function withoutConsent(text) {
  const through = host(text);
  if (!through) return { ...NOTHING, verdict: "unreadable" };
  if (isSpotifys(through)) return { ...NOTHING, verdict: "spotify" };
  return { ...NOTHING, verdict: looksAlike(text) ? "lookalike" : "elsewhere", through };
}

export function read(text, needed) {
  if (Array.from(text).length > LONGEST) {
    return { ...NOTHING, verdict: "too-long" };
  }
  const first = tidied(text);
  let layer = first;
  for (let round = 0; round < MOST_LAYERS; round += 1) {
    const found = [...layer.matchAll(CONSENT)];
    if (found.length) {
      const query = found.map((each) => each[1]).join("&");
      const before = layer.slice(0, found[0].index).split("\n").pop();
      return readConsent(before, query, needed);
    }
    layer = decoded(layer);
  }
  return withoutConsent(host(first) ? first : layer);
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

function showConsent({ asked, through, returns_to, lasts, asks_again }, needed) {
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
  one(`asks="again"`).hidden = !asks_again;
  one(`asks="once"`).hidden = asks_again;
}

function show() {
  const needed = form.dataset.check;
  const reading = read(form.elements.address.value, needed);
  for (const words of result.querySelectorAll("[data-verdict]")) {
    words.hidden = words.dataset.verdict !== reading.verdict;
  }
  one("whose").textContent = one("whose").dataset.whose.replace("{host}", () => reading.through);
  result.dataset.is = reading.verdict;
  one("consent").hidden = !reading.lasts;
  showConsent(reading, needed);
  result.hidden = false;
  result.scrollIntoView({ block: "nearest" });
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
      form.elements.address.focus();
      show();
    });
  }
}

if (form) start();
