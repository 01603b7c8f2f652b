// The browsers inside apps often lose a fan between two pages: offer the way out of them.
const box = document.querySelector("[data-in-app]");
const IN_APP = /Instagram|FBA[NV]|musical_ly|BytedanceWebview|TikTok|Snapchat|Line\/|Twitter|Pinterest/;

function outside(address) {
  const { protocol, host, pathname, search } = new URL(address);
  const scheme = protocol.slice(0, -1);
  if (/Android/.test(navigator.userAgent))
    return `intent://${host}${pathname}${search}#Intent;scheme=${scheme};end`;
  if (/iPhone|iPad/.test(navigator.userAgent))
    return `x-safari-${scheme}://${host}${pathname}${search}`;
  return "";
}

if (box && IN_APP.test(navigator.userAgent)) {
  const link = box.querySelector("[data-open-outside]");
  const way = outside(link.href);
  if (way) {
    link.href = way;
    link.hidden = false;
  }
  box.hidden = false;
}
