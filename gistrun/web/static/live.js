// What stands beside a run while it goes on: the button that stops it.

// The page stays: its stream tells the end. Where the server refuses, its own sentence is shown.
document.addEventListener("submit", async (event) => {
  if (event.target.id !== "stop") return;
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  say("Stopping.");
  let refusal = "The server does not answer. Try again.";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    if (answer.type === "opaqueredirect") refusal = "";
    else refusal = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".lead")?.textContent ?? refusal;
  } catch { /* it could not be reached */ }
  if (!form.isConnected) return;
  button.disabled = !refusal;
  say(refusal);
});

// Whether somebody has stopped the run.
export function isStopped(run) {
  return run.message === "stopped by a visitor";
}

// A run has ended.
export function ended() {
  document.getElementById("stop")?.remove();
  say("");
}

function say(text) {
  const place = document.getElementById("connection");
  if (place && place.textContent !== text) place.textContent = text;
}
