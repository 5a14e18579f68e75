// The classes that show a style, and the links that are safe. It does the same as gistrun/render/terminal/look.py.
import { DEFAULT, FLAGS, TRUE } from "./style.js";

const NAMES = [["BOLD", "B"], ["DIM", "D"], ["ITALIC", "I"], ["HIDDEN", "H"], ["STRUCK", "S"], ["OVERLINED", "O"]];
const UNDERLINES = ["", "U", "U2", "U3", "U4", "U5"];
const STEPS = [0, 95, 135, 175, 215, 255];
const SAFE_LINK =
  /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][!#-&(-;=?-[\]_a-z~]*)?$/i;
const LONGEST_LINK = 2048;

const known = new WeakMap();
export function classes(style) {
  let names = known.get(style);
  if (names === undefined) {
    names = made(style);
    known.set(style, names);
  }
  return names;
}

function made({ foreground, background, flags, underline, error }) {
  const names = error ? ["stderr"] : [];
  let [text, ground] = [foreground, background];
  if (flags & FLAGS.INVERSE) {
    [text, ground] = [ground, text];
    if (ground === DEFAULT) names.push("V");
  }
  if (text !== DEFAULT) names.push(`f${place(text)}`);
  if (ground !== DEFAULT) names.push(`g${place(ground)}`);
  for (const [flag, name] of NAMES) if (flags & FLAGS[flag]) names.push(name);
  if (underline) names.push(UNDERLINES[underline]);
  return names.join(" ");
}

function place(colour) {
  return colour >= TRUE ? nearest(colour - TRUE) : colour;
}

export function nearest(rgb) {
  const channels = [rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff];
  const steps = channels.map((value) => (value < 48 ? 0 : value < 115 ? 1 : Math.floor((value - 35) / 40)));
  const sum = channels[0] + channels[1] + channels[2];
  const grey = Math.min(23, Math.max(0, Math.floor((Math.floor(sum / 3) - 3) / 10)));
  let [toStep, toGrey] = [0, 0];
  channels.forEach((value, channel) => {
    toStep += (value - STEPS[steps[channel]]) ** 2;
    toGrey += (value - (8 + 10 * grey)) ** 2;
  });
  return toGrey < toStep ? 232 + grey : 16 + 36 * steps[0] + 6 * steps[1] + steps[2];
}

export function safeLink(address) {
  return address !== null && address.length <= LONGEST_LINK && SAFE_LINK.test(address) ? address : null;
}
