// Everything that opens over the page and has to be closed: sheets, menus, the lightbox, the files about to be sent.
import { button, icon, iconButton, make } from "./dom.js";
import { size } from "./words.js";

let numbers = 0;
export const unique = (name) => `${name}-${++numbers}`;

// A modal form. `onsave()` may throw: its sentence is shown and the sheet stays; what it returns is done once the sheet
// is closed. The browser keeps the focus inside, and gives it back afterwards.
export function sheet({ title, body, save, onsave, extra = [] }) {
  const name = unique("sheet"), complaint = make("p", { className: "complaint", role: "alert", hidden: true });
  const form = make("form", { method: "dialog", noValidate: true },
    make("h2", { id: name, textContent: title }), body, complaint,
    make("div", { className: "actions" }, extra, make("span", { className: "spring" }),
      make("button", { type: "button", className: "plain", textContent: "Cancel", onclick: () => dialog.close() }),
      save ? make("button", { className: "main", textContent: save }) : null));
  const dialog = make("dialog", { className: "sheet", "aria-labelledby": name }, form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    complaint.hidden = true;
    try {
      const afterwards = await onsave();
      dialog.close();
      afterwards?.();
    } catch (error) {
      complaint.textContent = error.message;
      complaint.hidden = false;
    }
  };
  return shown(dialog);
}

export function shown(dialog) {
  dialog.onclose = () => dialog.remove();
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function labelled(text, field) {
  field.id ||= unique("field");
  return make("div", { className: "field" }, make("label", { for: field.id, textContent: text }), field);
}

export function select(options, value, set = {}) {
  const field = make("select", set, options.map(([key, text]) => make("option", { value: key, textContent: text })));
  field.value = value;
  return field;
}

// A menu at a button. Arrows go through it, Escape and a click elsewhere close it.
export function menu(opener, items) {
  const close = (isBack = true) => {
    if (!list.isConnected) return;
    list.remove();
    opener.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", outside, true);
    removeEventListener("scroll", gone, true);
    removeEventListener("resize", gone);
    if (isBack && opener.isConnected) opener.focus({ preventScroll: true });
  };
  const outside = (event) => { if (!list.contains(event.target)) close(false); };
  const gone = (event) => { if (!list.contains(event.target)) close(false); };
  const list = make("div", { className: "menu", role: "menu" }, items.map(([text, act, isDanger]) =>
    button(text, () => { close(); act(); }, { role: "menuitem", className: isDanger ? "danger" : "" })));
  list.onkeydown = (event) => {
    const all = [...list.children], at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (to !== undefined) all[(to + all.length) % all.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  opener.setAttribute("aria-expanded", "true");
  document.body.append(list);
  const box = opener.getBoundingClientRect();
  list.style.left = Math.max(8, Math.min(box.left, innerWidth - list.offsetWidth - 8)) + "px";
  const hasRoom = box.bottom + list.offsetHeight + 8 < innerHeight;
  list.style.top = (hasRoom ? box.bottom + 4 : Math.max(8, box.top - list.offsetHeight - 4)) + "px";
  list.firstElementChild.focus({ preventScroll: true });
  addEventListener("pointerdown", outside, true);
  addEventListener("scroll", gone, true);
  addEventListener("resize", gone);
}

// An alert of the bot, in the window of the one it is for: nothing else can be done there until it is closed.
export function alertIn(section, inside, title, text) {
  const opener = inside.contains(document.activeElement) ? document.activeElement : null;
  const isFree = opener !== null || document.activeElement === document.body;
  const name = unique("alert"), words = unique("alert");
  const ok = make("button", { type: "button", className: "main", textContent: "OK", onclick: () => close() });
  const dialog = make("div", { className: "alert", role: "alertdialog", "aria-labelledby": name, "aria-describedby": words },
    make("div", { className: "card" }, make("h3", { id: name, textContent: title }), make("p", { id: words, textContent: text }), ok));
  inside.inert = true;
  section.append(dialog);
  dialog.onkeydown = (event) => { if (event.key === "Escape") close(); };
  if (isFree) ok.focus();
  let closed;
  const close = () => {
    const hadFocus = dialog.contains(document.activeElement);
    dialog.remove();
    inside.inert = false;
    if (hadFocus && opener?.isConnected) opener.focus();
    closed();
  };
  return new Promise((resolve) => { closed = resolve; });
}

export function lightbox(photos, at) {
  const image = make("img", { alt: "" }), words = make("p", { "aria-live": "polite" });
  const save = make("a", { className: "plain", textContent: "Download" });
  const show = (to) => {
    at = (to + photos.length) % photos.length;
    const { url, alt, text } = photos[at];
    Object.assign(image, { src: url, alt });
    Object.assign(save, { href: url, download: url.split("/").at(-1) });
    words.textContent = `${at + 1} of ${photos.length}${text ? " · " + text : ""}`;
  };
  const step = (name, label, by) => photos.length > 1 ? iconButton(name, label, () => show(at + by), { className: "round " + name }) : null;
  const dialog = make("dialog", { className: "lightbox", "aria-label": "Photo" },
    make("div", { className: "looked" }, image), step("left", "The photo before", -1), step("right", "The next photo", 1),
    make("footer", {}, words, save, iconButton("close", "Close", () => dialog.close())));
  dialog.onkeydown = (event) => {
    if (event.key === "ArrowLeft") show(at - 1);
    if (event.key === "ArrowRight") show(at + 1);
  };
  shown(dialog);
  dialog.addEventListener("click", (event) => { if (event.target.className === "looked") dialog.close(); });
  show(at);
}

const LARGEST_ALBUM = 10;
const isPhoto = (file) => /^image\/(png|jpeg)$/.test(file.type);

// What is about to be sent, with a caption. `send(files, caption, isPhotos)` is called for each album or file.
export function sendSheet(files, whose, caption, send) {
  const addresses = [], sent = new Set();
  const list = make("ul", { className: "parcel" }, files.map((file) => {
    let look = make("span", { className: "sheet" }, icon("file"));
    if (isPhoto(file)) {
      addresses.push(URL.createObjectURL(file));
      look = make("img", { src: addresses.at(-1), alt: "" });
    }
    return make("li", {}, look, make("span", { textContent: file.name }), make("small", { textContent: size(file.size) }));
  }));
  const words = make("textarea", { name: "caption", rows: 2, maxLength: 1024, value: caption });
  const asFiles = make("input", { type: "checkbox", name: "files", id: unique("field") });
  const what = files.length === 1 ? (isPhoto(files[0]) ? "a photo" : "a file") : `${files.length} files`;
  const dialog = sheet({
    title: `Send ${what} as ${whose}`, save: "Send",
    body: [list, labelled("Caption", words), files.some(isPhoto)
      ? make("label", { className: "tick", for: asFiles.id }, asFiles, "Send as files, not as photos") : null],
    onsave: async () => {
      // What has gone out does not go again, should the rest be refused and tried once more.
      const left = files.filter((file) => !sent.has(file));
      const photos = asFiles.checked ? [] : left.filter(isPhoto), others = left.filter((file) => !photos.includes(file));
      for (const [all, isPhotos] of [[photos, true], [others, false]])
        for (let at = 0; at < all.length; at += LARGEST_ALBUM) {
          const group = all.slice(at, at + LARGEST_ALBUM);
          await send(group, sent.size ? "" : words.value.trim(), isPhotos);
          for (const file of group) sent.add(file);
        }
    },
  });
  words.onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    words.form.requestSubmit();
  };
  dialog.addEventListener("close", () => addresses.forEach((one) => URL.revokeObjectURL(one)));
  words.focus();
}
