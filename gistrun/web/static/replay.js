// Plays the output of a run that has ended once more, in the run's own time: `#player` holds the controls.

const panel = document.getElementById("run");
const player = document.getElementById("player");
const button = document.getElementById("replay");

let shown = null; // the recording that is played, and what the page showed before

// The pieces of a run's output, each with the seconds after the run's start at which it came. A phase follows the one
// before it, as in output.cast.
function recording(events) {
  const pieces = [];
  let phase = null;
  let began = 0;
  let last = 0;
  for (const { name, data } of events) {
    if (name === "state" && data.state === "queued") pieces.length = began = last = 0; // it was started anew
    if (name !== "output") continue;
    if (data.phase !== phase) [phase, began] = [data.phase, last];
    last = Math.max(last, began + data.t);
    pieces.push({ at: last, phase, error: data.stream === "stderr", text: data.data });
  }
  return { pieces, length: last };
}

// The events of an ended run, as the server sends them.
function parsed(text) {
  return text.split("\n\n").flatMap((block) => {
    const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
    return fields.event ? [{ name: fields.event, data: JSON.parse(fields.data) }] : [];
  });
}

// How far a key moves the position, as a part of the whole. A step of the bar itself is a millisecond.
const KEYS = { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, PageDown: -0.2, PageUp: 0.2 };

class Player {
  #pieces;
  #length;
  #View;
  #output = document.getElementById("output");
  #before = [...this.#output.childNodes];
  #view = null;
  #at = 0;
  #next = 0; // of the pieces
  #frame = 0;
  #moment = 0;
  run = panel.dataset.run;

  constructor({ pieces, length }, View) {
    [this.#pieces, this.#length, this.#View] = [pieces, length, View];
    const range = player.querySelector("[type=range]");
    range.max = Math.ceil(length * 1000);
    this.seek(0);
  }

  get length() {
    return this.#length;
  }

  get at() {
    return this.#at;
  }

  get speed() {
    return Number(player.querySelector("select").value);
  }

  get over() {
    return this.#at >= this.#length;
  }

  get playing() {
    return this.#frame !== 0;
  }

  play() {
    if (this.over) this.seek(0);
    this.#moment = performance.now();
    this.#later();
  }

  pause() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#tell();
  }

  seek(at) {
    if (!this.#view || at < this.#at) {
      this.#view?.stop();
      this.#view = new this.#View(this.#output);
      this.#next = 0;
    }
    this.#at = Math.min(at, this.#length);
    for (; this.#pieces[this.#next]?.at <= this.#at; this.#next += 1) {
      const { phase, error, text } = this.#pieces[this.#next];
      this.#view.write(phase, error, text);
    }
    this.#output.scrollTop = this.#output.scrollHeight;
    this.#tell();
  }

  // Back to what the page showed, unless it shows another run by now.
  close() {
    this.pause();
    this.#view.stop();
    if (panel.dataset.run === this.run) this.#output.replaceChildren(...this.#before);
  }

  #later() {
    this.#frame = requestAnimationFrame((now) => {
      if (panel.dataset.run !== this.run) return close();
      const passed = Math.max(0, now - this.#moment) / 1000;
      this.#moment = now;
      this.seek(this.speed ? this.#at + passed * this.speed : this.#length);
      if (this.over) this.pause();
      else this.#later();
    });
    this.#tell();
  }

  #tell() {
    const range = player.querySelector("[type=range]");
    range.value = this.#at * 1000;
    const words = `${this.#at.toFixed(2)} of ${this.#length.toFixed(2)} s`;
    range.setAttribute("aria-valuetext", words);
    player.querySelector("output").textContent = words;
    player.querySelector(".play").textContent = this.playing ? "Pause" : "Play";
  }
}

async function open() {
  const [answer, { OutputView }] = await Promise.all([
    fetch(panel.dataset.replay), import("./terminal/view.js"),
  ]);
  if (!answer.ok) return;
  const events = parsed(await answer.text());
  if (shown) return;
  shown = new Player(recording(events), OutputView);
  player.hidden = false;
  button.setAttribute("aria-expanded", "true");
  shown.play();
}

function close() {
  shown?.close();
  shown = null;
  player.hidden = true;
  button.setAttribute("aria-expanded", "false");
}

// There is something to play when a run has ended and has printed something.
function offer() {
  button.hidden = !panel.dataset.run || "events" in panel.dataset || !document.getElementById("output").firstChild;
  if (shown && shown.run !== panel.dataset.run) close();
}

function jump(at) {
  shown.pause();
  shown.seek(at);
}

if (button) {
  button.addEventListener("click", () => (shown ? close() : open()));
  player.querySelector(".play").addEventListener("click", () => (shown.playing ? shown.pause() : shown.play()));
  const range = player.querySelector("[type=range]");
  range.addEventListener("input", () => jump(range.value / 1000));
  range.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    jump(Math.max(0, shown.at + KEYS[event.key] * shown.length));
  });
  document.getElementById("gist").addEventListener("shown", offer);
  offer();
}
