// A person's window: who they are, their chats, what they do. Shows what the server says and sends what is done here.
import { ask, avatar, bold, button, iconButton, make, sentence, span } from "./dom.js";
import { Composer } from "./composer.js";
import { forwardSheet, membersSheet, personSheet } from "./people.js";
import { alertIn, lightbox, menu, sendSheet } from "./sheets.js";
import { LAST, Transcript } from "./transcript.js";
import { leadsHere } from "./words.js";

const NOTE_SECONDS = 5;
const LONGEST_WAIT = 10_000;

export class Column {
  constructor(page, person) {
    this.page = page;
    this.person = person;
    this.id = person.id;
    this.chats = new Map();
    this.drafts = new Map();
    this.mark = 0;
    this.alerts = null;
    this.waiting = [];
    this.closing = Promise.resolve();
    this.badge = make("span");
    this.name = make("h2");
    this.about = make("small");
    this.tabs = make("div", { className: "tabs", role: "tablist", "aria-label": "Chats", hidden: true });
    this.tabs.onkeydown = (event) => this.stepTabs(event);
    this.pinned = make("button", { type: "button", className: "pinned", hidden: true });
    this.body = make("div", { className: "body" });
    this.down = iconButton("down", "To the newest message", () => this.shown?.goToEnd(), { className: "round down", hidden: true });
    this.note = make("p", { className: "note", role: "status" });
    this.composer = new Composer(this);
    this.instead = make("div", { className: "instead" });
    this.more = iconButton("dots", "Settings", () => this.settings(this.more), { "aria-haspopup": "menu", "aria-expanded": "false" });
    this.inside = make("div", { className: "inside" },
      make("header", { className: "who" }, this.badge, make("div", { className: "names" }, this.name, this.about), this.more),
      this.tabs, this.pinned, this.body, this.down, this.note, this.instead, this.composer.node);
    this.node = make("section", { className: "column", data: { person: person.id } }, this.inside);
    this.node.onclick = (event) => this.clicked(event);
    this.node.onkeydown = (event) => this.keyed(event);
    for (const name of ["dragover", "dragleave", "drop"]) this.node.addEventListener(name, (event) => this.dragged(event));
    this.rename(person);
  }

  rename(person) {
    this.person = person;
    this.badge.replaceChildren(avatar(person.name, person.id));
    this.name.textContent = person.name;
    this.node.setAttribute("aria-label", person.name);
    this.more.setAttribute("aria-label", "Settings for " + person.name);
    this.body.lang = person.language;
    this.composer.named(person.name);
  }

  // -- what the server says ----------------------------------------------------------------------------------------

  // One look at a time; what changes meanwhile is looked at once more.
  async refresh() {
    if (this.looking) { this.isBehind = true; return this.looking; }
    this.looking = (async () => {
      do {
        this.isBehind = false;
        this.show(await ask(`people/${this.id}?last=${LAST}&since=${this.mark}`));
      } while (this.isBehind);
    })();
    try { await this.looking; } finally { this.looking = null; }
  }

  show(told) {
    this.mark = told.change;
    this.menu = told.menu;
    const { name, language } = told;
    if (name !== this.person.name || language !== this.person.language) {
      this.rename({ ...this.person, name, language });
      this.page.renamed(this.person);
    }
    const known = new Set(told.chats.map((chat) => chat.id));
    for (const [id, chat] of this.chats) if (!known.has(id)) { chat.node.remove(); this.chats.delete(id); }
    for (const state of told.chats) {
      const chat = this.chats.get(state.id);
      if (chat) chat.update(state);
      else this.chats.set(state.id, new Transcript(this, state));
    }
    if (!this.shown || !this.chats.has(this.shown.id)) this.open(this.page.memory.kept.open[this.id] ?? this.id, false);
    if (!told.awaits_answer) this.rest();
    this.showAround();
    this.showAnswers(told);
    this.page.showUnread(this);
  }

  get unread() { return [...this.chats.values()].reduce((sum, chat) => sum + chat.unread, 0); }

  isSeen(chat) { return this.shown === chat && this.node.offsetParent !== null; }

  // The window is on the screen again: draw what has been missed.
  appear() {
    if (this.shown?.isStale) this.shown.draw();
    if (this.shown?.atEnd) this.shown.goToEnd();
    this.page.showUnread(this);
  }

  open(id, isWanted = true) {
    if (this.shown) this.drafts.set(this.shown.id, this.composer.draft);
    this.shown = this.chats.get(id) ?? this.chats.get(this.id);
    this.composer.aim(null);
    this.composer.draft = this.drafts.get(this.shown.id) ?? "";
    this.body.replaceChildren(this.shown.node);
    this.shown.draw();
    if (this.shown.atEnd) this.shown.goToEnd();
    if (isWanted) this.page.memory.set({ open: { ...this.page.memory.kept.open, [this.id]: id } });
    this.showAround();
    this.page.showUnread(this);
  }

