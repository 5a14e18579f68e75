// Tells who listens to the page how far the output has come: now and then, in one short sentence. All of it would be read
// out for hours.

const EVERY = 5000;
let lines = 0;
let told = 0;
let timer = 0;
let toldAt = -EVERY;

// A piece of output has come.
export function hear(text) {
  lines += text.split("\n").length - 1;
  timer ||= setTimeout(() => {
    timer = 0;
    if (lines !== told) tellCount(`${count()} so far.`);
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
  tellCount(`The run has ended: ${words}. ${count()}.`);
}

function count() {
  return `${lines.toLocaleString("en")} line${lines === 1 ? "" : "s"} of output`;
}

function tellCount(words) {
  told = lines;
  tell(words);
}

// Tell whoever listens to the page. What comes right after something else is put behind it, or only the last would be read.
export function tell(words) {
  const region = document.getElementById("told");
  const at = performance.now();
  region.textContent = at - toldAt < EVERY / 5 ? `${region.textContent} ${words}` : words;
  toldAt = at;
}
