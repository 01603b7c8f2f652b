// Keep the places marked data-live="<seconds>" as the server has them: the page is asked for again,
// and what differs is replaced. Without this script a reload does the same. An XMLHttpRequest
// parses the answer without a sink that Trusted Types forbid.
function load() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    // A look of the script's is no sign of somebody at work: it does not prolong the log-in.
    request.setRequestHeader("X-Live", "1");
    request.responseType = "document";
    request.timeout = 10_000;
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = reject;
    request.send();
  });
}

// Each answer masks the form's token anew.
const markup = (place) => place.innerHTML.replace(/(csrfmiddlewaretoken" value=")\w+/g, "$1");

async function refresh() {
  if (document.hidden) return;
  const { status, responseURL, response } = await load();
  const isElsewhere = new URL(responseURL).pathname !== location.pathname;
  // Who has been taken out of the label sees no more of it.
  if (isElsewhere || [403, 404].includes(status)) return location.reload();
  if (status !== 200) throw new Error(`${status}`);
  for (const place of document.querySelectorAll("[data-live]")) {
    const fresh = response.getElementById(place.id);
    if (!fresh) return location.reload();
    place.dataset.live = fresh.dataset.live;
    // Nobody loses the place where they type or are about to press.
    if (markup(place) === markup(fresh) || place.contains(document.activeElement)) continue;
    place.className = fresh.className;
    place.replaceChildren(...fresh.childNodes);
  }
}

// A page may have a line that says that it refreshes itself, and one for when it could not.
const live = document.querySelector("[data-fresh]");
const stale = document.querySelector("[data-stale]");

function say(failed) {
  if (live) live.hidden = failed;
  if (stale) stale.hidden = !failed;
}

let timer;
async function keepFresh() {
  clearTimeout(timer);
  const failed = await refresh().then(
    () => false,
    () => true,
  );
  say(failed);
  wait();
}

function wait() {
  const seconds = [...document.querySelectorAll("[data-live]")].map((place) => +place.dataset.live);
  clearTimeout(timer);
  timer = setTimeout(keepFresh, Math.min(...seconds) * 1000);
}

document.addEventListener("visibilitychange", keepFresh);
addEventListener("online", keepFresh);
say(false);
wait();
