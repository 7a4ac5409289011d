"""Whatever a bot sends, the playground refuses in words; it never breaks itself."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from playground import Playground, Refusal
from playground.markup import parse_html, to_html
from playground.methods import METHODS
from tests.clock import FakeClock
from tests.playground.conftest import TOKEN

WORDS = [
    *("type", "photo", "document", "media", "attach://x", "caption", "HTML", "http://a.example", "2001"),
    *("inline_keyboard", "keyboard", "remove_keyboard", "text", "callback_data", "url", "copy_text"),
    *("default", "chat", "chat_id", "user_id", "command", "description", "message_id", "emoji", "offset", "length"),
]
LEAVES = st.none() | st.booleans() | st.integers(-3, 2001) | st.sampled_from(WORDS) | st.text(max_size=8)
NESTED = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
)
FIELDS = sorted({field for method in METHODS.values() for field in method.fields} - {"timeout"})


async def attempt(method: str, params: dict[str, Any]) -> None:
    """One call in a fresh world; a refusal is as good as a result."""
    pg = Playground(FakeClock())
    pg.add_bot(TOKEN)
    ann = pg.person("Ann", id=2001)
    await ann.sends("/start")
    await pg.call(TOKEN, "sendMessage", {"chat_id": "2001", "text": "card"})
    raw = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
    with suppress(Refusal):
        json.dumps(await pg.call(TOKEN, method, raw))
    await pg.close()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
async def test_nonsense_is_refused_and_breaks_nothing(data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(sorted(METHODS)))
    params: dict[str, Any] = {}
    for field in METHODS[method].fields:
        if field in FIELDS and (field in METHODS[method].required or data.draw(st.booleans())):
            params[field] = data.draw(st.just(2001) if field == "chat_id" else st.just(2) | NESTED)
    await attempt(method, params)


@settings(max_examples=500, derandomize=True)
@given(st.text(alphabet="<>/&;=\"' abiu🥚\n", max_size=40))
def test_any_text_is_parsed_or_refused_and_what_is_parsed_survives_the_way_back(source: str) -> None:
    try:
        text, entities = parse_html(source)
    except Refusal:
        return
    again, _ = parse_html(to_html(text, entities))
    assert again == text
