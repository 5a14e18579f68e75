// For a page that is open while its gist runs: appends the output, and says how the run stands.
// Everything a program wrote goes through textContent; the only HTML used is from our own server.
import "./ask.js";
import "./fresh.js";
import "./menu.js";
import { finish, hear, restart } from "./announce.js";
import { attend, guard, isStopped, leave } from "./live.js";

// The parts of a run's page that the server may have anew, beside its output.
const PARTS = ["standing", "live", "again", "summary", "more", "ask", "figures", "packages", "versions"];
// Pixels of output from which it needs room to be read in, as in templates/run.html.
const TALL = 224;
const WORDS = { queued: "queued", running: "running", passed: "passed", failed: "failed", timed_out: "timed out",
  out_of_memory: "out of memory", output_limit: "too much output", error: "error" };

const gist = document.getElementById("gist");
const panel = document.getElementById("run");
let source = null;
let followed = 0;

async function follow() {
  const turn = ++followed;
  const { OutputView } = await import("./terminal/view.js"); // a page that is kept needs no terminal
  if (turn !== followed) return;
  const output = document.getElementById("output");
  // The stream begins at the beginning, so what the server rendered is replaced, not added to. It stays until what the
  // stream has told is as much.
  const { seen } = panel.dataset;
  delete panel.dataset.seen;
  let view = null;
  let last = ""; // the id of the last event
  connect();

  function connect() {
    const address = new URL(panel.dataset.events, location);
    if (last) address.searchParams.set("after", last);
    const mine = source = new EventSource(address);
    attend(mine);
    guard(mine, () => { if (turn === followed) connect(); });
    for (const [name, act] of Object.entries({ state, output: write, end })) {
      mine.addEventListener(name, (event) => {
        if (mine !== source) return;
        last = event.lastEventId;
        act(JSON.parse(event.data));
      });
    }
  }

  function state(run) {
    if (!view || run.state === "queued") begin(Boolean(seen) && !view && !told());
    if (told()) view.release();
    standing(run.state);
    if (run.state === "running" || run.message) progress();
  }

  function write({ stream, phase, data }) {
    if (!view) begin(Boolean(seen));
    view.write(phase, stream === "stderr", data);
    hear(data);
    if (told()) view.release();
  }

  function end(run) {
    source.close();
    leave();
    document.getElementById("stop")?.remove();
    view?.release();
    standing(run.state);
    finish(WORDS[run.state] ?? run.state);
    progress();
    if (!isStopped(run)) return void gist.dispatchEvent(new Event("ended"));
    // The page of a gist whose run was stopped would run it again, so it stays.
    delete panel.dataset.events;
    gist.dispatchEvent(new Event("shown"));
  }

  function begin(held) {
    view?.stop();
    restart();
    const made = view = new OutputView(output, (show) => {
      if (turn !== followed) return;
      const following = output.scrollHeight - output.scrollTop - output.clientHeight < 40;
      show();
      document.getElementById("more").hidden = !made.full;
      if (output.scrollHeight > TALL) output.classList.add("tall");
      if (following) output.scrollTop = output.scrollHeight;
    }, held);
  }

  function told() {
    return !seen || order(last, seen) >= 0;
  }
}

// Ids of events are two numbers. Less than 0 if the first one was earlier.
function order(one, other) {
  const [[ms, count], [otherMs, otherCount]] = [one, other].map((id) => id.split("-").map(BigInt));
  return ms === otherMs ? Number(count - otherCount) : ms < otherMs ? -1 : 1;
}

// What the page shows now: this run, at its end, or another one. `page` is the current page of the gist.
function show(page) {
  const next = page.getElementById("run");
  const same = next.dataset.run && next.dataset.run === panel.dataset.run;
  if (same && next.dataset.events) return; // it has begun, and the events tell more
  asked += 1;
  if (!same) {
    source?.close();
    source = null;
    followed += 1;
    leave();
    delete panel.dataset.seen;
  }
  const output = document.getElementById("output");
  const fresh = page.getElementById("output");
  if (!output || !fresh) {
    panel.replaceChildren(...next.childNodes);
  } else if (!same && !next.dataset.events && output.innerHTML !== fresh.innerHTML) {
    output.className = fresh.className;
    output.replaceChildren(...fresh.childNodes);
    toEnd();
  } // The events of a run under way replace the output. Until the first one, the old output stays.
  for (const id of PARTS) put(id, page.getElementById(id));
  for (const name of ["run", "replay", "events", "summary"]) {
    if (next.dataset[name]) panel.dataset[name] = next.dataset[name];
    else delete panel.dataset[name];
  }
  if (!same && panel.dataset.events) follow();
  gist.dispatchEvent(new Event("shown"));
}

// Replaces what a part holds; where somebody types or has opened it, it stays as it is.
function put(id, next) {
  const old = document.getElementById(id);
  if (!old || !next || old.contains(document.activeElement) && id === "ask") return;
  old.hidden = next.hidden;
  if (old.innerHTML !== next.innerHTML) old.replaceChildren(...next.childNodes);
  if (next.open) old.open = true;
}

function standing(state) {
  const pill = document.querySelector("#standing .pill");
  pill.className = `pill ${state}`;
  pill.textContent = WORDS[state] ?? state;
}

let asked = 0;
async function progress() {
  const turn = ++asked;
  const answer = await fetch(panel.dataset.summary);
  if (!answer.ok || turn !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (turn !== asked) return;
  for (const id of ["standing", "summary"]) put(id, page.getElementById(id));
}

// Why a program failed stands at the end of what it printed. What comes into view may turn out to be higher than it was
// taken for, so there are two steps.
function toEnd() {
  const output = document.querySelector("#output.to-end");
  if (!output) return;
  const go = () => { output.scrollTop = output.scrollHeight; };
  go();
  requestAnimationFrame(go);
}

if (panel?.dataset.events) follow();
else toEnd();
gist?.addEventListener("page", (event) => show(event.detail));
