// Making elements, asking the server, remembering between visits. Text only ever becomes text: nothing here parses HTML.

export function make(tag, set = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(set)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("aria-") || name === "role" || name === "for" || name === "list") node.setAttribute(name, value);
    else if (name === "data") Object.assign(node.dataset, value);
    else node[name] = value;
  }
  node.append(...inside.flat().filter((one) => one !== null && one !== undefined));
  return node;
}

export const span = (text, set = {}) => make("span", { textContent: text, ...set });
export const bold = (text, set = {}) => make("b", { textContent: text, ...set });
export const button = (text, onclick, set = {}) => make("button", { type: "button", textContent: text, onclick, ...set });

const PICTURES = {
  menu: "M4 7h16M4 12h16M4 17h10",
  clip: "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.700 17.200a1.700 1.700 0 0 1-2.400-2.400L15 7",
  send: "M4 12 20 4l-5 16-3.500-6.500zM11.500 13.500 20 4",
  dots: "M12 5.500v.01M12 12v.01M12 18.500v.01",
  close: "M6 6l12 12M18 6 6 18",
  down: "M6 9.500l6 6 6-6",
  left: "M14.500 6l-6 6 6 6",
  right: "M9.500 6l6 6-6 6",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  plus: "M12 5v14M5 12h14",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon icon-" + name);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PICTURES[name]);
  svg.append(path);
  return svg;
}

export const iconButton = (name, label, onclick, set = {}) =>
  make("button", { type: "button", className: "round", title: label, "aria-label": label, onclick, ...set }, icon(name));

const COLOURS = 7;
export const colourOf = (id) => "colour-" + (Math.abs(id) % COLOURS);

export function avatar(name, id) {
  return make("span", { className: "avatar " + colourOf(id), textContent: [...name][0] ?? "?", "aria-hidden": "true" });
}

export class Mistake extends Error {}

// The answer's JSON. Throws Mistake with the server's own sentence, or TypeError when there is no server.
export async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  const options = { method };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) Object.assign(options, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  const answer = await fetch("/play/" + path, options);
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw new Mistake(told.error || (answer.status === 413 ? "That is too big: all files together may have 60 MB" : answer.statusText));
}

export const sentence = (error) =>
  error instanceof Mistake ? error.message : "The playground does not answer; nothing was sent";

// What this browser keeps: who is shown, in which order, which chat of theirs is open. A browser may forbid keeping.
export class Memory {
  constructor(name) {
    this.name = "playground/" + name;
    this.kept = { order: [], seen: [], hidden: [], open: {}, current: null };
    try { Object.assign(this.kept, JSON.parse(localStorage.getItem(this.name) ?? "{}")); } catch { /* begin anew */ }
  }

  set(changes) {
    Object.assign(this.kept, changes);
    try { localStorage.setItem(this.name, JSON.stringify(this.kept)); } catch { /* kept until the page is closed */ }
  }
}
