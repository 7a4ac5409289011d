// One chat of one person: which messages are known, which stand on the screen, where the reader is.
// Holds only as many elements as can be read; what is older is fetched when somebody scrolls up.
import { drawn } from "./bubbles.js";
import { ask, button, make, span } from "./dom.js";
import { day, dayKey } from "./words.js";

export const LAST = 60;
const MOST = 240;
const TOGETHER_SECONDS = 300;
const NEAR_END = 48;
const CONTROLS = "button, a[href], [role=button]";

export class Transcript {
  constructor(window, state) {
    this.window = window;
    this.id = state.id;
    this.messages = new Map();
    this.units = new Map();
    this.days = new Map();
    this.unread = 0;
    this.newest = null;
    this.atEnd = true;
    this.top = 0;
    this.current = null;
    this.above = button("Show earlier messages", () => this.showEarlier(), { className: "earlier", hidden: true });
    this.list = make("ol", { className: "messages", onkeydown: (event) => this.steps(event) });
    this.list.addEventListener("focusin", (event) => this.visit(event.target.closest("li")));
    this.typing = make("p", { className: "typing", hidden: true, "aria-live": "polite" });
    this.node = make("div", { className: "scroll", role: "log", "aria-live": "polite", "aria-relevant": "additions text" },
      this.above, this.list, this.typing);
    this.node.onscroll = () => this.scrolled();
    new ResizeObserver(() => this.stayAtEnd()).observe(this.node);
    new ResizeObserver(() => this.stayAtEnd()).observe(this.list);
    this.update(state);
  }

  update(state) {
    this.state = state;
    if (state.fresh) {
      this.messages.clear();
      this.hasEarlier = state.earlier;
    }
    const oldest = this.messages.keys().next().value ?? 0;
    for (const message of state.messages) {
      // What was edited far above stays out of sight until it is scrolled to.
      if (!state.fresh && this.hasEarlier && message.id < oldest) continue;
      this.messages.set(message.id, message);
      if (this.newest !== null && message.id > this.newest && !message.mine) this.unread += 1;
    }
    for (const id of state.gone) this.messages.delete(id);
    this.newest = Math.max(this.newest ?? 0, ...state.messages.map((message) => message.id));
    this.node.setAttribute("aria-label", `${this.window.person.name}'s chat: ${state.title}`);
    this.showAction(state.action);
    if (this.isRead) this.read();
    this.draw();
  }

  get isRead() { return this.atEnd && this.window.isSeen(this); }

  read() {
    this.unread = 0;
    if (this.messages.size > MOST) {
      const surplus = [...this.messages.keys()].slice(0, this.messages.size - LAST * 2);
      for (const id of surplus) this.messages.delete(id);
      this.hasEarlier = true;
    }
  }

