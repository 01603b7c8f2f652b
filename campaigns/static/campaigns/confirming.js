// While a save is being confirmed, load the page anew as soon as it says something else, and not
// before, so that nobody who reads it is disturbed. The link "Refresh" does the same by hand.
async function check() {
  if (document.hidden) return;
  const answer = await fetch(location.href);
  if (answer.ok && !(await answer.text()).includes('data-state="sent"')) location.reload();
}

setInterval(() => check().catch(() => {}), 3000);
