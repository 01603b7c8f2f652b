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

async function copy(event) {
  try {
    await navigator.clipboard.writeText(location.href);
    event.target.textContent = event.target.dataset.done;
  } catch {
    event.target.textContent = location.href; // to be copied by hand
  }
}

if (box && IN_APP.test(navigator.userAgent)) {
  const link = box.querySelector("[data-open-outside]");
  if (outside()) {
    link.href = outside();
    link.hidden = false;
  }
  box.querySelector("[data-copy-address]").addEventListener("click", copy);
  box.hidden = false;
}
