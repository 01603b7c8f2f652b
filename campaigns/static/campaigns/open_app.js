// docs/fan-pages.md says in which browsers a link to Spotify does not open the app by itself. On
// Android in_app.js has made it an intent:, which leads to the browser where the app is missing.
const link = document.querySelector("[data-app]");
const isAndroid = /Android/.test(navigator.userAgent);
const isApple = /Mac OS X/.test(navigator.userAgent) && navigator.maxTouchPoints > 0;

if (!isAndroid) link.href = link.dataset.app;
if (!isAndroid && !isApple) link.parentElement.hidden = false;
