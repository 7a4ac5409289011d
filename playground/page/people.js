// The sheets about who there is: somebody new, a name and language, groups and channels with their members, forwarding.
import { ask, make } from "./dom.js";
import { labelled, select, sheet } from "./sheets.js";

const LANGUAGES = [
  ["en", "English"], ["zh-hans", "简体中文"], ["zh-hant", "繁體中文"], ["de", "Deutsch"], ["es", "Español"], ["fr", "Français"],
  ["id", "Indonesia"], ["ja", "日本語"], ["ko", "한국어"], ["pt-br", "Português"], ["ru", "Русский"], ["vi", "Tiếng Việt"],
];
const KINDS = [["group", "Group"], ["supergroup", "Supergroup"], ["channel", "Channel"]];
const STANDINGS = [["", "not in it"], ["member", "member"], ["administrator", "administrator"]];
const BOT_STANDINGS = [["administrator", "administrator"], ["member", "member"], ["left", "not in it"], ["kicked", "thrown out"]];

function languageField(value) {
  const known = LANGUAGES.some(([code]) => code === value) ? LANGUAGES : [...LANGUAGES, [value, value]];
  return select(known, value, { name: "language" });
}

export function newPersonSheet(page) {
  const name = make("input", { type: "text", name: "name", maxLength: 200, autocomplete: "off", required: true });
  const language = languageField(navigator.language.startsWith("zh") ? "zh-hans" : "en");
  sheet({
    title: "Somebody new", save: "Add",
    body: [labelled("Name", name), labelled("Language of their Telegram", language)],
    onsave: async () => {
      if (!name.value.trim()) throw new Error("Give them a name");
      const told = await ask("people", { name: name.value, language: language.value });
      return () => page.meet(told.id);
    },
  });
  name.focus();
}

export function personSheet(column) {
  const { person } = column;
  const name = make("input", { type: "text", name: "name", value: person.name, maxLength: 200, autocomplete: "off" });
  const language = languageField(person.language);
  sheet({
    title: person.name, save: "Save",
    body: [labelled("Name", name), labelled("Language of their Telegram", language),
      make("p", { className: "hint", textContent: "The bot hears of both with the next message or tap." })],
    onsave: async () => {
      if (!name.value.trim()) throw new Error("Give them a name");
      await ask("people/" + person.id, { name: name.value, language: language.value });
      await column.page.meet();
    },
  });
  name.select();
}

// A line for each person: are they in it, and as what.
function membership(page, standing) {
  const fields = new Map(page.people.map((person) => [person.id, select(STANDINGS, standing[person.id] ?? "")]));
  const list = make("fieldset", { className: "members" }, make("legend", { textContent: "People" }),
    page.people.map((person) => labelled(person.name, fields.get(person.id))));
  const of = (kind) => [...fields].filter(([, field]) => field.value === kind).map(([id]) => id);
  return { list, chosen: () => ({ members: of("member"), admins: of("administrator") }) };
}

export function newGroupSheet(page) {
  const title = make("input", { type: "text", name: "title", maxLength: 128, autocomplete: "off" });
  const kind = select(KINDS, "group", { name: "kind" }), standing = select(BOT_STANDINGS, "administrator", { name: "bot" });
  const people = membership(page, {});
  sheet({
    title: "New group or channel", save: "Make it",
    body: [labelled("Name", title), labelled("Kind", kind), labelled("The bot is", standing), people.list,
      make("p", { className: "hint" }, "In a channel only administrators post. ",
        "A bot that is a plain member of a group hears only commands, replies and its own name.")],
    onsave: async () => {
      const chosen = people.chosen();
      if (!title.value.trim()) throw new Error("Give it a name");
      if (!chosen.members.length && !chosen.admins.length) throw new Error("Choose at least one person");
      const chat = await ask("groups", { title: title.value, kind: kind.value, bot: standing.value, ...chosen });
      return () => page.openGroup(chat.id, chosen.admins[0] ?? chosen.members[0]);
    },
  });
  title.focus();
}

export async function membersSheet(page, id) {
  const { groups } = await ask("groups");
  const chat = groups.find((one) => one.id === id);
  if (!chat) return;
  const standing = select(BOT_STANDINGS, chat.bot, { name: "bot" }), people = membership(page, chat.members);
  const grow = make("button", { type: "button", className: "plain", textContent: "Make it a supergroup", onclick: async () => {
    const fresh = await ask(`groups/${id}/migrate`, {});
    dialog.close();
    await page.openGroup(fresh.id, Number(Object.keys(chat.members)[0]));
  } });
  const dialog = sheet({
    title: chat.title, save: "Save", extra: chat.type === "group" ? [grow] : [],
    body: [labelled("The bot is", standing), people.list],
    onsave: async () => { await ask("groups/" + id, { bot: standing.value, ...people.chosen() }); },
  });
}

export function forwardSheet(column, message, chat) {
  const places = [...column.chats.values()].filter((one) => one.state.writable && !one.state.blocked);
  if (!places.length) { column.say("There is no chat to forward it to"); return; }
  const to = select(places.map((one) => [one.id, one.state.title]), String(column.id), { name: "to" });
  sheet({
    title: "Forward", save: "Forward", body: [labelled("To", to)],
    onsave: async () => { await ask(`people/${column.id}/forward`, { message: message.id, chat: chat.id, to: Number(to.value) }); },
  });
}
