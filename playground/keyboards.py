"""Checking reply markup the way Telegram does. Changes nothing and stores nothing."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from playground.refusals import bad_request

CALLBACK_DATA_BYTES = 64
COPY_TEXT_LENGTH = 256
BUTTONS = 100
BUTTONS_IN_ROW = 8
ACTIONS = frozenset(
    {
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    }
)
LOOKS = frozenset({"text", "icon_custom_emoji_id", "style"})
REPLY_KEYBOARD = frozenset(
    {"keyboard", "is_persistent", "resize_keyboard", "one_time_keyboard", "input_field_placeholder", "selective"}
)


def checked_markup(markup: Mapping[str, Any] | None, *, inline_only: bool = False) -> dict[str, Any] | None:
    """The markup as it will be kept; None for none or an empty inline keyboard. Raises `Refusal`."""
    if not markup:
        return None
    if "inline_keyboard" in markup:
        return _inline(markup)
    if inline_only:
        raise bad_request("inline keyboard expected")
    if "keyboard" in markup:
        _only(markup, REPLY_KEYBOARD, "reply keyboard")
        rows = _rows(markup, "keyboard")
        return {**markup, "keyboard": [[_reply_button(button) for button in row] for row in rows]}
    if markup.get("remove_keyboard") is True or markup.get("force_reply") is True:
        _only(markup, {"remove_keyboard", "force_reply", "input_field_placeholder", "selective"}, "reply markup")
        return dict(markup)
    raise bad_request("object expected as reply markup")


def _inline(markup: Mapping[str, Any]) -> dict[str, Any] | None:
    _only(markup, {"inline_keyboard"}, "reply markup")
    rows = _rows(markup, "inline_keyboard")
    kept = [[_inline_button(button) for button in row] for row in rows if row]
    if not kept:
        return None
    if any(len(row) > BUTTONS_IN_ROW for row in kept) or sum(map(len, kept)) > BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": kept}


def _rows(markup: Mapping[str, Any], field: str) -> list[list[Any]]:
    rows = markup[field]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(f'field "{field}" must be an Array of Arrays')
    return rows


def _inline_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise _unparsed("InlineKeyboardButton must be an Object")
    if "text" not in button:
        raise _unparsed('Can\'t find field "text"')
    for name in ("text", "callback_data", "url"):
        if not isinstance(button.get(name, ""), str):
            raise _unparsed(f'Field "{name}" must be of type String')
    if not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    _only(button, ACTIONS | LOOKS, "inline keyboard button")
    actions = [name for name in ACTIONS if button.get(name) not in (None, "", False)]
    actions += [name for name in button if name.startswith("switch_inline_query") and button[name] == ""]
    if not actions:
        raise _unparsed("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise _unparsed("exactly one action must be used in a button")
    if "callback_data" in button and len(button["callback_data"].encode()) > CALLBACK_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "copy_text" in button and not _copies(button["copy_text"]):
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if "url" in button:
        reason = url_fault(button["url"])
        if reason:
            raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: {reason}")
    return dict(button)


def _copies(copied: Any) -> bool:
    return isinstance(copied, dict) and 0 < len(str(copied.get("text", ""))) <= COPY_TEXT_LENGTH


def url_fault(url: str) -> str | None:
    """Why Telegram does not take this link, in its words; None if it does."""
    if url.startswith("tg://"):
        return None
    try:
        split = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return "Wrong HTTP URL"
    if split.scheme not in ("http", "https", "ton", "tonsite"):
        return "Unsupported URL protocol"
    if not split.hostname:
        return "URL host is empty"
    try:
        _ = split.port
    except ValueError:
        return "Wrong port number specified in the URL"
    if "." not in split.hostname and not _is_address(split.hostname):
        return "Wrong HTTP URL"
    return "Wrong HTTP URL" if any(character in url for character in " \t\r\n") else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _reply_button(button: Any) -> dict[str, Any]:
    found = {"text": button} if isinstance(button, str) else button
    if not isinstance(found, dict) or not isinstance(found.get("text"), str) or not found["text"]:
        raise bad_request("keyboard button text must be non-empty")
    return dict(found)


def _only(found: Mapping[str, Any], known: frozenset[str] | set[str], what: str) -> None:
    unknown = sorted(set(found) - known)
    if unknown:
        raise bad_request(f"unknown field {', '.join(unknown)} in {what} (Telegram would ignore it)")


def _unparsed(reason: str) -> Exception:
    return bad_request(f"can't parse inline keyboard button: {reason}")
