// A page that is open while its gist runs: appends what arrives, and puts in place how it ended.
// Everything a program wrote goes through textContent; the only HTML taken is our own summary.
import { Screen } from "./terminal.js";

const panel = document.getElementById("run");
const output = document.getElementById("output");
const WORDS = { queued: "queued", running: "running", passed: "passed", failed: "failed", timed_out: "timed out",
  out_of_memory: "out of memory", output_limit: "too much output", error: "error" };

let refused = 0;
function follow() {
  const source = new EventSource(panel.dataset.events);
  // The stream begins at the beginning, so what the server rendered is replaced, not added to.
  let screen = null;

  source.addEventListener("state", (event) => {
    const run = JSON.parse(event.data);
    if (!screen || run.state === "queued") screen = new Screen(output);
    standing(run.state);
    if (run.state === "running" || run.message) summarise();
  });
  source.addEventListener("output", (event) => {
    const { stream, phase, data } = JSON.parse(event.data);
    const following = output.scrollHeight - output.scrollTop - output.clientHeight < 40;
    screen ??= new Screen(output);
    screen.write(phase === "compile" ? `${stream} compile` : stream, data);
    document.getElementById("more").hidden = !screen.full;
    if (following) output.scrollTop = output.scrollHeight;
  });
  source.addEventListener("end", (event) => {
    source.close();
    standing(JSON.parse(event.data).state);
    summarise();
  });
  source.addEventListener("error", () => {
    // The browser comes again by itself, with Last-Event-ID, unless the server answered with an error.
    if (source.readyState === EventSource.CLOSED && ++refused < 100) setTimeout(follow, 3000);
  });
}

function standing(state) {
  for (const pill of document.querySelectorAll(".head .pill, #summary .pill")) {
    pill.className = `pill ${state}`;
    pill.textContent = WORDS[state] ?? state;
  }
}

let asked = 0;
async function summarise() {
  const turn = ++asked;
  const answer = await fetch(panel.dataset.summary);
  if (!answer.ok || turn !== asked) return;
  const told = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("summary");
  if (told && turn === asked) document.getElementById("summary").replaceChildren(...told.childNodes);
}

if (panel?.dataset.events) follow();
for (const field of document.querySelectorAll("input.copy")) field.addEventListener("focus", () => field.select());
if (location.hash) {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const file = target?.closest("details");
  if (file) file.open = true;
  target?.scrollIntoView();
}
