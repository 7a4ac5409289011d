"""The start card, help, languages, menus and the small print."""

from typing import Any

import pytest

from handlers import entry, menus
from handlers.entry import Door, own_name
from handlers.menus import default_menu, menu, reach
from handlers.wording import Menu, Rendered
from storage.roles import Role
from tests.handlers.faces import TEXTS, face, read, words
from tests.handlers.test_browse import stream


def show(kind: str, view: object, lang: str = "en") -> Rendered:
    rendered = entry.KINDS[kind].show(face(lang), view)
    assert isinstance(rendered, Rendered)
    return rendered


def door(*held: Role, **changes: Any) -> Door:
    return Door(**{"follows": False, "roles": reach(held), "next_stream": None, "carted": 0, "note": None, **changes})


# -- The start card ------------------------------------------------------------------------------------------


def test_the_start_card_names_the_stall_and_has_its_five_buttons() -> None:
    shown = show("start", door())
    assert read(shown).splitlines()[0] == "Tonggu Stall"
    assert words(shown) == [["Streams", "Shop"], ["My orders", "Follow"], ["Help"]]


def test_who_follows_can_stop_following() -> None:
    shown = show("start", door(follows=True))
    assert ["My orders", "Unfollow"] in words(shown)
    assert "You follow the stall" in read(shown)


def test_the_start_card_says_what_is_next() -> None:
    shown = show("start", door(next_stream=stream()))
    assert "Next: 🌱 Tonggu spring stream · Tue 10 Mar, 14:10 (in 2 h 10 min)" in read(shown)


def test_a_note_comes_first() -> None:
    assert read(show("start", door(note="link.unknown"))).startswith("This link does not open anything for you now.")


@pytest.mark.parametrize(
    ("role", "named"),
    [
        (Role.OWNER, ["/invite", "/roles", "/newstream", "/payments", "/fulfil"]),
        (Role.HOST, ["/newstream", "/mystreams", "/products", "/import", "/report"]),
        (Role.CASHIER, ["/payments", "/refunds"]),
        (Role.SUPPLIER, ["/fulfil"]),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_who_works_here_sees_their_commands(role: Role, named: list[str], lang: str) -> None:
    shown = read(show("start", door(role), lang))
    assert all(command in shown for command in named)


def test_a_viewer_sees_no_command_of_the_staff() -> None:
    assert "/" not in read(show("start", door()))


# -- Help --------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("held", [(), (Role.HOST,), (Role.CASHIER,), (Role.SUPPLIER,), (Role.OWNER,)])
def test_help_fits_a_screen_and_offers_to_ask(held: tuple[Role, ...], lang: str) -> None:
    shown = show("help", reach(held), lang)
    assert len(read(shown).splitlines()) <= 11
    assert shown.rows[0][0].data == "1|askstall"


# -- Languages -----------------------------------------------------------------------------------------------


def test_every_language_is_offered_by_its_own_name() -> None:
    assert [own_name(code) for code in ("en", "zh", "fr")] == ["English", "中文", "Français"]
    shown = show("language", ())
    assert words(shown) == [["English"], ["中文"]]
    assert [row[0].data for row in shown.rows] == ["1|lang|en", "1|lang|zh"]


def test_the_choice_is_shown_in_the_language_spoken_now() -> None:
    assert "现在用中文" in read(show("language", (), "zh"))


# -- Menus ---------------------------------------------------------------------------------------------------

EVERYONE = [
    "start",
    "streams",
    "shop",
    "cart",
    "orders",
    "follow",
    "address",
    "language",
    "help",
    "cancel",
    "privacy",
    "terms",
    "paysupport",
]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_everybody_is_offered_what_everybody_can_do(lang: str) -> None:
    assert [command for command, _ in default_menu(TEXTS.translator(lang)).commands] == EVERYONE


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (
            Role.HOST,
            ["newstream", "mystreams", "products", "import", "delivery", "report", "coupons", "buyers", "link"],
        ),
        (Role.CASHIER, ["payments", "refunds"]),
        (Role.SUPPLIER, ["fulfil"]),
        (
            Role.OWNER,
            [
                "newstream",
                "mystreams",
                "products",
                "import",
                "delivery",
                "report",
                "coupons",
                "buyers",
                "link",
                "payments",
                "refunds",
                "fulfil",
                "invite",
                "roles",
                "audit",
            ],
        ),
    ],
)
def test_work_stands_first_in_the_menu_of_who_works_here(role: Role, first: list[str]) -> None:
    offered = [command for command, _ in menu(TEXTS.translator("en"), [role]).commands]
    assert offered == [*first, *EVERYONE]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_menus_keep_to_telegrams_limits(lang: str) -> None:
    shown = menus.KINDS["menu"].show(face(lang), frozenset(Role))
    assert isinstance(shown, Menu)
    assert len(shown.commands) <= 100  # Bot API, setMyCommands
    for command, text in shown.commands:
        assert command.islower()
        assert len(command) <= 32
        assert 1 <= len(text) <= 256
