// From a save that was sent on, load the page anew as soon as it says something else, and not
// before, so that nobody who reads it is disturbed. The link "Refresh" does the same by hand.
// Checks grow rarer: a release that is gone from the catalogue may be so for hours.
const LONGEST_WAIT = 60_000;
const shown = `data-state="${document.querySelector('[data-state]').dataset.state}"`;

async function check() {
  if (document.hidden) return;
  const answer = await fetch(location.href);
  if (answer.ok && !(await answer.text()).includes(shown)) location.reload();
}

function checkAfter(wait) {
  setTimeout(() => {
    check().catch(() => {});
    checkAfter(Math.min(wait * 1.3, LONGEST_WAIT));
  }, wait);
}

checkAfter(3000);
