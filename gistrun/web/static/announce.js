// Tells who listens to the page how far the output has come: now and then, in one short sentence. All of it would be read
// out for hours.

const EVERY = 5000;
let lines = 0;
let told = 0;
let timer = 0;

// A piece of output has come.
export function hear(text) {
  lines += text.split("\n").length - 1;
  timer ||= setTimeout(() => {
    timer = 0;
    if (lines !== told) tell(`${count()} so far.`);
  }, told ? EVERY : EVERY / 5);
}

// The run has begun, or begun anew.
export function restart() {
  clearTimeout(timer);
  lines = told = timer = 0;
}

// The run has ended; `words` say how.
export function finish(words) {
  clearTimeout(timer);
  timer = 0;
  tell(`The run has ended: ${words}. ${count()}.`);
}

function count() {
  return `${lines.toLocaleString("en")} line${lines === 1 ? "" : "s"} of output`;
}

function tell(words) {
  told = lines;
  document.getElementById("told").textContent = words;
}
