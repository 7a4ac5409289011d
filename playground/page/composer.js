// Where a person writes: the text, the commands the bot offers, files, what is answered or changed, the bot's own keys.
import { bold, button, iconButton, make, span } from "./dom.js";
import { unique } from "./sheets.js";

const TALLEST = 132;
const EDGES = 2;

export class Composer {
  // `window` is the person's Column, which does what is decided here.
  constructor(window) {
    this.window = window;
    this.about = null;
    const name = unique("commands");
    this.offers = make("ul", { className: "offers", id: name, role: "listbox", "aria-label": "Commands of the bot", hidden: true });
    this.text = make("textarea", {
      rows: 1, name: "text", autocomplete: "off", spellcheck: false,
      "aria-haspopup": "listbox", "aria-controls": name, "aria-autocomplete": "list",
      oninput: () => this.changed(), onkeydown: (event) => this.keyed(event), onpaste: (event) => this.pasted(event),
      onblur: () => setTimeout(() => this.close(), 150),
    });
    this.file = make("input", { type: "file", multiple: true, hidden: true, tabIndex: -1, onchange: () => this.picked() });
    this.menuButton = iconButton("menu", "Commands of the bot", () => this.toggleMenu(),
      { "aria-expanded": "false", "aria-controls": name });
    this.attach = iconButton("clip", "Send photos or files", () => this.file.click());
    this.banner = make("div", { className: "banner", hidden: true });
    this.keys = make("div", { className: "keys", role: "group", "aria-label": "Keys of the bot", hidden: true });
    this.send = iconButton("send", "Send", null, { type: "submit", className: "round send" });
    const form = make("form", { className: "line", onsubmit: (event) => { event.preventDefault(); this.submit(); } },
      this.menuButton, this.attach, this.file, this.text, this.send);
    this.node = make("div", { className: "composer" }, this.offers, this.banner, form, this.keys);
  }

  named(name) {
    this.text.placeholder = "Write as " + name;
    this.text.setAttribute("aria-label", "Message from " + name);
    this.file.setAttribute("aria-label", "Files from " + name);
    this.attach.setAttribute("aria-label", "Send photos or files as " + name);
    this.menuButton.setAttribute("aria-label", `Commands of the bot for ${name}`);
    this.send.setAttribute("aria-label", "Send as " + name);
  }

  focus() { this.text.focus(); }

  // What the bot offers now.
  update(menu, keys, isPrivate) {
    this.menu = menu;
    this.menuButton.hidden = !isPrivate || !menu.length;
    this.keys.hidden = !keys.length;
    const state = JSON.stringify(keys);
    if (state === this.drawnKeys) return;
    this.drawnKeys = state;
    this.keys.replaceChildren(...keys.map((row) =>
      make("div", { className: "row" }, row.map((text) => button(text, () => this.window.write(text))))));
  }

  get draft() { return this.text.value; }
  set draft(text) { this.text.value = text; this.grow(); }

  grow() {
    this.text.style.height = "auto";
    // What is not on the screen has no height, and stays as it is until somebody writes in it.
    if (this.text.scrollHeight) this.text.style.height = Math.min(TALLEST, this.text.scrollHeight + EDGES) + "px";
  }

  changed() {
    this.grow();
    const typed = /^\/(\w*)$/.exec(this.text.value);
    if (typed) this.offer(this.menu.filter((one) => one.command.startsWith(typed[1].toLowerCase())));
    else this.close();
  }

  toggleMenu() {
    if (!this.offers.hidden) { this.close(); return; }
    this.offer(this.menu);
    this.text.focus();
  }

  offer(commands) {
    this.offers.replaceChildren(...commands.map(({ command, description }, at) => {
      const option = make("li", { id: `${this.offers.id}-${at}`, role: "option", "aria-selected": "false", data: { command } },
        bold("/" + command), span(description));
      option.onpointerdown = (event) => { event.preventDefault(); this.take(command); };
      return option;
    }));
    this.offers.hidden = !commands.length;
    this.menuButton.setAttribute("aria-expanded", String(commands.length > 0));
    this.chosen = -1;
    if (commands.length && this.text.value) this.choose(0);
  }

  close() {
    this.offers.hidden = true;
    this.menuButton.setAttribute("aria-expanded", "false");
    this.text.removeAttribute("aria-activedescendant");
  }

  choose(at) {
    const all = [...this.offers.children];
    this.chosen = (at + all.length) % all.length;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === this.chosen)));
    this.text.setAttribute("aria-activedescendant", all[this.chosen].id);
    all[this.chosen].scrollIntoView({ block: "nearest" });
  }

  take(command) {
    this.close();
    this.draft = "";
    this.window.write("/" + command);
  }

  // While characters are being composed (Chinese, for instance), Enter and arrows belong to the input method.
  keyed(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const isOffering = !this.offers.hidden;
    switch (event.key) {
      case "Enter":
        if (event.shiftKey) return;
        if (isOffering && this.chosen >= 0) this.take(this.offers.children[this.chosen].dataset.command);
        else this.submit();
        break;
      case "Tab":
        if (!isOffering || this.chosen < 0 || event.shiftKey) return;
        this.draft = "/" + this.offers.children[this.chosen].dataset.command + " ";
        this.close();
        break;
      case "ArrowDown":
      case "ArrowUp":
        if (isOffering) this.choose(this.chosen + (event.key === "ArrowDown" ? 1 : this.chosen < 0 ? 0 : -1));
        else if (event.key === "ArrowUp" && !this.text.value) this.window.shown.focus();
        else return;
        break;
      case "Escape":
        if (isOffering) this.close();
        else if (this.about) this.aim(null);
        else return;
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  // What the next words are about: `{kind: "reply" | "edit", message, chat}` or null.
  aim(about) {
    this.about = about;
    this.banner.hidden = !about;
    if (!about) { this.banner.replaceChildren(); return; }
    const words = about.message.text.split("\n")[0] || (about.message.photo ? "Photo" : "File");
    this.banner.replaceChildren(
      make("div", { className: "quote" }, bold(about.kind === "edit" ? "Change your message" : "Reply to " + about.message.from), span(words)),
      iconButton("close", "Never mind", () => { if (about.kind === "edit") this.draft = ""; this.aim(null); this.focus(); }));
    if (about.kind === "edit") this.draft = about.message.text;
    this.focus();
  }

  async submit() {
    const text = this.text.value.trim(), about = this.about;
    if (!text) return;
    this.draft = "";
    this.close();
    this.aim(null);
    if (await this.window.write(text, about) || this.text.value) return;
    this.draft = text;
  }

  picked() {
    const files = [...this.file.files];
    this.file.value = "";
    if (files.length) this.window.sendFiles(files);
  }

  pasted(event) {
    const files = [...event.clipboardData?.files ?? []];
    if (!files.length) return;
    event.preventDefault();
    this.window.sendFiles(files);
  }
}
