// Keys for what a page offers; `?` lists them. They can be switched off, since a speech program may type letters.

const OFF = "gistrun-keys-off";
const list = document.getElementById("keys");
const off = list.querySelector("input");

// Fields in which a letter is a letter.
const TYPED = "textarea, select, [contenteditable], "
  + "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit])";

// What a row of the list stands for on this page, if it is there to be used. What is folded can be unfolded.
function meant(row) {
  const target = document.querySelector(row.dataset.for);
  if (!target || getComputedStyle(target).visibility === "hidden") return null;
  return (target.closest("details:not([open])") ?? target).getClientRects().length ? target : null;
}

function rows() {
  return [...list.querySelectorAll("[data-for]")];
}

function use(target) {
  const folded = target.closest("details:not([open])");
  if (folded) folded.open = true;
  if (target.matches("button, a")) target.click();
  else target.focus();
}

function show() {
  for (const row of rows()) row.hidden = !meant(row);
  list.showModal();
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
  if (event.target.closest(TYPED) && !list.contains(event.target)) return;
  if (event.key === "?") return show();
  const row = off.checked ? null : rows().find((each) => each.dataset.key === event.key && meant(each));
  const target = row && meant(row);
  if (!target) return;
  event.preventDefault();
  use(target);
});
for (const button of document.querySelectorAll(".show-keys")) {
  button.hidden = false;
  button.addEventListener("click", show);
}
