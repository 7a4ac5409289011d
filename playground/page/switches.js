// Telegram's switches: the clock, rate limits, trouble on demand, and what the bot's newest calls came to.
import { ask, bold, button, iconButton, make, sentence, span } from "./dom.js";
import { labelled, select } from "./sheets.js";

const LOOK_SECONDS = 1;
const SPEEDS = [1, 10, 60, 600];
const JUMPS = [[600, "+10 min"], [3_600, "+1 h"], [86_400, "+1 day"]];
const FIGURES = [
  ["per_chat_per_second", "Messages a second in one chat"], ["per_chat_burst", "At once in a rested chat"],
  ["group_per_minute", "A minute in a group or channel"], ["overall_per_second", "A second over all chats"],
  ["paid_per_second", "A second with paid broadcast"],
];
const KINDS = {
  too_many: "429 Too Many Requests",
  forbidden: "403 Forbidden",
  bad_request: "400 Bad Request",
  server_error: "5xx from a gateway, as HTML",
  reset: "Connection cut before the call is handled",
  lost_answer: "Handled, but the answer is lost",
  hang: "Never answered",
  redeliver: "Updates delivered again",
};
const ONLY_FOR = { retry_after: ["too_many"], status: ["server_error"], description: ["forbidden", "bad_request"] };

const number = (name, value, set = {}) => make("input", { type: "number", name, value, min: 0, step: "any", inputMode: "decimal", ...set });

export class Switches {
  constructor(page, node, opener) {
    Object.assign(this, { page, node, opener });
    opener.onclick = () => (this.node.hidden ? this.open() : this.close());
    node.onkeydown = (event) => { if (event.key === "Escape") this.close(); };
    this.complaint = make("p", { className: "complaint", role: "alert", hidden: true });
    this.now = make("p", { className: "now" });
    node.append(
      make("header", {}, make("h2", { textContent: "Telegram's switches" }), iconButton("close", "Close the switches", () => this.close())),
      this.complaint, this.clock(), this.limits(), this.faults(), this.calls());
  }

  async open() {
    this.node.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    this.node.querySelector("button").focus();
    this.page.arranged();
    while (!this.node.hidden) {
      try { this.show(await ask("switches")); } catch { /* the page says that nobody answers */ }
      await new Promise((resolve) => setTimeout(resolve, LOOK_SECONDS * 1000));
    }
  }

  close() {
    this.node.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
    this.opener.focus();
    this.page.arranged();
  }

  async set(path, body, method) {
    this.complaint.hidden = true;
    try {
      await ask(path, body, method);
      this.show(await ask("switches"));
      return true;
    } catch (error) {
      this.complaint.textContent = sentence(error);
      this.complaint.hidden = false;
      this.complaint.scrollIntoView({ block: "nearest" });
      return false;
    }
  }

  // -- the clock -----------------------------------------------------------------------------------------------------

  clock() {
    this.speeds = SPEEDS.map((speed) => button("×" + speed, () => this.set("clock", { speed }), { "aria-pressed": "false", data: { speed } }));
    this.jumps = JUMPS.map(([jump, text]) => button(text, () => this.set("clock", { jump })));
    this.reach = make("p", { className: "hint" });
    return make("section", { "aria-label": "Clock" }, make("h3", { textContent: "Clock" }), this.now,
      make("div", { className: "choice", role: "group", "aria-label": "Speed" }, this.speeds),
      make("div", { className: "choice", role: "group", "aria-label": "Jump ahead" }, this.jumps), this.reach);
  }

  showClock(clock) {
    for (const one of this.speeds) one.setAttribute("aria-pressed", String(Number(one.dataset.speed) === clock.speed));
    for (const one of [...this.speeds, ...this.jumps]) one.disabled = !clock.turns;
    this.reach.textContent = !clock.turns ? "This clock is turned by the program that has brought it."
      : clock.shared ? "The bot lives by this clock too: its reminders, deadlines and pace move along. It never goes back."
      : "This moves only the playground's own clock: the bot runs in a process of its own and keeps its own time. It never goes back.";
  }

  // -- rate limits -----------------------------------------------------------------------------------------------------

  limits() {
    this.enabled = make("input", { type: "checkbox", role: "switch", id: "limits-on", onchange: () => this.setLimits() });
    this.figures = new Map(FIGURES.map(([name]) => [name, number(name, "", { onchange: () => this.setLimits() })]));
    this.refused = make("p", { className: "hint" });
    return make("section", { "aria-label": "Rate limits" }, make("h3", { textContent: "Rate limits" }),
      make("label", { className: "tick", for: "limits-on" }, this.enabled, "Refuse what is beyond Telegram's limits (429)"),
      make("div", { className: "figures" }, FIGURES.map(([name, text]) => labelled(text, this.figures.get(name)))),
      button("Telegram's own figures", () => this.set("limits", {}), { className: "plain" }), this.refused);
  }

  setLimits() {
    const wanted = { enabled: this.enabled.checked };
    for (const [name, field] of this.figures) if (field.value !== "") wanted[name] = Number(field.value);
    return this.set("limits", wanted);
  }

  showLimits(limits) {
    this.enabled.checked = limits.enabled;
    for (const [name, field] of this.figures) if (field !== document.activeElement) field.value = limits[name];
    this.refused.textContent = `0 switches a figure off. Refused so far: ${limits.refused}.`;
  }

