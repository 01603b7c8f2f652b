// docs/fan-pages.md: every door opens.
const agent = navigator.userAgent;
const box = document.querySelector("[data-in-app]");
const IN_APP =
  /; wv\)|Mac OS X(?!.*(Safari|Gecko\/))|Instagram|FBA[NV]|TikTok|Snapchat|Line\/|Twitter|LinkedIn|MicroMessenger|NAVER|Reddit|Telegram/;

function outside(address) {
  if (/MicroMessenger/.test(agent)) return "";
  if (/KAKAO/.test(agent)) return `kakaotalk://web/openExternal?url=${encodeURIComponent(address)}`;
  if (/Android/.test(agent)) return address.replace(/(\w+):(.*)/, "intent:$2#Intent;scheme=$1;end");
  return /Mac OS X/.test(agent) && navigator.maxTouchPoints ? `x-safari-${address}` : "";
}

const isInApp = IN_APP.test(agent) || window.TelegramWebviewProxy;
if (box && isInApp && !navigator.standalone) {
  const link = box.querySelector("a");
  const way = outside(link.href);
  link.hidden = !way;
  link.href = way;
  box.hidden = false;
}
