// Improves pages that already work: enhanced forms, busy buttons, copying, relative times, toasts, dialogs.
const all = (selector, root = document) => root.querySelectorAll(selector);

// Times: the server writes the absolute text; it becomes the title and the relative text takes its place.
const steps = [["second", 1], ["minute", 60], ["hour", 3600], ["day", 86400]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
function tellTimes(root = document) {
  for (const time of all("time[datetime]", root)) {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
    time.title ||= time.textContent;
    const distance = Math.abs(seconds);
    const [unit, size] = steps.findLast(([, size]) => distance >= size) ?? steps[0];
    time.textContent = distance < 45 ? (seconds < 0 ? "just now" : "in a moment") : distance < 7 * 86400 ? relative.format(Math.round(seconds / size), unit) : time.title;
  }
}

// Toasts leave after six seconds of not being looked at; flash messages of a full page are toasts too.
const flash = document.getElementById("flash");
function dismiss(toast) {
  let left = 6;
  const clock = setInterval(() => {
    if (toast.matches(":hover, :focus-within") || document.hidden || --left > 0) return;
    clearInterval(clock);
    toast.classList.add("leaving");
    setTimeout(() => toast.remove(), 200);
  }, 1000);
}
function carryFlash(page) {
  for (const toast of all("#flash > *", page)) {
    flash?.append(toast);
    dismiss(toast);
  }
}

// Busy: the pressed button keeps its width, says what it does, and a second press does nothing.
function setBusy(form, button, busy) {
  form.toggleAttribute("data-sending", busy);
  if (!button) return;
  const label = button.matches("[data-busy]") ? button.querySelector("span") ?? button : button.querySelector("[data-busy]");
  if (busy) {
    button.style.minInlineSize = `${button.offsetWidth}px`;
    button.ariaDisabled = button.ariaBusy = "true";
    if (label) {
      label.dataset.was = label.textContent;
      label.textContent = (button.dataset.busy ?? label.dataset.busy);
    }
  } else {
    button.style.minInlineSize = "";
    button.ariaDisabled = button.ariaBusy = null;
    if (label?.dataset.was) label.textContent = label.dataset.was;
  }
}

// A failure to reach the server stays beside the form; it is no toast.
function complain(form, text) {
  form.querySelector(":scope > .unsent")?.remove();
  if (!text) return;
  const line = Object.assign(document.createElement("p"), { className: "error unsent", role: "alert", textContent: text });
  form.append(line);
}

// The answer may be the fragment or a whole page that holds it; anything else replaces the page.
function swap(selector, answer, page) {
  const target = document.querySelector(selector);
  const fresh = page.querySelector(selector);
  if (!target || !fresh || (answer.redirected && new URL(answer.url).pathname !== location.pathname)) {
    if (answer.redirected) {
      // That page was only fetched, not shown: its toasts, shown once by the server, go along.
      sessionStorage.toasts = JSON.stringify(Array.from(all("#flash > *", page), (toast) => toast.textContent.trim()));
      return location.assign(answer.url);
    }
    document.title = page.title || document.title;
    document.getElementById("main").replaceChildren(...(page.getElementById("main") ?? page.body).childNodes);
    return document.getElementById("main").focus();
  }
  const active = document.activeElement;
  const place = target.contains(active) && (active.id ? `#${CSS.escape(active.id)}` : active.name && `[name="${CSS.escape(active.name)}"]`);
  const change = () => {
    target.replaceWith(fresh);
    tellTimes(fresh);
    const next = fresh.querySelector("[aria-invalid=true]") ?? (place && document.querySelector(place));
    if (next) return next.focus();
    if (!target.contains(active)) return;
    fresh.tabIndex = -1;
    fresh.focus();
  };
  carryFlash(page);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (document.startViewTransition && !calm) document.startViewTransition(change).ready.catch(() => {});
  else change();
}

async function send(form, button) {
  const body = new FormData(form, button);
  const plain = form.enctype !== "multipart/form-data";
  complain(form);
  setBusy(form, button, true);
  try {
    const address = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    const answer = await fetch(address, { method: "POST", headers: { "X-Fragment": "1" }, body: plain ? new URLSearchParams(body) : body });
    swap(form.dataset.enhance, answer, new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    complain(form, "That did not reach the server. Check the connection and try again.");
  }
  setBusy(form, button, false);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-sending]")) return event.preventDefault();
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.enhance) {
    event.preventDefault();
    send(form, event.submitter);
  } else {
    // After this turn, so that the pressed button's own name and value are still sent.
    setTimeout(() => setBusy(form, event.submitter, true));
  }
});

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy], [command][commandfor]");
  if (button?.dataset.copy !== undefined) {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.ariaLabel;
    button.dataset.done = "";
    button.ariaLabel = button.title = "Copied";
    setTimeout(() => {
      delete button.dataset.done;
      button.ariaLabel = button.title = label;
    }, 2000);
  } else if (button && !("commandForElement" in button)) {
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    dialog[button.getAttribute("command") === "close" ? "close" : "showModal"]();
  }
});

// Picking many: one box ticks them all, and the buttons say how many there are.
for (const picker of all("[data-picks]")) {
  const boxes = Array.from(picker.form.elements).filter((box) => box.name === picker.dataset.picks);
  const labels = all("button > span", picker.form);
  const tell = () => {
    const picked = boxes.filter((box) => box.checked).length;
    picker.checked = picked === boxes.length;
    picker.indeterminate = picked > 0 && !picker.checked;
    for (const label of labels) label.textContent = label.textContent.replace(/selected$|\d+$/, picked || "selected");
  };
  picker.addEventListener("change", () => {
    for (const box of boxes) box.checked = picker.checked;
    tell();
  });
  for (const box of boxes) box.addEventListener("change", tell);
  tell();
}

// Back from the browser's page cache, a form that was being sent can be sent again.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const form of all("form[data-sending]")) setBusy(form, form.querySelector("[aria-busy=true]"), false);
});

tellTimes();
setInterval(tellTimes, 30000);
for (const text of JSON.parse(sessionStorage.toasts ?? "[]")) {
  flash?.append(Object.assign(document.createElement("p"), { className: "toast", textContent: text }));
}
sessionStorage.removeItem("toasts");
for (const toast of all("#flash > *")) dismiss(toast);
