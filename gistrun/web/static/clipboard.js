// Puts a text into the clipboard, and says so on the button that was pressed, whose name is "Copy" and what.
import { tell } from "./announce.js";

export async function copied(button, text) {
  let words = "Copied";
  try { await put(text); } catch { words = "Not copied"; }
  button.textContent = words;
  tell(`${words}: ${button.getAttribute("aria-label").replace("Copy ", "")}`);
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

async function put(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Pages that came without TLS from another machine have no clipboard.
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("refused");
}
