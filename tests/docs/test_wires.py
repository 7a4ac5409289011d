"""What the sources name by word exists: the kinds that are told, and the verbs that buttons carry.

A slip here would show itself only when the message is sent or the button tapped.
"""

import inspect
import re

from handlers import routes
from tests.docs.wires import Message, pressed, shown, told

ROUTES = routes()
TAPS = {**ROUTES.taps, **ROUTES.group_taps}
KINDS = ROUTES.all_kinds()
NO_BUTTON_YET = frozenset({"home", "place"})  # place: under summaries from before there were fees


def needed(kind: str) -> set[str]:
    """The parameters without which a kind can't be loaded or shown."""
    sources = "".join(inspect.getsource(part) for part in (KINDS[kind].load, KINDS[kind].show))
    return set(re.findall(r'params\["(\w+)"\]', sources))


def lacking(message: Message) -> set[str]:
    """What the kind needs and this place does not give."""
    return set() if message.params is None else needed(message.kind) - message.params


def test_the_sources_are_read() -> None:
    assert len(told()) > 50
    assert len(shown()) > 50
    assert len(pressed()) > 100


def test_every_kind_that_is_told_or_shown_exists() -> None:
    assert [message for message in (*told(), *shown()) if message.kind not in KINDS] == []


def test_every_kind_is_told_or_shown_somewhere() -> None:
    assert KINDS.keys() - {message.kind for message in (*told(), *shown())} == set()


def test_every_message_is_given_what_its_kind_needs() -> None:
    assert [(message, lacking(message)) for message in (*told(), *shown()) if lacking(message)] == []


def test_every_verb_on_a_button_has_a_handler() -> None:
    assert [button for button in pressed() if button.verb not in TAPS] == []


def test_every_handler_of_a_tap_has_a_button() -> None:
    assert TAPS.keys() - {button.verb for button in pressed()} <= NO_BUTTON_YET


def test_every_button_carries_as_much_as_its_handler_takes() -> None:
    taps = TAPS
    wrong = [
        (button, taps[button.verb].ints, taps[button.verb].words)
        for button in pressed()
        if len(button.args) != taps[button.verb].ints + taps[button.verb].words
    ]
    assert wrong == []


def test_no_button_carries_a_word_where_its_handler_takes_a_number() -> None:
    taps = TAPS
    assert [button for button in pressed() if any(button.args[: taps[button.verb].ints])] == []
