// Keys for what a page offers; `?` lists them. They can be switched off, since a speech program may type letters.

const OFF = "gistrun-keys-off";
const list = document.getElementById("keys");
const off = list.querySelector("input");

// The element that a key stands for, if it is there to be used.
function meant(key) {
  const row = [...list.querySelectorAll("[data-for]")].find((each) => each.dataset.key === key);
  const target = row && document.querySelector(row.dataset.for);
  return target && target.getClientRects().length ? target : null;
}

function use(target) {
  if (target.matches("button, a")) target.click();
  else target.focus();
}

off.checked = stored();
off.addEventListener("change", () => {
  try { localStorage.setItem(OFF, off.checked ? "1" : ""); } catch { /* it holds for this page */ }
});

function stored() {
  try { return localStorage.getItem(OFF) === "1"; } catch { return false; }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || list.open) return;
  // What had the focus in the list may have it for a moment after the list was closed.
  if (event.target.closest("input, textarea, select, [contenteditable]") && !list.contains(event.target)) return;
  if (event.key === "?") return list.showModal();
  const target = off.checked ? null : meant(event.key);
  if (!target) return;
  event.preventDefault();
  use(target);
});
for (const button of document.querySelectorAll(".show-keys")) {
  button.hidden = false;
  button.addEventListener("click", () => list.showModal());
}
