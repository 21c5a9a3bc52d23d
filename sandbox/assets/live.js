// Looks once a second whether the files changed and, if so, puts the new list in place. Without it, reload the page.
const PACE = 1000;
const PACE_WHEN_AWAY = 5000;

async function changed(area) {
  const answer = await fetch(area.dataset.watch);
  const { version } = await answer.json();
  return String(version) !== area.dataset.version;
}

function known(area) {
  return new Set([...area.querySelectorAll("[data-id]")].map((row) => row.dataset.id));
}

async function renew(area) {
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!answer.ok || !fresh) {
    location.reload();
    return;
  }
  const before = known(area);
  const focused = area.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  area.replaceChildren(...fresh.childNodes);
  area.dataset.version = fresh.dataset.version;
  const arrived = [...area.querySelectorAll("[data-id]")].filter((row) => !before.has(row.dataset.id));
  arrived.forEach((row) => row.classList.add("arrived"));
  if (arrived.length && !("quiet" in area.dataset)) {
    const names = [...new Set(arrived.map((row) => row.dataset.name))];
    document.querySelector("[data-announce]").textContent = `New: ${names.slice(0, 3).join(", ")}`;
  }
  if (focused) {
    [...area.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  }
}

async function watch(area) {
  for (;;) {
    try {
      if (!document.hidden && (await changed(area))) await renew(area);
      await new Promise((go) => setTimeout(go, document.hidden ? PACE_WHEN_AWAY : PACE));
    } catch {
      await new Promise((go) => setTimeout(go, PACE_WHEN_AWAY));
    }
  }
}

document.querySelectorAll("[data-live]").forEach(watch);
