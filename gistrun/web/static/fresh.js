// Keeps an open page of a gist up to date: when GitHub was asked last, and what the gist has become.
// The new page is the server's own, fetched from this page's address; what has not changed stays in place, with its
// scroll position, what is selected in it and what is being typed.
import { ago } from "./ago.js";
import { tell } from "./announce.js";
import { attend } from "./live.js";

const gist = document.getElementById("gist");
let source = null;
let ahead = 0;
let known = false;
let swapping = null;
let again = false;

// A hidden page closes its stream, because a browser has few connections for one host.
function listen() {
  source?.close();
  source = null;
  if (document.hidden || !gist.isConnected) return;
  source = new EventSource(gist.dataset.events);
  attend(source);
  source.addEventListener("gist", (event) => {
    const told = JSON.parse(event.data);
    ahead = Date.parse(told.now) - Date.now();
    known = true;
    const checked = document.getElementById("checked");
    if (checked) checked.dateTime = told.checked_at;
    tick();
    if (told.edition !== gist.dataset.edition) swap();
  });
  source.addEventListener("gone", () => swap());
  source.addEventListener("error", () => {
    if (source?.readyState === EventSource.CLOSED) setTimeout(listen, 10000);
  });
}

// The server's pages are kept, so they hold times. The browser shows how long ago each was.
function tick() {
  for (const moment of known ? gist.querySelectorAll("time") : []) {
    const words = ago(Date.now() + ahead - Date.parse(moment.dateTime));
    if (words && moment.textContent !== words) moment.textContent = words;
  }
}

// One fetch at a time. An event that comes meanwhile causes one more.
async function swap() {
  again = true;
  if (swapping) return;
  swapping = true;
  while (again) {
    again = false;
    let page = null;
    try {
      page = await fetched();
    } catch {
      await new Promise((done) => setTimeout(done, 5000));
      again = true;
    }
    if (page) put(page);
  }
  swapping = false;
}

async function fetched() {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok && answer.status !== 404) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function put(page) {
  document.title = page.title;
  const next = page.getElementById("gist");
  if (!next) { // gone
    source?.close();
    document.getElementById("main").replaceChildren(...page.getElementById("main").childNodes);
    return;
  }
  const changed = next.dataset.revision !== gist.dataset.revision;
  gist.dataset.edition = next.dataset.edition;
  gist.dataset.revision = next.dataset.revision;
  for (const part of [".head", "#facts", "#share .sheet"]) {
    const [old, fresh] = [gist.querySelector(part), next.querySelector(part)];
    if (!old.isEqualNode(fresh)) old.replaceChildren(...fresh.childNodes);
  }
  merge(gist.querySelector(".files"), next.querySelector(".files"));
  gist.dispatchEvent(new CustomEvent("page", { detail: page }));
  tick();
  if (changed) tell(`The gist has changed. This is revision ${next.dataset.revision.slice(0, 7)} now.`);
}

function merge(list, next) {
  const wanted = [...next.children];
  const names = new Set(wanted.map((child) => child.id));
  for (const old of [...list.children]) if (!old.id || !names.has(old.id)) old.remove();
  let place = list.firstElementChild;
  for (const child of wanted) {
    const old = child.id ? list.querySelector(`:scope > #${CSS.escape(child.id)}`) : null;
    if (!old) {
      list.insertBefore(child, place);
      continue;
    }
    if (old === place) place = old.nextElementSibling;
    else list.insertBefore(old, place);
    carry(old, child);
    if (old.isEqualNode(child)) continue;
    const [before, after] = [old.querySelector(".code"), child.querySelector(".code")];
    const [top, left] = [before?.scrollTop, before?.scrollLeft];
    old.replaceWith(child);
    if (before && after) after.scrollTo({ top, left, behavior: "instant" });
  }
}

// What a reader has opened goes to the new file, and the addresses that name the revision to the old one: then a file that
// has not changed is equal to its new copy.
function carry(old, child) {
  const both = (selector) => {
    const [was, is] = [old, child].map((file) => [...file.querySelectorAll(selector)]);
    return was.length === is.length ? was.map((part, index) => [part, is[index]]) : [];
  };
  for (const [was, is] of [[old, child], ...both("details")]) is.open = was.open;
  for (const [was, is] of both(".picture img")) is.className = was.className;
  for (const name of ["href", "src"]) {
    for (const [was, is] of both(`[${name}*="/raw/"]`)) was.setAttribute(name, is.getAttribute(name));
  }
}

gist?.addEventListener("ended", swap);
if (gist?.dataset.events) {
  document.addEventListener("visibilitychange", listen);
  setInterval(tick, 1000);
  listen();
} else if (gist?.dataset.now) { // the page of one run is made anew each time, and follows no gist
  ahead = Date.parse(gist.dataset.now) - Date.now();
  known = true;
  setInterval(tick, 1000);
  tick();
}