  // -- trouble -----------------------------------------------------------------------------------------------------------

  faults() {
    const kind = select(Object.entries(KINDS), "too_many", { name: "kind" });
    this.method = select([["", "any but getUpdates"]], "", { name: "method" });
    this.chat = select([["", "any"]], "", { name: "chat" });
    const fields = {
      contains: make("input", { type: "text", name: "contains", autocomplete: "off" }),
      times: number("times", 1, { min: 1, step: 1, placeholder: "until cleared" }),
      probability: number("probability", 100, { min: 0, max: 100 }),
      retry_after: number("retry_after", 5, { min: 1, step: 1 }), status: number("status", 502, { min: 500, max: 599, step: 1 }),
      description: make("input", { type: "text", name: "description", autocomplete: "off" }),
    };
    const lines = {
      contains: labelled("Only if the call contains", fields.contains),
      times: labelled("How many times (empty: until cleared)", fields.times),
      probability: labelled("Chance in percent", fields.probability), retry_after: labelled("Retry after, in seconds", fields.retry_after),
      status: labelled("Status", fields.status), description: labelled("Telegram's words (empty: the usual ones)", fields.description),
    };
    kind.onchange = () => { for (const [name, kinds] of Object.entries(ONLY_FOR)) lines[name].hidden = !kinds.includes(kind.value); };
    kind.onchange();
    const form = make("form", { noValidate: true },
      labelled("What goes wrong", kind), labelled("With the method", this.method), labelled("In the chat", this.chat),
      Object.values(lines), make("button", { className: "main", textContent: "Switch on" }));
    form.onsubmit = (event) => {
      event.preventDefault();
      const wanted = { kind: kind.value, times: fields.times.value === "" ? null : Number(fields.times.value) };
      if (this.method.value) wanted.method = this.method.value;
      if (this.chat.value) wanted.chat = Number(this.chat.value);
      if (fields.contains.value) wanted.contains = fields.contains.value;
      if (fields.probability.value !== "") wanted.probability = Number(fields.probability.value) / 100;
      for (const [name, kinds] of Object.entries(ONLY_FOR)) {
        const { value, type } = fields[name];
        if (kinds.includes(kind.value) && value) wanted[name] = type === "number" ? Number(value) : value;
      }
      this.set("faults", wanted);
    };
    this.planned = make("ul", { className: "planned", "aria-label": "Trouble that is switched on" });
    this.clear = button("Clear all", () => this.set("faults", undefined, "DELETE"), { className: "plain", hidden: true });
    return make("section", { "aria-label": "Trouble" }, make("h3", { textContent: "Trouble" }), this.planned, this.clear, form);
  }

  showFaults(told) {
    const places = new Map(this.page.people.map((person) => [person.id, person.name]));
    for (const column of this.page.columns.values())
      for (const chat of column.chats.values()) if (chat.id < 0) places.set(chat.id, chat.state.title);
    offerOnly(this.method, [["", "any but getUpdates"], ...told.methods.map((name) => [name, name])]);
    offerOnly(this.chat, [["", "any"], ...[...places].map(([id, name]) => [String(id), name])]);
    const state = JSON.stringify(told.faults);
    if (state === this.drawnFaults) return;
    this.drawnFaults = state;
    this.clear.hidden = !told.faults.length;
    this.planned.replaceChildren(...told.faults.map((fault) => {
      const where = [fault.method ?? "any call"];
      if (fault.chat) where.push("to " + (places.get(fault.chat) ?? fault.chat));
      if (fault.contains) where.push(`with “${fault.contains}”`);
      const call = where.join(" "), kind = KINDS[fault.kind];
      const left = fault.times === null ? `${fault.hits} so far, until cleared` : `${fault.hits} of ${fault.times}`;
      const chance = fault.probability < 1 ? `, ${Math.round(fault.probability * 100)} %` : "";
      return make("li", {}, make("span", {}, bold(kind), make("small", {}, `${call} · ${left}${chance}`)),
        iconButton("close", `Call off: ${kind}, ${call}`, () => this.set("faults/" + fault.number, undefined, "DELETE")));
    }));
  }

  // -- the bot's calls ------------------------------------------------------------------------------------------------------

  calls() {
    this.record = make("ol", { className: "calls", tabIndex: 0, "aria-label": "The bot's newest calls" });
    return make("section", { "aria-label": "Calls" }, make("h3", { textContent: "What the bot has just asked for" }), this.record);
  }

  showCalls(calls) {
    const state = JSON.stringify(calls);
    if (state === this.drawnCalls) return;
    this.drawnCalls = state;
    this.record.replaceChildren(...calls.map((call) => make("li", { className: call.ok ? "" : "refused" },
      bold(call.code || "✕"), span(call.method), make("small", {}, call.error ?? ""))));
  }

  show(told) {
    this.showClock(told.clock);
    this.page.setClock(told.clock);
    this.showLimits(told.limits);
    this.showFaults(told);
    this.showCalls(told.calls);
  }
}

function offerOnly(field, options) {
  const state = JSON.stringify(options);
  if (field.dataset.offered === state || field === document.activeElement) return;
  field.dataset.offered = state;
  const before = field.value;
  field.replaceChildren(...options.map(([value, text]) => make("option", { value, textContent: text })));
  field.value = options.some(([value]) => value === before) ? before : "";
}
