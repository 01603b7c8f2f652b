// The browsers inside apps often lose a fan between two pages: offer the way out of them.
const box = document.querySelector("[data-in-app]");
const IN_APP = /Instagram|FBA[NV]|musical_ly|BytedanceWebview|TikTok|Snapchat|Line\/|Twitter|Pinterest/;

function outside() {
  const { host, pathname, search } = location;
  if (/Android/.test(navigator.userAgent))
    return `intent://${host}${pathname}${search}#Intent;scheme=https;end`;
  if (/iPhone|iPad/.test(navigator.userAgent)) return `x-safari-https://${host}${pathname}${search}`;
  return "";
}

if (box && IN_APP.test(navigator.userAgent)) {
  const link = box.querySelector("[data-open-outside]");
  if (outside()) {
    link.href = outside();
    link.hidden = false;
  }
  box.hidden = false;
}
