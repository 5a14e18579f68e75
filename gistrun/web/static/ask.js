// The form for another run: what is typed and chosen there stays until it is run, and nothing is sent that says nothing.
import { Memory } from "./memory.js";

const memory = new Memory(`gistrun-ask ${location.pathname}`, () =>
  [...document.querySelectorAll("#ask :is(input:not([type=hidden]), textarea, select)")]);

function restore() {
  if (memory.restore()) document.getElementById("ask").open = true;
  fit();
}

// The versions that are offered are those of one language.
function fit() {
  const [version, file] = ["version", "file"].map((name) => document.querySelector(`#ask select[name=${name}]`));
  if (!version || !file) return;
  const language = file.selectedOptions[0]?.dataset.language;
  version.disabled = language !== document.querySelector("#ask [name=of]").value;
  version.closest("label").hidden = version.disabled;
}

if (document.getElementById("ask")) {
  document.addEventListener("input", ({ target }) => {
    if (!target.closest("#ask")) return;
    fit();
    memory.keep();
  });
  document.addEventListener("submit", ({ target }) => { if (target.closest("#ask")) memory.keep(true); });
  document.addEventListener("formdata", ({ target, formData }) => {
    if (!target.closest("#ask")) return;
    for (const [name, value] of [...formData]) if (!value || name === "of") formData.delete(name);
  });
  document.addEventListener("click", ({ target }) => {
    const field = target.closest?.('a[href="#args"], a[href="#stdin"]')?.hash.slice(1);
    if (!field) return;
    document.getElementById("ask").open = true;
    setTimeout(() => document.getElementById(field).focus());
  });
  document.getElementById("gist").addEventListener("shown", restore);
  restore();
}
