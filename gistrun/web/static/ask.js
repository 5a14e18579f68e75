// What is typed as arguments and input stays when the page is left and opened again, until it is run.

const KEY = `gistrun-ask ${location.pathname}`;

function fields() {
  return [...document.querySelectorAll("#ask :is(input:not([type=hidden]), textarea)")];
}

function keep() {
  const typed = fields().filter((field) => field.value !== field.defaultValue).map((field) => [field.name, field.value]);
  try {
    if (typed.length) sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(typed)));
    else sessionStorage.removeItem(KEY);
  } catch { /* it stays as long as the page does */ }
}

function restore() {
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(KEY)); } catch { return; }
  if (!kept) return;
  for (const field of fields()) if (field.name in kept && field.value === field.defaultValue) field.value = kept[field.name];
  document.getElementById("ask").open = true;
}

if (document.getElementById("ask")) {
  document.addEventListener("input", ({ target }) => { if (target.closest("#ask")) keep(); });
  document.addEventListener("submit", ({ target }) => {
    if (target.closest("#ask")) try { sessionStorage.removeItem(KEY); } catch { /* it was not kept */ }
  });
  document.getElementById("gist").addEventListener("shown", restore);
  restore();
}
