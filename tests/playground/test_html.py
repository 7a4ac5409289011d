"""Telegram's HTML, held against the cases of tdlib's own tests."""

import pytest

from playground import Refusal
from playground.markup import parse_html, to_html, trimmed, utf16_length, with_detected

REFUSED = [
    ("🏟 🏟&lt;<abac aba>", 'Unsupported start tag "abac" at byte offset 13'),
    ("🏟 🏟&lt;<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 13'),
    ("🏟 🏟&lt;<i    aba>", 'Can\'t find end tag corresponding to start tag "i"'),
    ("🏟 🏟&lt;<i    aba  =  ", 'Unclosed start tag "i" at byte offset 13'),
    ("🏟 🏟&lt;<i    aba  =  190azAz-.,", "Unexpected end of name token at byte offset 27"),
    ('🏟 🏟&lt;<i    aba  =  "&lt;&gt;&quot;>', "Unclosed start tag at byte offset 13"),
    ("🏟 🏟&lt;</", "Unexpected end tag at byte offset 13"),
    ("🏟 🏟&lt;<b></b></", "Unexpected end tag at byte offset 20"),
    ("🏟 🏟&lt;<i>a</i   ", "Unclosed end tag at byte offset 17"),
    ("🏟 🏟&lt;<i>a</em   >", 'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"'),
    ("2 < 3", 'Unsupported start tag "" at byte offset 2'),
    ("<", "Unclosed start tag at byte offset 0"),
    ("<b>bold", 'Can\'t find end tag corresponding to start tag "b"'),
    ("<script>x</script>", 'Unsupported start tag "script" at byte offset 0'),
    ("<br>", 'Unsupported start tag "br" at byte offset 0'),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
]


@pytest.mark.parametrize(("source", "reason"), REFUSED)
def test_broken_html_is_refused_in_telegrams_words(source: str, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {reason}"


PARSED = [
    ("➡️ ➡️<i>➡️ ➡️</i>", "➡️ ➡️➡️ ➡️", [{"type": "italic", "offset": 5, "length": 5}]),
    (
        "<b>a<i>b</i></b>",
        "ab",
        [_b := {"type": "bold", "offset": 0, "length": 2}, {"type": "italic", "offset": 1, "length": 1}],
    ),
    ("🛒<code>TG-7</code>", "🛒TG-7", [{"type": "code", "offset": 2, "length": 4}]),
    (
        '<pre><code class="language-py">x</code></pre>',
        "x",
        [{"type": "pre", "offset": 0, "length": 1, "language": "py"}],
    ),
    ("<pre>a<b>b</b></pre>", "ab", [{"type": "pre", "offset": 0, "length": 2}]),
    ("<tg-spoiler>x</tg-spoiler>", "x", [{"type": "spoiler", "offset": 0, "length": 1}]),
    ("<span class='tg-spoiler'>x</span>", "x", [{"type": "spoiler", "offset": 0, "length": 1}]),
    ("<blockquote expandable>x</blockquote>", "x", [{"type": "expandable_blockquote", "offset": 0, "length": 1}]),
    (
        '<a href="https://a.example/?x=1&amp;y=2">here</a>',
        "here",
        [{"type": "text_link", "offset": 0, "length": 4, "url": "https://a.example/?x=1&y=2"}],
    ),
    ("<a href='javascript:alert(1)'>x</a>", "x", []),
    ("<b></b>", "", []),
    ("<B>x</b>", "x", [{"type": "bold", "offset": 0, "length": 1}]),
]


@pytest.mark.parametrize(("source", "text", "entities"), PARSED)
def test_html_becomes_text_and_entities_in_utf16_units(
    source: str, text: str, entities: list[dict[str, object]]
) -> None:
    assert parse_html(source) == (text, entities)


def test_only_four_named_characters_and_numbers_are_decoded() -> None:
    text, _ = parse_html("&ge;&lt;&gt;&amp;&quot;&laquo;&#33;&#x21; fish & chips > soup")
    assert text == '&ge;<>&"&laquo;!! fish & chips > soup'


@pytest.mark.parametrize(
    "source",
    [
        "<b>a</b>",
        "a &lt;b&gt; &amp;",
        "<b>a<i>b</i></b>c",
        '<pre><code class="language-py">x</code></pre>',
        "🛒 <code>x</code>",
    ],
)
def test_html_written_back_is_the_same(source: str) -> None:
    assert to_html(*parse_html(source)) == source


def test_written_html_lets_nothing_through_but_telegrams_tags() -> None:
    evil = [{"type": "text_link", "offset": 0, "length": 3, "url": 'javascript:alert("x")'}]
    assert to_html("<b>", evil) == "&lt;b&gt;"
    quoted = [{"type": "text_link", "offset": 0, "length": 1, "url": 'https://a.example/"><script>'}]
    assert "<script>" not in to_html("x", quoted)


def test_overlapping_entities_still_give_well_formed_html() -> None:
    crossing = [{"type": "bold", "offset": 0, "length": 3}, {"type": "italic", "offset": 2, "length": 3}]
    assert to_html("abcde", crossing) == "<b>ab<i>c</i></b><i>de</i>"


def test_white_space_around_a_text_goes_and_entities_move_along() -> None:
    assert trimmed(*parse_html("\n <b>x</b> ")) == ("x", [{"type": "bold", "offset": 0, "length": 1}])
    assert trimmed(*parse_html("<b> </b>")) == ("", [])


def test_characters_outside_the_basic_plane_count_twice() -> None:
    assert utf16_length("aé蛋🥚") == 5


def test_commands_links_and_mentions_are_found_outside_code() -> None:
    kinds = [entity["type"] for entity in with_detected("/start https://a.example/x. @stall_bot a@b.c 1/2", [])]
    assert kinds == ["bot_command", "url", "mention"]
    code = [{"type": "code", "offset": 0, "length": 6}]
    assert with_detected("/start", code) == code
