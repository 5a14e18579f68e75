// What the part of the address after the # points at: a line, or the first of several, or a file.

// Nothing, if it is not well formed.
function target() {
  let name = "";
  try { name = decodeURIComponent(location.hash.slice(1)); } catch { return null; }
  const names = [name, name.replace(/-L?\d+$/, ""), name.replace(/-L\d+(-L?\d+)?$/, "")];
  return names.map((each) => document.getElementById(each)).find(Boolean);
}

const pointed = target();
const file = pointed?.closest("details");
// If an address of GitHub's points at a file, that file runs. The server never sees the part after the #.
if (file?.dataset.run && !new URLSearchParams(location.search).has("file")) {
  location.replace(file.dataset.run + location.hash);
}
if (file) file.open = true;
pointed?.scrollIntoView();
