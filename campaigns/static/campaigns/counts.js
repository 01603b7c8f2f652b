// Keep the numbers fresh while the page is looked at. The link "Look again" does the same by hand.
const section = document.querySelector("[data-counts]");
const moving = ["opening", "waiting", "releasing"];
const seconds = moving.includes(section?.dataset.status) ? 3 : 30;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(section.dataset.counts, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const { status, counts } = await answer.json();
  if (status !== section.dataset.status) return location.reload();
  for (const cell of section.querySelectorAll("[data-count]")) {
    cell.textContent = counts[cell.dataset.count];
  }
}

if (section) setInterval(() => refresh().catch(() => {}), seconds * 1000);
