// What people and bots write, as elements. All of it is hostile: only Telegram's own tags are rebuilt, the rest is text.
import { make } from "./dom.js";

export const bot = { name: "", username: "", id: 0 };

const TAGS = new Set(["B", "I", "U", "S", "CODE", "PRE", "BLOCKQUOTE", "A", "TG-SPOILER"]);
const FOLLOWED = /^(?:https?|mailto|tel):/i;
const FOUND = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]，。；：！？）】、]|(?<![\w./])t\.me\/[\w?=&%-]+|(?<![\w/])\/[A-Za-z0-9_]{1,64}(?![\w/]))/;

// Whether a link leads to the bot; the person in whose window it stands follows it, t.me knows nothing of this place.
export function leadsHere(text) {
  try {
    const link = new URL(/^[a-z]+:\/\//i.test(text) ? text : "https://" + text);
    const name = bot.username.toLowerCase();
    if (link.protocol === "tg:") return link.searchParams.get("domain")?.toLowerCase() === name;
    return ["t.me", "telegram.me"].includes(link.hostname) && link.pathname.replaceAll("/", "").toLowerCase() === name;
  } catch { return false; }
}

function anchor(href, text) {
  if (leadsHere(href)) return make("a", { href, textContent: text, className: "here" });
  if (!FOLLOWED.test(href) || !URL.canParse(href)) return document.createTextNode(text);
  return make("a", { href, textContent: text, target: "_blank", rel: "noopener noreferrer" });
}

function linked(text) {
  return text.split(FOUND).map((part, at) => {
    if (at % 2 === 0) return document.createTextNode(part);
    if (part.startsWith("/")) return make("button", { type: "button", className: "command", textContent: part });
    return anchor(part.startsWith("t.me/") ? "https://" + part : part, part);
  });
}

// The server sends escaped text with Telegram's tags (playground/markup.py).
export function rebuilt(html) {
  const into = document.createDocumentFragment();
  const copy = (from, to, isPlain) => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) {
        to.append(...(isPlain ? [node.data] : linked(node.data)));
        continue;
      }
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (!TAGS.has(node.tagName)) { copy(node, to, isPlain); continue; }
      const fresh = element(node);
      copy(node, fresh, isPlain || ["A", "CODE", "PRE"].includes(node.tagName));
      to.append(fresh);
    }
  };
  copy(new DOMParser().parseFromString(html, "text/html").body, into, false);
  return into;
}

function element(node) {
  switch (node.tagName) {
    case "A": {
      const fresh = anchor(node.getAttribute("href") ?? "", "");
      return fresh.nodeType === Node.ELEMENT_NODE ? fresh : make("span");
    }
    case "CODE":
      return node.parentNode.tagName === "PRE" ? make("code")
        : make("code", { tabIndex: 0, role: "button", title: "Copy", "aria-label": "Copy " + node.textContent });
    case "TG-SPOILER":
      return make("span", { className: "spoiler", tabIndex: 0, role: "button", "aria-label": "Show hidden text" });
    default:
      return make(node.tagName.toLowerCase());
  }
}

export const hour = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });

export function day(seconds) {
  const date = new Date(seconds * 1000);
  return date.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "long" });
}

export const dayKey = (seconds) => new Date(seconds * 1000).toDateString();

export function size(bytes) {
  if (bytes < 1024) return bytes + " B";
  return bytes < 1024 * 1024 ? (bytes / 1024).toFixed(1) + " KB" : (bytes / 1024 / 1024).toFixed(1) + " MB";
}
