"""What owners are shown of the people of the stall, and what those are told, in both languages."""

from dataclasses import replace

import pytest

from handlers import routes, staffing
from handlers.wording import Blank, Rendered
from storage import handovers
from storage.people import Person
from storage.roles import Role
from storage.staff import Member, Page, Profile
from tests.clock import NOON
from tests.handlers.faces import DAY, MINUTE, face, read, words
from tests.handlers.test_hosting import BOTH

CAI = Member(
    role_id=7, person_id=3001, name="Cai <3", username="cai", role=Role.CASHIER, supplier_id=None, supplier=None,
    since=NOON - 9 * DAY, by="Olga", until=None, taker_id=None, taker=None,
)  # fmt: skip
OLGA = replace(CAI, role_id=1, person_id=1001, name="", username=None, role=Role.OWNER, by=None)
SUN = replace(CAI, role_id=9, person_id=6, name="Sun", role=Role.SUPPLIER, supplier_id=4, supplier="Hill & Farm")
TAKEN = replace(CAI, until=NOON, taker_id=1001, taker="Olga")
PERSON = Person(
    id=3001, name="Cai <3", username="cai", language=None, telegram_language=None, follows=False, reachable=True
)


def show(kind: str, lang: str, view: object) -> Rendered:
    shown = staffing.KINDS[kind].show(face(lang), view)
    assert isinstance(shown, Rendered)
    return shown


def profile(*held: Member, **changes: object) -> Profile:
    bare = Profile(person=PERSON, roles=held, receipts=0, refunds=0, parcels=0, streams=(), owners=2)
    return replace(bare, **changes)  # type: ignore[arg-type]


@BOTH
def test_people_are_listed_by_role_with_since_when_and_by_whom(lang: str) -> None:
    shown = show("staff", lang, (Page(members=(OLGA, CAI, SUN), number=0, pages=1), 0))
    text = read(shown)
    assert text.index("1001") < text.index("Cai <3 (@cai)") < text.index("Sun (@cai)")
    assert "Hill & Farm" in text
    assert ("Sun 1 Mar, by Olga" if lang == "en" else "3月1日 周日起，由Olga授予") in text
    assert ("the settings" if lang == "en" else "设置文件") in text
    assert [button.data for row in shown.rows for button in row] == ["1|member|1001", "1|member|3001", "1|member|6"]


@BOTH
def test_the_list_has_pages_and_leads_to_open_invitations(lang: str) -> None:
    shown = show("staff", lang, (Page(members=(CAI,), number=1, pages=3), 2))
    assert [button.data for row in shown.rows[1:] for button in row] == ["1|staff|0", "1|staff|2", "1|invited"]


@BOTH
def test_a_full_page_of_long_names_fits(lang: str) -> None:
    long = [
        replace(SUN, person_id=number, name="N" * 129, username="u" * 32, supplier="S" * 80, by="B" * 129)
        for number in range(8)
    ]
    assert read(show("staff", lang, (Page(members=tuple(long), number=0, pages=1), 0)))


@BOTH
def test_a_card_shows_roles_and_open_work_and_takes_each_role_by_its_own_button(lang: str) -> None:
    shown = show("member", lang, profile(CAI, SUN, receipts=2, refunds=1, parcels=3, streams=("Spring",) * 7))
    text = read(shown)
    assert "3001" in text
    assert text.count("Spring") == staffing.MOST_STREAMS
    assert "2" in text.splitlines()[-1]
    assert [button.data for row in shown.rows for button in row] == ["1|revoke|7", "1|revoke|9", "1|staff|0"]
    expected = "Revoke supplier (Hill & Farm)" if lang == "en" else "取消身份：供货方（Hill & Farm）"
    assert words(shown)[1] == [expected]


@BOTH
def test_the_last_owner_has_no_button_and_a_sentence_instead(lang: str) -> None:
    shown = show("member", lang, profile(OLGA, owners=1))
    assert "[people] owners" in read(shown)
    assert [button.data for row in shown.rows for button in row] == ["1|staff|0"]
    assert len(show("member", lang, profile(OLGA)).rows) == 2


@BOTH
def test_somebody_without_a_role_has_a_card_that_says_so(lang: str) -> None:
    assert len(read(show("member", lang, profile())).splitlines()) == 2


@BOTH
@pytest.mark.parametrize("role", Role)
def test_owners_read_what_was_taken_by_whom_and_what_follows(lang: str, role: Role) -> None:
    supplier = "Hill & Farm" if role is Role.SUPPLIER else None
    member = replace(TAKEN, role=role, supplier=supplier)
    shown = show("role_revoked", lang, (member, True, {"moved": 3, "withdrawn": 1}))
    text = read(shown)
    assert "Cai <3 (@cai)" in text
    assert "Olga" in text
    assert "12:10" in text
    assert ("[people] owners" in text) is (role is Role.OWNER)
    assert [button.data for row in shown.rows for button in row] == ["1|unrevoke|7", "1|member|3001"]
    if supplier:
        assert text.count(supplier) == 2


@BOTH
def test_what_the_command_line_took_has_no_undo(lang: str) -> None:
    member = replace(TAKEN, taker_id=None, taker=None)
    shown = show("role_revoked", lang, (member, False, {"moved": 0, "withdrawn": 0}))
    assert ("the command line" if lang == "en" else "命令行") in read(shown)
    assert [button.data for row in shown.rows for button in row] == ["1|member|3001"]


@BOTH
def test_the_person_reads_one_calm_sentence_and_can_undo_only_their_own_decision(lang: str) -> None:
    shown = show("role_taken", lang, TAKEN)
    assert "Tonggu Stall" in read(shown)
    assert "!" not in read(shown)
    assert shown.rows == ()
    own = show("role_taken", lang, replace(TAKEN, taker_id=3001, until=NOON + MINUTE))
    assert "12:11" in read(own)
    assert own.rows[0][0].data == "1|unrevoke|7"


@BOTH
def test_giving_back_is_told_to_both_sides(lang: str) -> None:
    assert ("cashier" if lang == "en" else "收银员") in read(show("role_back", lang, CAI))
    text = read(show("role_restored", lang, (CAI, replace(PERSON, id=1001, name="Olga"))))
    assert "Cai <3 (@cai)" in text
    assert "Olga" in text


@BOTH
def test_a_card_that_was_taken_says_nothing_of_what_it_was(lang: str) -> None:
    blank = staffing.KINDS["card_taken"].show(face(lang), ())
    assert isinstance(blank, Blank)
    assert blank.text == face(lang).t("staff.no_longer_yours")


def test_every_dialog_is_known_as_a_buyers_or_a_roles() -> None:
    """Who loses a role must lose its questions: a new dialog has to say whose it is."""

    buyers = {"checkout", "addition", "address", "receipt", "ask", "unsaid", "change", "readdress"}
    kinds = {name.partition(".")[0] for name in routes().steps} - {handovers.OVER}
    assert kinds - handovers.DIALOGS.keys() - buyers == set()
    assert handovers.DIALOGS.keys() <= kinds