  showAround() {
    const { state } = this.shown, isPrivate = state.kind === "private";
    const people = state.people === 1 ? "1 person" : `${state.people} people`;
    this.about.textContent = isPrivate ? (state.blocked ? "has blocked the bot" : this.person.about || "") : `${state.title} · ${people}`;
    this.showTabs();
    const pin = state.pinned.at(-1);
    this.pinned.hidden = !pin;
    if (pin) {
      this.pinned.replaceChildren(bold("Pinned message"), span(pin.text || "Photo"));
      this.pinned.onclick = () => this.jump(state, pin.id);
    }
    this.composer.update(this.menu, state.keys, isPrivate);
    this.showInstead(state, isPrivate);
    this.showPlace();
  }

  // What stands where one would write: unblock, start, or that only administrators post here.
  showInstead(state, isPrivate) {
    const isNew = isPrivate && !state.blocked && this.shown.messages.size === 0 && !this.shown.hasEarlier;
    const kind = state.blocked ? "blocked" : isNew ? "new" : state.writable ? "" : "silent";
    this.composer.node.hidden = kind === "blocked" || kind === "silent";
    if (kind === this.insteadOf) return;
    this.insteadOf = kind;
    this.instead.replaceChildren(...{
      blocked: () => [button("Unblock the bot", () => this.act("unblock", {}), { className: "wide" })],
      new: () => [make("p", {}, "Nothing here yet."), button("Start", () => this.write("/start"), { className: "wide start" })],
      silent: () => [make("p", {}, "Only administrators post in this channel.")],
      "": () => [],
    }[kind]());
  }

  showTabs() {
    this.tabs.hidden = this.chats.size < 2;
    const wanted = this.chats.size < 2 ? [] : [...this.chats.values()];
    const state = JSON.stringify(wanted.map((chat) => [chat.id, chat.state.title, chat.state.kind, chat.unread, chat === this.shown]));
    if (state === this.drawnTabs) return;
    this.drawnTabs = state;
    const focused = this.tabs.contains(document.activeElement);
    this.tabs.replaceChildren(...wanted.map((chat) => this.tab(chat)));
    if (focused) this.tabs.querySelector("[aria-selected=true]")?.focus();
  }

  tab(chat) {
    const { kind, title } = chat.state, isShown = chat === this.shown;
    const count = chat.unread && !isShown ? bold(chat.unread, { className: "count", "aria-label": `${chat.unread} new` }) : null;
    return make("button", {
      type: "button", role: "tab", tabIndex: isShown ? 0 : -1, "aria-selected": String(isShown),
      data: { chat: chat.id }, onclick: () => this.open(chat.id),
    }, { private: "", channel: "📢 " }[kind] ?? "👥 ", span(title), count);
  }

  stepTabs(event) {
    const all = [...this.tabs.children], at = all.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.open(Number(all[(to + all.length) % all.length].dataset.chat));
    this.tabs.querySelector("[aria-selected=true]").focus();
  }

  showPlace() {
    if (!this.shown) return;
    this.down.hidden = this.shown.atEnd;
    const { unread } = this.shown;
    this.down.dataset.count = unread || "";
    this.down.setAttribute("aria-label", unread ? `To the newest message, ${unread} new` : "To the newest message");
    this.page.showUnread(this);
  }

  // What the bot has answered to taps: a toast passes, an alert has to be closed.
  showAnswers(told) {
    const fresh = this.alerts === null ? 0 : told.alerts_ever - this.alerts;
    this.alerts = told.alerts_ever;
    for (const answer of fresh > 0 ? told.alerts.slice(-fresh) : []) {
      if (!answer.alert) this.say(answer.text);
      else this.closing = this.closing.then(() => alertIn(this.node, this.inside, this.chats.get(this.id).state.title, answer.text));
    }
  }

  say(text) {
    this.note.textContent = text;
    clearTimeout(this.fading);
    this.fading = setTimeout(() => { this.note.textContent = ""; }, NOTE_SECONDS * 1000);
  }

  sayError(error) { this.say(sentence(error)); }

  // -- what the person does ------------------------------------------------------------------------------------------

  // The server's answer, or null when it said no; that is told here.
  async act(what, body) {
    this.note.textContent = "";
    try { return await ask(`people/${this.id}/${what}`, body); }
    catch (error) { this.sayError(error); return null; }
  }

  // Whether the words have gone out. A link to the bot alone is followed, as if it had been clicked.
  async write(text, about = null) {
    if (this.shown) this.shown.atEnd = true;
    const chat = about?.chat.id ?? this.shown.id;
    if (about?.kind === "edit") return await this.act("edit", { text, chat, message: about.message.id }) !== null;
    if (!about && leadsHere(text) && !/\s/.test(text)) return this.follow(text);
    return await this.act("text", about ? { text, chat, reply_to: about.message.id } : { text, chat }) !== null;
  }

