// What is typed into a form and chosen there stays when the page is left and opened again. What was sent comes back only for
// who comes back to correct it.

const [{ type = "navigate" } = {}] = performance.getEntriesByType("navigation");

export function initial(field) {
  if (!field.options) return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
}

export class Memory {
  #key;
  #fields;

  // `fields` gives those that are there now.
  constructor(key, fields) {
    this.#key = key;
    this.#fields = fields;
  }

  keep(sent = false) {
    const typed = this.#fields().filter((field) => field.value !== initial(field)).map((field) => [field.name, field.value]);
    try {
      if (typed.length) sessionStorage.setItem(this.#key, JSON.stringify({ sent, typed: Object.fromEntries(typed) }));
      else sessionStorage.removeItem(this.#key);
    } catch { /* it stays as long as the page does */ }
  }

  // Puts back what was typed; whether there was anything.
  restore() {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(this.#key));
      if (kept?.sent && type === "navigate") sessionStorage.removeItem(this.#key);
    } catch { return false; }
    if (!kept || kept.sent && type === "navigate") return false;
    for (const field of this.#fields()) {
      const value = kept.typed?.[field.name];
      if (value === undefined || field.value !== initial(field)) continue;
      if (!field.options || [...field.options].some((option) => option.value === value)) field.value = value;
    }
    return true;
  }
}
