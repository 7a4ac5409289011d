// The page as a whole: who stands on it, following the server, and what to say when there is none.
import { ask, avatar, button, make, Memory, span } from "./dom.js";
import { Column } from "./column.js";
import { newGroupSheet, newPersonSheet } from "./people.js";
import { menu } from "./sheets.js";
import { Switches } from "./switches.js";
import { bot } from "./words.js";

const FIRST_SHOWN = 8;
const MOST_CHIPS = 60;
const PAUSE_SECONDS = 1;
const byId = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.columns = new Map();
    this.people = [];
    this.chips = new Map();
    this.clock = { now: Date.now(), speed: 1, at: performance.now() };
    const title = "Add somebody, a group or a channel";
    const kinds = [["Somebody new…", () => newPersonSheet(this)], ["Group or channel…", () => newGroupSheet(this)]];
    this.add = button("＋", () => menu(this.add, kinds),
      { className: "chip add", title, "aria-label": title, "aria-haspopup": "menu", "aria-expanded": "false" });
    this.narrow = matchMedia("(max-width: 720px)");
    this.narrow.onchange = () => this.arrange();
    this.switches = new Switches(this, byId("switches"), byId("open-switches"));
    setInterval(() => this.showClock(), 200);
  }

  get speed() { return this.clock.speed; }

  // -- who there is -------------------------------------------------------------------------------------------------

  // Take in everybody; `newcomer` is shown at once.
  async meet(newcomer = null) {
    const told = await ask("people");
    Object.assign(bot, told.bot);
    this.memory ??= new Memory(bot.username);
    this.people = told.people;
    this.setClock(told.clock);
    byId("bot-name").textContent = bot.name;
    byId("bot-username").textContent = "@" + bot.username;
    document.title = bot.name + " · playground";
    this.greet(newcomer);
    const there = new Set(told.people.map((person) => person.id));
    for (const [id, column] of this.columns) if (!there.has(id)) { column.node.remove(); this.columns.delete(id); }
    for (const person of told.people) this.columns.get(person.id)?.rename(person);
    if (newcomer !== null) this.reveal(newcomer);
    await this.arrange();
    if (newcomer !== null) this.columns.get(newcomer)?.composer.focus();
    return told.change;
  }

  // Who comes is shown while there is room; a crowd waits above, to be chosen.
  greet(newcomer) {
    const seen = new Set(this.memory.kept.seen), hidden = new Set(this.memory.kept.hidden);
    let room = FIRST_SHOWN - this.people.filter((person) => seen.has(person.id) && !hidden.has(person.id)).length;
    for (const { id } of this.people) if (!seen.has(id) && id !== newcomer && room-- <= 0) hidden.add(id);
    this.memory.set({ hidden: [...hidden], seen: this.people.map((person) => person.id) });
  }

  renamed(person) {
    this.people = this.people.map((one) => (one.id === person.id ? { ...one, ...person } : one));
    this.drawChips();
  }

  // The server may be another one: look at everything anew.
  async meetAgain() {
    for (const column of this.columns.values()) column.mark = 0;
    return this.meet();
  }

  get ordered() {
    const place = new Map(this.memory.kept.order.map((id, at) => [id, at]));
    return [...this.people].sort((left, right) => (place.get(left.id) ?? Infinity) - (place.get(right.id) ?? Infinity) || 0);
  }

  isHidden(id) { return this.memory.kept.hidden.includes(id); }

  // Put the windows where they belong. On a narrow screen one is seen at a time, and the others go on behind it.
  async arrange() {
    const shown = this.ordered.filter((person) => !this.isHidden(person.id));
    const main = byId("people"), fresh = [];
    let { current } = this.memory.kept;
    if (!shown.some((person) => person.id === current)) current = shown[0]?.id ?? null;
    this.current = current;
    for (const person of shown) {
      if (!this.columns.has(person.id)) this.columns.set(person.id, new Column(this, person));
      const column = this.columns.get(person.id);
      if (!column.mark) fresh.push(column);
      column.node.classList.toggle("current", person.id === current);
    }
    const nodes = shown.map((person) => this.columns.get(person.id).node);
    for (const node of [...main.children]) if (!nodes.includes(node)) node.remove();
    nodes.forEach((node, at) => { if (main.children[at] !== node) main.insertBefore(node, main.children[at] ?? null); });
    this.empty ??= make("p", { className: "nobody", textContent: "Nobody is shown. Choose somebody above, or add somebody new with ＋." });
    if (!nodes.length) main.append(this.empty);
    this.drawChips();
    await Promise.all(fresh.map((column) => column.refresh()));
    for (const person of shown) this.columns.get(person.id).appear();
  }

  arranged() { for (const column of this.columns.values()) column.appear(); }

  drawChips() {
    const strip = byId("strip"), some = this.ordered.slice(0, MOST_CHIPS);
    const focused = strip.contains(document.activeElement) ? document.activeElement.dataset.person : null;
    this.chips.clear();
    strip.replaceChildren(...some.map((person) => {
      const isOn = this.narrow.matches ? person.id === this.current : !this.isHidden(person.id);
      const count = make("b", { className: "count", hidden: true });
      const verb = this.narrow.matches ? "Be" : isOn ? "Hide" : "Show";
      const chip = make("button", {
        type: "button", className: "chip", "aria-pressed": String(isOn), title: `${verb} ${person.name}`,
        data: { person: person.id }, onclick: () => this.choose(person.id),
      }, avatar(person.name, person.id), span(person.name), count);
      this.chips.set(person.id, { chip, count });
      return chip;
    }), this.add);
    if (this.people.length > some.length) strip.append(span(`and ${this.people.length - some.length} more`, { className: "others" }));
    if (focused) strip.querySelector(`[data-person="${focused}"]`)?.focus();
    for (const column of this.columns.values()) this.showUnread(column);
  }

  showUnread(column) {
    const entry = this.chips.get(column.id);
    if (!entry) return;
    const { unread } = column;
    entry.count.hidden = !unread || this.isHidden(column.id);
    if (entry.count.textContent === String(unread)) return;
    entry.count.textContent = unread;
    entry.count.setAttribute("aria-label", `${unread} new`);
  }

  choose(id) {
    if (this.narrow.matches) this.reveal(id);
    else if (this.isHidden(id)) this.reveal(id);
    else this.memory.set({ hidden: [...this.memory.kept.hidden, id] });
    return this.arrange();
  }

  reveal(id) { this.memory.set({ hidden: this.memory.kept.hidden.filter((one) => one !== id), current: id }); }

  hide(column) {
    this.memory.set({ hidden: [...this.memory.kept.hidden, column.id] });
    return this.arrange();
  }

  move(column, by) {
    const order = this.ordered.map((person) => person.id), at = order.indexOf(column.id);
    let to = at + by;
    while (order[to] !== undefined && this.isHidden(order[to])) to += by;
    if (order[to] === undefined) return;
    order.splice(to, 0, ...order.splice(at, 1));
    this.memory.set({ order });
    this.arrange();
  }

  // Somebody is shown in a group that has just been made.
  async openGroup(id, member) {
    this.reveal(member);
    await this.arrange();
    const column = this.columns.get(member);
    await column.refresh();
    column.open(id);
    column.composer.focus();
  }

  // -- following the server ------------------------------------------------------------------------------------------

  setClock(clock) {
    this.clock = { ...clock, at: performance.now() };
    this.showClock();
  }

  showClock() {
    const { now, speed, at } = this.clock;
    const time = new Date(now + (performance.now() - at) * speed);
    const date = time.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });
    const hour = time.toLocaleTimeString("en-GB");
    byId("clock").replaceChildren(span(date + " "), hour, speed === 1 ? "" : ` ×${speed}`);
    byId("clock").classList.toggle("fast", speed !== 1);
    this.switches.now.textContent = date + " " + hour;
  }

  async follow() {
    const lost = byId("lost");
    let since = null;
    for (;;) {
      try {
        if (since === null) since = await this.meetAgain();
        lost.hidden = true;
        const told = await ask("changes?since=" + since);
        since = told.change;
        if (told.clock.speed !== this.speed || Math.abs(told.clock.now - this.clock.now) > 1000) this.setClock(told.clock);
        if (told.people.some((id) => !this.people.some((person) => person.id === id))) await this.meet();
        await Promise.all(told.people.map((id) => this.isHidden(id) ? null : this.columns.get(id)?.refresh()));
      } catch (error) {
        if (!(error instanceof TypeError)) console.error(error);
        lost.textContent = "The playground does not answer; this page looks for it again every second.";
        lost.hidden = false;
        since = null;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_SECONDS * 1000));
      }
    }
  }
}

// A file dropped beside a window is not opened in place of this page.
const stay = (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); };
for (const name of ["dragover", "drop"]) addEventListener(name, stay);
new Page().follow();