  async follow(link) {
    if (this.shown !== this.chats.get(this.id)) this.open(this.id);
    this.shown.atEnd = true;
    return await this.act("open", { link }) !== null;
  }

  sendFiles(files) {
    const chat = this.shown, about = this.composer.about?.kind === "reply" ? this.composer.about : null;
    sendSheet(files, this.person.name, about ? "" : this.composer.draft.trim(), async (group, caption, isPhotos) => {
      const form = new FormData();
      for (const file of group) form.append("file", file, file.name || "picture.png");
      if (caption) form.append("caption", caption);
      if (about) form.append("reply_to", about.message.id);
      form.append("chat", chat.id);
      form.append("as", isPhotos ? "photo" : "document");
      chat.atEnd = true;
      try { await ask(`people/${this.id}/${group.length > 1 ? "album" : isPhotos ? "photo" : "document"}`, form); }
      catch (error) { throw new Error(sentence(error)); }
      this.composer.draft = "";
      this.composer.aim(null);
    });
  }

  async tap(chat, message, place, button) {
    button.setAttribute("aria-busy", "true");
    const told = await this.act("tap", { chat: chat.id, message: message.id, button: place });
    if (told?.query) {
      // It goes on waiting until the bot answers, as it does in Telegram.
      this.waiting.push(button);
      setTimeout(() => button.setAttribute("aria-busy", "false"), LONGEST_WAIT);
      await this.refresh().catch(() => {});
      return;
    }
    button.setAttribute("aria-busy", "false");
    if (told?.copied) this.copy(told.copied);
    else if (told?.url && leadsHere(told.url)) this.open(this.id);
    else if (told?.url) this.say("Telegram would open " + told.url);
  }

  rest() {
    for (const button of this.waiting) button.setAttribute("aria-busy", "false");
    this.waiting = [];
  }

  async copy(text) {
    try { await navigator.clipboard.writeText(text); this.say("Copied: " + text); }
    catch { this.say("The browser does not let this page copy: " + text); }
  }

  async jump(chat, id) {
    if (!await this.chats.get(chat.id)?.goTo(id)) this.say("That message is gone");
  }

  look(chat, message) {
    const photos = [...this.chats.get(chat.id).messages.values()].filter((one) => one.photo);
    const seen = photos.map((one) => ({ url: one.photo.url, alt: "Photo from " + (one.mine ? "you" : one.from), text: one.text }));
    lightbox(seen, photos.indexOf(message));
  }

  // What can be done with one message.
  offer(opener, message, chat) {
    const items = [];
    if (chat.writable && !chat.blocked) items.push(["Reply", () => this.composer.aim({ kind: "reply", message, chat })]);
    items.push(["Forward…", () => forwardSheet(this, message, chat)]);
    if (message.text) items.push(["Copy text", () => this.copy(message.text)]);
    if (message.mine && !message.forwarded && (message.text || message.photo || message.document))
      items.push(["Change…", () => this.composer.aim({ kind: "edit", message, chat })]);
    menu(opener, items);
  }

  settings(opener) {
    const chat = this.shown.state, items = [["Name and language…", () => personSheet(this)]];
    if (chat.kind !== "private") items.push(["Members…", () => membersSheet(this.page, chat.id)]);
    else {
      items.push(chat.blocked ? ["Unblock the bot", () => this.act("unblock", {})] : ["Block the bot", () => this.act("block", {}), true]);
      items.push(["Clear history", () => this.act("clear", {}), true]);
    }
    items.push(["Move left", () => this.page.move(this, -1)], ["Move right", () => this.page.move(this, 1)]);
    items.push(["Hide this window", () => this.page.hide(this)]);
    menu(opener, items);
  }

  clicked(event) {
    const target = event.target.closest("a, code[role], .command, .spoiler");
    if (!target) return;
    if (target.matches(".spoiler")) target.classList.add("open");
    else if (target.matches("code")) this.copy(target.textContent);
    else if (target.matches(".command")) this.write(target.textContent);
    else if (leadsHere(target.href)) { event.preventDefault(); this.follow(target.href); }
  }

  keyed(event) {
    if ((event.key === "Enter" || event.key === " ") && event.target.matches("code[role], .spoiler")) {
      event.preventDefault();
      event.target.click();
    }
  }

  dragged(event) {
    if (![...event.dataTransfer?.types ?? []].includes("Files") || this.composer.node.hidden) return;
    event.preventDefault();
    const isOver = event.type === "dragover" || (event.type === "dragleave" && this.node.contains(event.relatedTarget));
    this.node.classList.toggle("dropping", isOver);
    if (event.type === "drop" && event.dataTransfer.files.length) this.sendFiles([...event.dataTransfer.files]);
  }
}
