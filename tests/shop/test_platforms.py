"""Platforms as a host types them."""

import pytest

from shop.platforms import LONGEST_URL, MOST_LINKS, BadLine, Link, TooManyLinks, read_links

URL = "https://live.kuaishou.com/u/tonggu"


@pytest.mark.parametrize(
    ("line", "name", "url"),
    [
        (f"Kuaishou {URL}", "Kuaishou", URL),
        (f"  Taobao   Live\t{URL} ", "Taobao Live", URL),
        (f"快手：{URL}", "快手", URL),
        (f"快手{URL}", "快手", URL),
        (f"Kuaishou - {URL}", "Kuaishou", URL),
        (URL, "live.kuaishou.com", URL),
        ("https://www.taobao.com/live?id=1&x=2", "taobao.com", "https://www.taobao.com/live?id=1&x=2"),
        ("HTTP://Taobao.com", "taobao.com", "HTTP://Taobao.com"),
        ("https://直播.中国/1", "直播.中国", "https://直播.中国/1"),
        ("Ours https://example.com:8443/x", "Ours", "https://example.com:8443/x"),
    ],
)
def test_a_line_is_a_name_and_an_address(line: str, name: str, url: str) -> None:
    assert read_links(line) == (Link(name=name, url=url),)


def test_lines_keep_their_order_and_empty_ones_are_passed_over() -> None:
    links = read_links(f"\n A {URL}\r\n\n B http://b.example.org \n")
    assert links == (Link(name="A", url=URL), Link(name="B", url="http://b.example.org"))


@pytest.mark.parametrize(
    "line",
    [
        "Kuaishou",
        "Kuaishou live.kuaishou.com",
        "Kuaishou ftp://example.com/x",
        "Kuaishou javascript://example.com/%0aalert(1)",
        "Kuaishou tg://resolve?domain=x",
        "Kuaishou https://",
        "Kuaishou https://localhost/x",
        "Kuaishou https://127.0.0.1/x",
        "Kuaishou https://example.com:99999/",
        "Kuaishou https://user:secret@example.com/",
        "Kuaishou https://exa mple.com/",
        "Kuaishou https://-a.example.com/",
        "Kuaishou https://[::1/",
        f"{'K' * 41} {URL}",
        f"Kuaishou https://example.com/{'x' * LONGEST_URL}",
        "",
        " \n ",
    ],
)
def test_what_telegram_could_not_open_is_refused(line: str) -> None:
    assert isinstance(read_links(line), BadLine)


def test_the_first_bad_line_is_named() -> None:
    assert read_links(f"A {URL}\n\nB b.example.org\nC") == BadLine(number=2, text="B b.example.org")


def test_more_lines_than_a_card_holds_are_counted() -> None:
    assert read_links("\n".join([URL] * (MOST_LINKS + 1))) == TooManyLinks(count=MOST_LINKS + 1)
    assert len(read_links("\n".join([URL] * MOST_LINKS))) == MOST_LINKS  # type: ignore[arg-type]
