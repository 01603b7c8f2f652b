// On a phone the tabs scroll sideways: show the one that is open, also after live.js has replaced
// them. The page itself stays where it is read.
const tabs = document.getElementById("tabs");

function showCurrent() {
  const list = tabs.querySelector(".tabs-list");
  const tab = list.querySelector("[aria-current]");
  if (!tab) return;
  list.scrollLeft = tab.offsetLeft - list.offsetLeft - (list.clientWidth - tab.offsetWidth) / 2;
}

new MutationObserver(showCurrent).observe(tabs, { childList: true });
showCurrent();
