// The files of a gist: lines that an address points at, copying, wrapping. What a reader has chosen stays when the page
// becomes a newer one.
import { copied } from "./clipboard.js";

const LINES = /^(.+?)-L(\d{1,6})(?:-L?(\d{1,6}))?$/;
const WRAP = "gistrun.wrap";
const gist = document.getElementById("gist");
const chosen = new Map();
// A rule and no class, so that a file that has not changed is still equal to its new copy.
const marks = new CSSStyleSheet();
document.adoptedStyleSheets = [...document.adoptedStyleSheets, marks];

// What the address points at: a file, with the first and the last of its lines where it names some.
function pointed() {
  let name = "";
  try { name = decodeURIComponent(location.hash.slice(1)); } catch { return null; }
  const whole = document.getElementById(name);
  if (whole?.matches(".file")) return { file: whole };
  const [, anchor, one, other = one] = LINES.exec(name) ?? [];
  const file = anchor && document.getElementById(anchor);
  if (!file?.matches(".file")) return null;
  const [first, last] = [Number(one), Number(other)].sort((a, b) => a - b);
  return { file, first, last };
}

function mark({ file, first, last } = {}) {
  const rules = [".source > span:target { --back: transparent; }"];
  for (const block of first ? file.querySelectorAll("pre.source") : []) {
    const before = block.dataset.from - 1;
    if (last <= before) continue;
    const range = `:nth-child(n + ${Math.max(first - before, 1)}):nth-child(-n + ${last - before})`;
    rules.push(`#${CSS.escape(file.id)} pre[data-from="${before + 1}"] > ${range} { --back: var(--mark); }`);
  }
  marks.replaceSync(rules.join("\n"));
}

// Opens what the address points at, marks it and scrolls to it.
function go() {
  const found = pointed();
  mark(found ?? undefined);
  if (!found) return;
  const { file, first } = found;
  file.open = true;
  const line = first && document.getElementById(`${file.id}-L${first}`);
  if (line) {
    const code = file.querySelector(".as-code");
    if (code) choose(code);
    const rest = line.closest(".rest");
    if (rest) rest.open = true;
  }
  if (line && seen(line) && seen(document.getElementById(`${file.id}-L${found.last}`) ?? line)) return;
  (line || file).scrollIntoView({ block: "start" });
}

// Whether that line is below the bar and within the window.
function seen(line) {
  const { top, bottom } = line.getBoundingClientRect();
  return top > 80 && bottom < innerHeight;
}

function choose(radio) {
  radio.checked = true;
  chosen.set(radio.name, radio.className);
}

document.addEventListener("mousedown", (event) => {
  // A click with the shift key would select the text up to there.
  if (event.shiftKey && event.target.closest?.("a[data-n]")) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const number = event.target.closest?.("a[data-n]");
  if (number && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const file = number.closest(".file");
    const [line, before] = [Number(number.dataset.n), pointed()];
    const from = event.shiftKey && before?.file === file && before.first ? before.first : line;
    const [first, last] = from < line ? [from, line] : [line, from];
    history.replaceState(history.state, "", `#${file.id}-L${first}${first < last ? `-L${last}` : ""}`);
    mark({ file, first, last });
  }
  // What the address says already is no navigation, but the reader may have scrolled away.
  if (!event.defaultPrevented && event.target.closest?.("#gist a[href^='#']")?.hash === location.hash) go();
  const copies = event.target.closest?.(".file button.copies");
  if (copies) copy(copies);
});

function copy(button) {
  const lines = button.closest(".file").querySelectorAll("pre.source > span");
  copied(button, [...lines].map((line) => line.textContent).join(""));
}

document.addEventListener("change", ({ target }) => {
  if (target.matches(".as-code, .as-preview")) choose(target);
  if (!target.matches(".wrap")) return;
  try { sessionStorage.setItem(WRAP, target.checked ? "1" : ""); } catch { chosen.set(WRAP, target.checked); }
  restore();
});

// Pictures may be drawn in black on nothing, so they stand on white, but not before there is something on it.
function ground(picture) {
  picture.classList.toggle("there", picture.complete && picture.naturalWidth > 0);
}

document.addEventListener("load", ({ target }) => { if (target.matches?.(".picture img")) ground(target); }, true);

function restore() {
  document.querySelectorAll(".picture img").forEach(ground);
  let wrapped = chosen.get(WRAP);
  try { wrapped ??= sessionStorage.getItem(WRAP) === "1"; } catch { /* this browser keeps nothing */ }
  for (const box of document.querySelectorAll(".wrap")) box.checked = Boolean(wrapped);
  for (const radio of document.querySelectorAll(".as-code, .as-preview")) {
    if (chosen.get(radio.name) === radio.className) radio.checked = true;
  }
}

// Paper holds what is folded too.
let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll(".rest:not([open])")];
  for (const each of folded) each.open = true;
});
window.addEventListener("afterprint", () => { for (const each of folded) each.open = false; });

if (gist) {
  restore();
  const found = pointed();
  // If an address of GitHub's points at a file, that file runs. The server never sees the part after the #. A page that is
  // loaded again has got it from a link of its own, which only shows a line.
  const [{ type = "navigate" } = {}] = performance.getEntriesByType("navigation");
  if (type === "navigate" && found?.file.dataset.run && !new URLSearchParams(location.search).has("file")) {
    location.replace(found.file.dataset.run + location.hash);
  }
  go();
  window.addEventListener("hashchange", go);
  // The page has become a newer one.
  gist.addEventListener("page", () => { restore(); mark(pointed() ?? undefined); });
}
