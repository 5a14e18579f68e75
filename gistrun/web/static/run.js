// For a page that is open while its gist runs: appends the output, and at the end replaces the summary.
// Everything a program wrote goes through textContent; the only HTML used is from our own server.
import "./fresh.js";

const panel = document.getElementById("run");
const WORDS = { queued: "queued", running: "running", passed: "passed", failed: "failed", timed_out: "timed out",
  out_of_memory: "out of memory", output_limit: "too much output", error: "error" };

let refused = 0;
let source = null;
let followed = 0;
async function follow() {
  const turn = ++followed;
  const { OutputView } = await import("./terminal/view.js"); // a page that is kept needs no terminal
  if (turn !== followed) return;
  const mine = source = new EventSource(panel.dataset.events);
  const output = document.getElementById("output");
  // The stream begins at the beginning, so what the server rendered is replaced, not added to. It stays until what the
  // stream has told is as much.
  const { seen } = panel.dataset;
  delete panel.dataset.seen;
  let view = null;

  source.addEventListener("state", (event) => {
    const run = JSON.parse(event.data);
    if (!view || run.state === "queued") begin(Boolean(seen) && !view && !told(event));
    if (told(event)) view.release();
    standing(run.state);
    if (run.state === "running" || run.message) summarise();
  });
  source.addEventListener("output", (event) => {
    const { stream, phase, data } = JSON.parse(event.data);
    if (!view) begin(Boolean(seen));
    view.write(phase, stream === "stderr", data);
    if (told(event)) view.release();
  });

  function begin(held) {
    view?.stop();
    const made = view = new OutputView(output, (show) => {
      if (mine !== source) return;
      const following = output.scrollHeight - output.scrollTop - output.clientHeight < 40;
      show();
      document.getElementById("more").hidden = !made.full;
      if (following) output.scrollTop = output.scrollHeight;
    }, held);
  }

  function told({ lastEventId }) {
    return !seen || order(lastEventId, seen) >= 0;
  }

  source.addEventListener("end", (event) => {
    mine.close();
    view?.release();
    standing(JSON.parse(event.data).state);
    summarise();
  });
  source.addEventListener("error", () => {
    // The browser comes again by itself, with Last-Event-ID, unless the server answered with an error.
    if (mine.readyState !== EventSource.CLOSED || ++refused >= 100) return;
    setTimeout(() => { if (mine === source) follow(); }, 3000);
  });
}

// Ids of events are two numbers. Less than 0 if the first one was earlier.
function order(one, other) {
  const [[ms, count], [otherMs, otherCount]] = [one, other].map((id) => id.split("-").map(BigInt));
  return ms === otherMs ? Number(count - otherCount) : ms < otherMs ? -1 : 1;
}

// The gist has another run to show. `next` is this panel in the current page.
function show(next) {
  const ids = ["summary", "output", "more"];
  if (next.dataset.run && next.dataset.run === panel.dataset.run) return;
  source?.close();
  source = null;
  followed += 1;
  delete panel.dataset.seen;
  asked += 1;
  if (ids.some((id) => !panel.querySelector(`#${id}`) || !next.querySelector(`#${id}`))) {
    panel.replaceChildren(...next.childNodes);
  } else {
    for (const id of ids) {
      const [old, fresh] = [panel.querySelector(`#${id}`), next.querySelector(`#${id}`)];
      old.hidden = fresh.hidden;
      // The events of a run under way replace the output. Until the first one, the old output stays.
      if (id === "output" && next.dataset.events) continue;
      if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
    }
  }
  for (const name of ["run", "events", "summary"]) {
    if (next.dataset[name]) panel.dataset[name] = next.dataset[name];
    else delete panel.dataset[name];
  }
  if (panel.dataset.events) follow();
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
document.getElementById("gist")?.addEventListener("run", (event) => show(event.detail));
document.addEventListener("focusin", ({ target }) => { if (target.matches("input.copy")) target.select(); });
