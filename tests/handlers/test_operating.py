"""What owners are shown, and what those they invite are told, in both languages."""

import pytest

from handlers import operating
from handlers.operating import Opening
from handlers.wording import Rendered
from storage.invites import OpenInvite
from storage.people import Person
from storage.roles import Role
from storage.suppliers import Supplier
from tests.clock import NOON
from tests.handlers.faces import DAY, face, read, words
from tests.handlers.test_hosting import BOTH

FARM = Supplier(id=9, name="Hill & Farm", county="", households=None, is_designated=False)


def show(kind: str, lang: str, view: object) -> Rendered:
    shown = operating.KINDS[kind].show(face(lang), view)
    assert isinstance(shown, Rendered)
    return shown


@pytest.mark.parametrize(
    ("lang", "buttons"),
    [("en", [["Host", "Cashier"], ["Supplier"]]), ("zh", [["主播", "收银员"], ["供货方"]])],
)
def test_an_invitation_begins_with_the_role(lang: str, buttons: list[list[str]]) -> None:
    menu = show("invite_menu", lang, {})
    assert "Tonggu Stall" in read(menu)
    assert words(menu) == buttons
    assert [button.data for row in menu.rows for button in row] == [
        "1|invite|host",
        "1|invite|cashier",
        "1|invite|supplier",
    ]


@BOTH
def test_an_invitation_carries_its_link_role_and_time(lang: str) -> None:
    params = {"token": "a_B-9", "role": "supplier", "supplier": "Hill & Farm", "expires_at": NOON + 7 * DAY}
    text = read(show("invite_link", lang, params))
    assert "https://t.me/stall_bot?start=i_a_B-9" in text
    assert "Hill & Farm" in text
    assert ("Tue 17 Mar, 12:00" if lang == "en" else "3月17日 周二 12:00") in text


@BOTH
def test_suppliers_are_chosen_by_button_and_an_unknown_one_is_named(lang: str) -> None:
    shown = show("invite_suppliers", lang, ("No <one>", [FARM]))
    assert "No <one>" in read(shown)
    assert words(shown) == [["Hill & Farm"]]
    assert shown.rows[0][0].data == "1|invites|9"
    assert "No <one>" not in read(show("invite_suppliers", lang, (None, [FARM])))


@BOTH
def test_without_suppliers_the_catalogue_comes_first(lang: str) -> None:
    assert "/import" in read(show("invite_suppliers", lang, (None, [])))


@BOTH
@pytest.mark.parametrize("role", Role)
def test_who_opens_an_invitation_is_welcomed_and_shown_the_next_step(lang: str, role: Role) -> None:
    supplier = "Hill & Farm" if role is Role.SUPPLIER else None
    text = read(show("welcome_role", lang, {"role": role.value, "supplier": supplier}))
    assert "Tonggu Stall" in text
    assert "/" in text
    assert ("Hill & Farm" in text) is (supplier is not None)
    assert "None" not in text


@BOTH
def test_the_owner_hears_who_has_opened_it(lang: str) -> None:
    sun = Person(
        id=5, name="Sun <3", username="sun", language=None, telegram_language=None, follows=False, reachable=True
    )
    text = read(show("invite_opened", lang, Opening(person=sun, role=Role.HOST, supplier=None)))
    assert "Sun <3 (@sun)" in text
    assert ("host" if lang == "en" else "主播") in text


@BOTH
def test_open_invitations_are_numbered_and_each_can_be_withdrawn(lang: str) -> None:
    found = [
        OpenInvite(id=40 + number, role=Role.SUPPLIER, supplier="S" * 80, by=by, expires_at=NOON + DAY)
        for number, by in enumerate((None, "Olga", *["N" * 129] * 22))
    ]
    shown = show("invites", lang, found)
    assert "Olga" in read(shown)
    assert ("the command line" if lang == "en" else "命令行") in read(shown)
    assert shown.rows[0][1].data == "1|withdraw|41"
    assert len([button for row in shown.rows for button in row]) == operating.MOST_INVITES + 1
    assert "4" in read(shown).splitlines()[-1]


@BOTH
def test_without_open_invitations_there_is_a_sentence_and_a_way_back(lang: str) -> None:
    shown = show("invites", lang, [])
    assert read(shown)
    assert [button.data for row in shown.rows for button in row] == ["1|staff|0"]


@BOTH
def test_faults_carry_their_number_and_the_owner_is_told_what_to_do(lang: str) -> None:
    assert "X7" in read(show("apology", lang, {"incident": "X7"}))
    text = read(show("incident", lang, {"incident": "X7", "error": "KeyError", "update": 41}))
    for part in ("X7", "KeyError", "livestall inbox retry 41"):
        assert part in text
