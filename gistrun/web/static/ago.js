// How long ago a moment was, in words; the twin of `ago` in gistrun/figures.py. Null after a month, where that says a date.
const UNITS = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];

export function ago(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  for (const [length, unit] of UNITS) {
    const count = Math.floor(seconds / length);
    if (unit === "day" && count > 30) return null;
    if (count > 0) return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  }
  return "just now";
}
