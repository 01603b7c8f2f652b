// On a phone the tabs scroll sideways: show the one that is open.
const tab = document.querySelector(".tabs [aria-current]");
tab?.scrollIntoView({ block: "nearest", inline: "center", behavior: "instant" });
