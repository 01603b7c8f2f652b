// The browsers inside apps often lose a fan between two pages: offer the way out of them.
const box = document.querySelector("[data-in-app]");
const IN_APP = /Instagram|FBA[NV]|musical_ly|BytedanceWebview|TikTok|Snapchat|Line\/|Twitter|Pinterest/;

function outside(address) {
  const { host, pathname, search } = new URL(address);
  if (/Android/.test(navigator.userAgent))
    return `intent://${host}${pathname}${search}#Intent;scheme=https;end`;
  if (/iPhone|iPad/.test(navigator.userAgent)) return `x-safari-https://${host}${pathname}${search}`;
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
