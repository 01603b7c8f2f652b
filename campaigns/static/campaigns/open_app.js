// docs/fan-pages.md says in which browsers a link to Spotify does not open the app by itself. On
// Android in_app.js has made it an intent:, which leads to the browser where the app is missing.
const link = document.querySelector("[data-app]");
const { userAgent } = navigator;

if (!/Android/.test(userAgent)) link.href = link.dataset.app;
if (!/Android|iPhone|iPad/.test(userAgent)) link.parentElement.hidden = false;
