"""A chat as text a human reads in a failed test or in the demo. Changes nothing."""

from playground.chats import Chat
from playground.messages import Button, Message


def transcript(chat: Chat, *, last: int | None = None) -> str:
    """One paragraph per message, oldest first; `last` keeps only so many."""
    messages = list(chat.messages.values())
    if last is not None:
        messages = messages[-last:]
    lines = [f"--- {chat.name} ({chat.kind} chat {chat.id}){', blocked' if chat.blocked else ''} ---"]
    lines += [paragraph(message) for message in messages]
    return "\n".join(lines)


def paragraph(message: Message) -> str:
    """`Name: what they sent`, then the buttons, row by row."""
    head = f"{message.sender.name}{' (edited)' if message.edited else ''}: "
    parts = []
    if message.media is not None:
        shape = f" {message.media.width}x{message.media.height}" if message.photo else f" {message.media.name}"
        parts.append(f"[{message.media.kind}{shape}]")
    parts += [f"[{kind}]" for kind in message.extra]
    if message.text:
        parts.append(message.text.replace("\n", "\n    "))
    lines = [head + " ".join(parts)]
    lines += ["    " + " ".join(map(_drawn, row)) for row in message.buttons]
    return "\n".join(lines)


def _drawn(button: Button) -> str:
    return f"[{button.text} ↗]" if button.url else f"[{button.text}]"
