"""Texts that are too long: shortened by what Telegram counts, and still HTML."""

import re

from hypothesis import given
from hypothesis import strategies as st

from handlers.fitting import fitted
from handlers.translation import Html, escaped
from handlers.wording import Rendered
from tests.handlers.faces import read


def counted(text: str) -> int:
    """UTF-16 units of what a person reads."""
    return len(read(Rendered(text=Html(text))).encode("utf-16-le")) // 2


def test_what_fits_is_left_as_it_is() -> None:
    text = Html("<b>" + "&amp;" * 100 + "</b>")
    assert fitted(text, 100) is text


def test_what_is_too_long_ends_with_an_ellipsis_and_closed_tags() -> None:
    text = Html("<b>Eggs</b> <blockquote>" + "x" * 50 + "</blockquote>")
    assert fitted(text, 10) == "<b>Eggs</b> <blockquote>xxxx…</blockquote>"


def test_an_entity_is_one_character_and_is_never_cut() -> None:
    assert fitted(Html("&lt;&lt;&lt;&lt;"), 3) == "&lt;&lt;…"


def test_an_emoji_counts_twice_and_is_never_halved() -> None:
    assert fitted(Html("🌱🌱🌱"), 4) == "🌱…"


def test_a_tag_with_an_attribute_is_closed_by_its_name() -> None:
    assert fitted(Html('<a href="https://x.example">long words</a>'), 5) == '<a href="https://x.example">long…</a>'


@given(
    st.lists(st.tuples(st.sampled_from(["", "b", "i", "code"]), st.text(min_size=1)), min_size=1), st.integers(1, 60)
)
def test_any_text_fits_and_stays_html(parts: list[tuple[str, str]], most: int) -> None:
    whole = Html("".join(f"<{tag}>{escaped(text)}</{tag}>" if tag else escaped(text) for tag, text in parts))
    short = fitted(whole, most)
    plain = re.sub(r"<[^>]*>", "", short)
    assert counted(short) <= most
    assert plain == re.sub(r"<[^>]*>", "", whole) or plain.endswith("…")
