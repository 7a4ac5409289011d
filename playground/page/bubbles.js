// One message, or one album, as it looks. Decides nothing: what is clicked is told to the window it stands in.
import { bold, colourOf, icon, iconButton, make, span } from "./dom.js";
import { hour, leadsHere, rebuilt, size } from "./words.js";

// How many pictures stand in each row of an album.
const ROWS = { 2: [2], 3: [1, 2], 4: [2, 2], 5: [2, 3], 6: [3, 3], 7: [2, 2, 3], 8: [2, 3, 3], 9: [3, 3, 3], 10: [2, 2, 3, 3] };
const WIDEST = 340, TALLEST = 380;

// `unit` is the messages of one album, or one message alone; `window` is the person's Column.
export function drawn(unit, chat, window) {
  const [first] = unit;
  if (first.extra?.migrate_to_chat_id || first.extra?.migrate_from_chat_id)
    return make("li", { className: "service", data: { id: first.id } }, make("span", { textContent: "The group is a supergroup now" }));
  const photos = unit.filter((message) => message.photo), texts = unit.filter((message) => message.html);
  const parts = [...head(first, chat, window)];
  if (photos.length === 1) parts.push(single(photos[0], chat, window));
  else if (photos.length) parts.push(grid(photos, chat, window));
  for (const message of unit) if (message.document) parts.push(file(message.document));
  parts.push(...extras(first));
  const isBare = photos.length && !texts.length;
  const foot = make("span", { className: "foot" },
    unit.some((message) => message.edited) ? make("span", { className: "edited", textContent: "edited" }) : null,
    make("time", { dateTime: new Date(first.date * 1000).toISOString(), textContent: hour(first.date) }),
    first.mine ? make("span", { className: "ticks", textContent: "✓✓", "aria-hidden": "true" }) : null);
  const words = make("div", { className: "text" });
  texts.forEach((message, at) => words.append(at ? "\n" : "", rebuilt(message.html)));
  words.append(foot);
  parts.push(words);
  const reactions = [...new Set(unit.flatMap((message) => message.reactions))];
  if (reactions.length)
    parts.push(make("div", { className: "reactions" }, reactions.map((one) => span(one, { title: "Reaction of the bot" }))));
  const bubble = make("div", { className: "bubble" + (photos.length ? " pictured" : "") + (isBare ? " bare" : "") }, parts);
  const offer = (event) => window.offer(event.currentTarget, first, chat);
  const more = iconButton("dots", "What can be done with this message", offer,
    { className: "round more", "aria-haspopup": "menu", "aria-expanded": "false" });
  const item = make("li", { className: "message" + (first.mine ? " mine" : ""), data: { id: first.id } },
    make("div", { className: "line" }, bubble, more));
  const keys = unit.flatMap((message) => message.buttons.length ? [keyboard(message, chat, window)] : []);
  item.append(...keys);
  return item;
}

function head(message, chat, window) {
  const isOthers = !message.mine;
  const parts = [make("span", { className: "unseen", textContent: (message.mine ? "You" : message.from) + ": " })];
  if (isOthers && chat.kind !== "private")
    parts.push(make("div", { className: "from " + colourOf(message.sender), textContent: message.from, "aria-hidden": "true" }));
  if (message.forwarded)
    parts.push(make("div", { className: "forwarded" }, "Forwarded from ", bold(message.forwarded)));
  if (message.reply_to) {
    const quote = message.reply_to;
    const words = quote.text || (quote.media === "photo" ? "Photo" : quote.media ? "File" : "Message");
    const jump = () => window.jump(chat, quote.id);
    parts.push(make("button", { type: "button", className: "quote", title: "Go to that message", onclick: jump }, bold(quote.from), span(words)));
  }
  return parts;
}

function picture(message, chat, window) {
  const { url, width, height } = message.photo;
  const alt = (message.mine ? "Photo from you" : "Photo from " + message.from) + (message.text ? ": " + message.text.split("\n")[0] : "");
  const image = make("img", { src: url, alt, width, height, decoding: "async", draggable: false });
  const look = () => window.look(chat, message);
  return make("button", { type: "button", className: "photo", title: "Look at it closely", onclick: look }, image);
}

// Its box is known before the picture is there, so that nothing moves when it comes.
function single(message, chat, window) {
  const { width, height } = message.photo;
  const shrink = Math.min(1, WIDEST / width, TALLEST / height);
  const button = picture(message, chat, window);
  button.style.width = Math.max(90, Math.round(width * shrink)) + "px";
  button.style.aspectRatio = `${width} / ${height}`;
  return button;
}

function grid(photos, chat, window) {
  const album = make("div", { className: "album", role: "group", "aria-label": `Album of ${photos.length} photos` });
  const rows = [...(ROWS[photos.length] ?? [])];
  let inRow = 0, place = 0;
  for (const message of photos) {
    if (place === inRow) { inRow = rows.shift() ?? 3; place = 0; }
    place += 1;
    const button = picture(message, chat, window);
    button.style.gridColumn = `span ${6 / inRow}`;
    button.style.aspectRatio = inRow === 1 ? "16 / 10" : "1";
    album.append(button);
  }
  return album;
}

function file(sent) {
  return make("a", { className: "document", href: sent.url, download: sent.name, title: "Download " + sent.name },
    make("span", { className: "sheet" }, icon("file")),
    make("span", { className: "about" }, bold(sent.name), make("small", { textContent: size(sent.size) })));
}

function extras(message) {
  const { contact, location } = message.extra ?? {};
  if (contact) return [make("div", { className: "extra", textContent: `👤 ${contact.first_name} · ${contact.phone_number}` })];
  if (location) return [make("div", { className: "extra", textContent: `📍 ${location.latitude}, ${location.longitude}` })];
  return [];
}

function keyboard(message, chat, window) {
  const keys = make("div", { className: "keyboard", role: "group", "aria-label": "Buttons" });
  let place = 0;
  for (const row of message.buttons) {
    keys.append(make("div", { className: "row" }, row.map((button) => {
      const mine = place++;
      const text = span(button.text), title = button.url ?? "";
      if (button.url && !leadsHere(button.url) && /^https?:/i.test(button.url))
        return make("a", { className: "key link", href: button.url, target: "_blank", rel: "noopener noreferrer", title }, text);
      const sort = button.url ? " link" : button.copies ? " copies" : "";
      return make("button", { type: "button", className: "key" + sort, title,
                              onclick: (event) => window.tap(chat, message, mine, event.currentTarget) }, text);
    })));
  }
  return keys;
}
