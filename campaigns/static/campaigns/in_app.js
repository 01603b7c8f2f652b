// docs/fan-pages.md says whose browsers these are, and which way leads out of each.
const agent = navigator.userAgent;
const box = document.querySelector("[data-in-app]");
const IN_APP =
  /; wv\)|iP(hone|ad)(?!.*Safari)|Instagram|FBA[NV]|TikTok|Snapchat|Line\/|Twitter|Pinterest|LinkedIn|MicroMessenger|NAVER|Reddit|Telegram/;

function outside(address) {
  if (/MicroMessenger/.test(agent)) return "";
  if (/KAKAO/.test(agent)) return `kakaotalk://web/openExternal?url=${encodeURIComponent(address)}`;
  if (/Android/.test(agent)) return address.replace(/(\w+):(.*)/, "intent:$2#Intent;scheme=$1;end");
  return /iPhone|iPad/.test(agent) ? `x-safari-${address}` : "";
}

const isInApp = IN_APP.test(agent) || "TelegramWebviewProxy" in window;
if (box && isInApp && !navigator.standalone) {
  const link = box.querySelector("a");
  const way = outside(link.href);
  link.hidden = !way;
  link.href = way;
  box.hidden = false;
}