  showAction(action) {
    clearTimeout(this.fading);
    this.typing.hidden = !action;
    if (!action) return;
    const doing = action.what === "typing" ? "is typing" : action.what.startsWith("upload") ? "is sending a file" : "is busy";
    const who = this.state.kind === "private" ? this.state.title : "The bot";
    const dots = make("span", { className: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
    this.typing.replaceChildren(`${who} ${doing}`, dots);
    this.fading = setTimeout(() => { this.typing.hidden = true; }, action.seconds * 1000 / this.window.page.speed);
  }

  // Messages sent as one album stand together.
  groups() {
    const groups = [];
    for (const message of this.messages.values()) {
      const last = groups.at(-1);
      if (message.album && last?.[0].album === message.album) last.push(message);
      else groups.push([message]);
    }
    return groups;
  }

  // Only what has changed is made anew: pictures don't flicker, a selection survives, and nobody loses their place.
  draw() {
    if (!this.window.isSeen(this)) { this.isStale = true; return; }
    this.isStale = false;
    this.above.hidden = !this.hasEarlier;
    const wanted = [], kept = new Map();
    let before = null;
    for (const unit of this.groups()) {
      const [first] = unit, date = dayKey(first.date);
      if (!before || dayKey(before.unit[0].date) !== date) { wanted.push(this.dayMark(first.date)); before = null; }
      const known = this.units.get(first.id);
      const isSame = known && known.unit.length === unit.length && known.unit.every((one, at) => one === unit[at]);
      const entry = isSame ? known : { unit, node: drawn(unit, this.state, this.window) };
      if (known && !isSame) this.replace(known.node, entry.node);
      else if (!known) this.quiet(entry.node);
      kept.set(first.id, entry);
      const follows = before && before.unit[0].sender === first.sender && before.unit[0].mine === first.mine
        && first.date - before.unit[0].date < TOGETHER_SECONDS && !before.node.classList.contains("service");
      entry.node.classList.toggle("follows", Boolean(follows));
      entry.node.classList.add("ends");
      if (follows) before.node.classList.toggle("ends", before.unit.some((message) => message.buttons.length));
      wanted.push(entry.node);
      before = entry;
    }
    this.units = kept;
    this.place(wanted);
    if (!this.list.contains(document.activeElement)) this.visit(before?.node ?? null);
    this.stayAtEnd();
  }

  dayMark(seconds) {
    const key = dayKey(seconds);
    if (!this.days.has(key))
      this.days.set(key, make("li", { className: "day" }, span(day(seconds))));
    return this.days.get(key);
  }

  place(wanted) {
    const stays = new Set(wanted);
    for (const node of [...this.list.children]) if (!stays.has(node)) node.remove();
    let at = this.list.firstElementChild;
    for (const node of wanted) {
      if (node === at) at = at.nextElementSibling;
      else this.list.insertBefore(node, at);
    }
  }

  // A message changed under somebody's finger: the same place in it keeps the focus.
  replace(old, fresh) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const place = focused === old ? -1 : focused ? [...old.querySelectorAll(CONTROLS)].indexOf(focused) : null;
    this.quiet(fresh);
    old.replaceWith(fresh);
    if (this.current === old) { this.current = null; this.visit(fresh); }
    if (place === null) return;
    const controls = [...fresh.querySelectorAll(CONTROLS)];
    (place < 0 ? fresh : controls[Math.min(place, controls.length - 1)] ?? fresh).focus({ preventScroll: true });
  }

  // One stop for Tab per chat: the controls of one message can be reached, arrows go to the others.
  quiet(node) {
    node.tabIndex = -1;
    for (const control of node.querySelectorAll(CONTROLS)) control.tabIndex = -1;
  }

  visit(node) {
    if (!node || node === this.current || node.className === "day") return;
    if (this.current) this.quiet(this.current);
    this.current = node;
    node.tabIndex = 0;
    for (const control of node.querySelectorAll(CONTROLS)) control.tabIndex = 0;
  }

  steps(event) {
    const all = [...this.list.querySelectorAll("li:not(.day)")], at = all.indexOf(event.target.closest("li"));
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") this.window.composer.focus();
    else if (to === undefined || at < 0) return;
    else if (all[to]) all[to].focus();
    else if (event.key === "ArrowUp" && this.hasEarlier) this.showEarlier();
    else if (event.key === "ArrowDown") this.window.composer.focus();
    event.preventDefault();
  }

  focus() { (this.current ?? this.node).focus(); }

  async showEarlier() {
    if (this.isFetching || !this.hasEarlier) return;
    this.isFetching = true;
    const before = this.messages.keys().next().value ?? Number.MAX_SAFE_INTEGER;
    try {
      const told = await ask(`people/${this.window.id}/earlier?chat=${this.id}&before=${before}&last=${LAST}`);
      this.messages = new Map([...told.messages.map((message) => [message.id, message]), ...this.messages]);
      this.hasEarlier = told.earlier;
      const { scrollHeight, scrollTop } = this.node;
      this.atEnd = false;
      this.node.setAttribute("aria-busy", "true");
      this.draw();
      this.node.scrollTop = scrollTop + this.node.scrollHeight - scrollHeight;
      this.node.setAttribute("aria-busy", "false");
    } catch (error) { this.window.sayError(error); }
    finally { this.isFetching = false; }
  }

  // Only a person scrolls up; a picture that loads late pushes the end away without anybody leaving it.
  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.node;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (isAtEnd || scrollTop < this.top) this.atEnd = isAtEnd;
    // While somebody looks for something above, the day goes along.
    this.node.classList.toggle("moving", !this.atEnd);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.node.classList.remove("moving"), 900);
    this.top = scrollTop;
    if (scrollTop < 200 && !this.atEnd) this.showEarlier();
    if (this.atEnd && this.unread) this.read();
    this.window.showPlace();
  }

  stayAtEnd() { if (this.atEnd) this.node.scrollTop = this.node.scrollHeight; }

  goToEnd() {
    this.atEnd = true;
    this.read();
    this.draw();
    this.stayAtEnd();
    this.window.showPlace();
  }

  // Go to a message, however far above it stands.
  async goTo(id) {
    for (let tries = 0; tries < 50 && this.hasEarlier && id < (this.messages.keys().next().value ?? 0); tries++) await this.showEarlier();
    const unit = [...this.units.values()].find((entry) => entry.unit.some((message) => message.id === id));
    if (!unit) return false;
    this.atEnd = false;
    unit.node.scrollIntoView({ block: "center" });
    unit.node.classList.remove("found");
    void unit.node.offsetWidth;
    unit.node.classList.add("found");
    unit.node.focus({ preventScroll: true });
    return true;
  }
}
