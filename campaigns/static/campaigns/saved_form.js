// The campaign's page is where a form leads that was saved: this tab need not keep it any longer.
for (const key of Object.keys(sessionStorage)) {
  if (key.startsWith("form ") && JSON.parse(sessionStorage.getItem(key)).isSent) {
    sessionStorage.removeItem(key);
  }
}
