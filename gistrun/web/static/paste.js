// Code that is pasted to be tried stays until it is run, and whoever comes back finds it again. Where its first line names
// what runs it, no language has to be chosen.
import { Memory } from "./memory.js";

const paste = document.getElementById("try");
const [code, language] = ["code", "language"].map((name) => paste.querySelector(`[name=${name}]`));
const memory = new Memory("gistrun-paste", () => [code, language]);

function fit() {
  language.required = !code.value.startsWith("#!");
}

paste.addEventListener("input", () => {
  fit();
  memory.keep();
});
paste.addEventListener("submit", () => memory.keep(true));
// A browser may fill the fields again by itself, after this script.
addEventListener("pageshow", () => {
  if (memory.restore() || code.value) paste.open = true;
  fit();
});
