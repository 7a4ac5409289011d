"""What a message proves: its picture, its file or its words, the orders it names, and where it came from.

Owns the step from Telegram's message to `Proof` and back from a dialog's row. Decides nothing.
"""

from typing import Any

from telegram import (
    Message,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
)

from shop import codes, contacts
from storage.dialogs import Dialog
from storage.receipts import Proof, ReceiptKind

LONGEST_TEXT = 1_000  # a bank's whole message, forwarded
LONGEST_NAME = 128


def proof_of(message: Message) -> Proof | None:
    """The proof in a message: its largest picture, its file, or its text."""
    if message.photo:
        photo = message.photo[-1]
        return Proof(
            kind=ReceiptKind.PHOTO,
            text=_words(message.caption),
            file_id=photo.file_id,
            file_unique_id=photo.file_unique_id,
            size=photo.file_size,
            album=message.media_group_id,
            forwarded_from=forwarded_from(message),
        )
    if message.document is not None:
        document = message.document
        return Proof(
            kind=ReceiptKind.DOCUMENT,
            text=_words(message.caption),
            file_id=document.file_id,
            file_unique_id=document.file_unique_id,
            file_name=contacts.tidy(document.file_name or "")[-LONGEST_NAME:] or None,
            mime=document.mime_type,
            size=document.file_size,
            album=message.media_group_id,
            forwarded_from=forwarded_from(message),
        )
    text = _words(message.text)
    return Proof(kind=ReceiptKind.TEXT, text=text, forwarded_from=forwarded_from(message)) if text else None


def _words(text: str | None) -> str | None:
    return contacts.tidy(text or "")[:LONGEST_TEXT] or None


def forwarded_from(message: Message) -> str | None:
    """Whose message it was before, by name: a person, one who hides, a group, a channel; None if it is own."""
    match message.forward_origin:
        case None:
            return None
        case MessageOriginUser(sender_user=user):
            name = f"{user.full_name} (@{user.username})" if user.username else user.full_name
        case MessageOriginHiddenUser(sender_user_name=hidden):
            name = hidden
        case (
            MessageOriginChat(sender_chat=chat, author_signature=author)
            | MessageOriginChannel(chat=chat, author_signature=author)
        ):
            title = chat.title or chat.username or ""
            name = f"{title}, {author}" if author else title
        case _:
            name = ""
    return contacts.tidy(name)[:LONGEST_NAME] or "?"


def codes_in(message: Message, prefix: str) -> list[str]:
    """The order codes a message names, else those of the message it replies to."""
    named = codes.find(message.text or message.caption or "", prefix)
    replied = message.reply_to_message
    if named or replied is None:
        return named
    return codes.find(replied.text or replied.caption or "", prefix)


def stored(proof: Proof) -> dict[str, Any]:
    """A proof as it waits in a dialog."""
    return {**{name: getattr(proof, name) for name in Proof.__slots__}, "kind": proof.kind.value}


def waiting_in(dialog: Dialog) -> list[Proof]:
    """The proofs that wait in a dialog."""
    return [Proof(**{**each, "kind": ReceiptKind(each["kind"])}) for each in dialog.data["proofs"]]
