// What goes on beside a run: the time, the place in the queue, who is watching, the connection, and the button that stops it.

const SILENCE = 40000; // the server says something every 15 seconds
const RETRY = 3000;
const TRIES = 100;

let ahead = null; // of this browser's clock, in milliseconds
let lost = false;
let tries = 0;
let heard = 0;
let followed = null;

// Show what a stream tells beside its events.
export function attend(source) {
  source.addEventListener("viewers", (event) => {
    const { count } = JSON.parse(event.data);
    watching(count);
  });
  source.addEventListener("place", (event) => write("place", before(JSON.parse(event.data).before)));
  source.addEventListener("now", (event) => {
    const told = JSON.parse(event.data);
    ahead = Date.parse(told.now) - Date.now();
    if (told.yours === false) document.getElementById("stop")?.remove();
    tick();
  });
}

// Say when the stream of a run is lost, and when it is back. The browser comes again by itself, with the id of the last
// event; where it does not, because the server answered with an error or nothing comes any more, `again` opens a new one.
export function guard(source, again) {
  followed = source;
  heard = Date.now();
  const hear = () => {
    heard = Date.now();
    if (source !== followed || !lost) return;
    lost = false;
    tries = 0;
    say("Connected again.");
    setTimeout(() => { if (!lost) say("", "Connected again."); }, 4000);
  };
  for (const name of ["open", "state", "output", "place", "viewers", "now"]) source.addEventListener(name, hear);
  source.addEventListener("error", () => {
    if (source !== followed) return;
    lose();
    if (source.readyState === EventSource.CLOSED) retry(again);
  });
  const watch = setInterval(() => {
    if (source !== followed) return clearInterval(watch);
    if (source.readyState !== EventSource.OPEN || Date.now() - heard < SILENCE) return;
    clearInterval(watch);
    lose();
    source.close();
    retry(again);
  }, 1000);
}

function watching(count) {
  const place = document.getElementById("viewers");
  const words = Object.assign(document.createElement("span"), { className: "whole", textContent: "people are " });
  place?.replaceChildren(...(count > 1 ? [`${count} `, words, "watching"] : []));
}

function lose() {
  lost = true;
  say("Connection lost, trying again.");
}

function retry(again) {
  const source = followed;
  if (++tries > TRIES) say("Connection lost. Load the page again to see how the run stands.");
  else setTimeout(() => { if (source === followed) again(); }, RETRY);
}

// The run has ended, or the page shows another one.
export function leave() {
  followed = null;
  lost = false;
  tries = 0;
  say("");
}

// Whether somebody has stopped the run.
export function isStopped(run) {
  return run.message === "stopped by a visitor";
}

// The same words as the server's, in figures.py.
export function before(count) {
  return count ? `${count} run${count === 1 ? "" : "s"} before yours.` : "Next in line.";
}

export function elapsed(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

function tick() {
  const place = document.getElementById("elapsed");
  if (place && ahead !== null && followed) write("elapsed", elapsed(Date.now() + ahead - Date.parse(place.dataset.since)));
}

// The page stays where it is: its stream tells the end. Where the server refuses, its own sentence is shown.
async function stop(event) {
  if (event.target.id !== "stop") return;
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  let refusal = "The server does not answer. Try again.";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    refusal = answer.type === "opaqueredirect" ? "" : sentence(await answer.text()) ?? refusal;
  } catch { /* it could not be reached */ }
  if (!form.isConnected || !refusal) return;
  button.disabled = false;
  say(refusal);
}

function sentence(page) {
  return new DOMParser().parseFromString(page, "text/html").querySelector(".lead")?.textContent;
}

// Say that of the connection; if `only` is given, in place of that only.
function say(text, only) {
  if (only === undefined || document.getElementById("connection")?.textContent === only) write("connection", text);
}

function write(id, text) {
  const place = document.getElementById(id);
  if (place && place.textContent !== text) place.textContent = text;
}

document.addEventListener("submit", stop);
setInterval(tick, 500);
