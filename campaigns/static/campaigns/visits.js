// Count the visit and its source. Links take it along.
const query = new URLSearchParams(location.search);
const site = document.referrer && new URL(document.referrer).host;
const isFromHere = site === location.host; // another language
const src = (query.get("src") || query.get("utm_source") || (isFromHere ? "" : site)).slice(0, 99);

// Loaded again, or gone back to, it is the same visit.
function count() {
  if (isFromHere || performance.getEntriesByType("navigation")[0]?.type !== "navigate") return;
  const visit = { method: "POST", body: new URLSearchParams({ src }), credentials: "omit" };
  fetch(`${location.pathname}/visit`, { ...visit, keepalive: true }).catch(() => {});
}

const onward = src && document.querySelectorAll("[data-start] .button, nav a, [data-in-app] a");
for (const link of onward) {
  const [owner, to] = link.form ? [link.form, "action"] : [link, "href"];
  const address = new URL(owner[to]);
  address.searchParams.set("src", src);
  owner[to] = address;
}

if (document.prerendering) document.addEventListener("prerenderingchange", count, { once: true });
else count();
