// Keep the numbers fresh while the page is looked at. The link "Refresh" does the same by hand.
const section = document.querySelector("[data-counts]");

function show(progress) {
  const place = document.querySelector("[data-progress]");
  const bar = place.querySelector("progress");
  place.hidden = !progress;
  if (!progress) return;
  place.querySelector("[data-progress-text]").textContent = progress.text;
  if (!bar) return;
  bar.max = progress.total;
  bar.value = progress.done;
  place.querySelector("[data-progress-done]").textContent = progress.done;
  place.querySelector("[data-progress-total]").textContent = progress.total;
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(section.dataset.counts, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const { status, counts, progress } = await answer.json();
  if (status !== section.dataset.status) return location.reload();
  for (const cell of section.querySelectorAll("[data-count]")) {
    cell.textContent = counts[cell.dataset.count];
  }
  show(progress);
}

if (section) setInterval(() => refresh().catch(() => {}), section.dataset.seconds * 1000);
