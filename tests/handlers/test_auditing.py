"""/audit in both languages: every action has its sentence, filters stand in the buttons, names are escaped."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from handlers import auditing, auditwords, buttons
from handlers.auditing import Choice, Filters, Trail
from handlers.wording import Rendered
from storage.trails import Line, Page, Worker
from tests.clock import NOON
from tests.docs.tree import modules
from tests.handlers.faces import face, read, words
from tests.handlers.test_hosting import BOTH

# Actions put together while running, f"stream.{status}": what stands in the source, and every ending it can have.
ENDINGS = {
    "order.": ("completed", "cancelled"),
    "delay.": ("keep", "refund"),
    "payment.": ("confirmed", "rejected"),
    "shipment.": ("accepted", "shipped", "ready", "failed"),
    "stream.": ("announced", "live", "ended", "cancelled"),
    "request.": ("cancel", "change", "address", "agreed", "declined", "withdrawn", "lapsed"),
}
LINE = Line(
    id=9, at=NOON, actor_id=1001, actor="Olga <3", action="order.placed", subject="order:4", details={},
    order="TG-7K3QF", stream="Spring", person_id=5, person="Cai", product="EGG", supplier="Hill & Farm", amount=7200,
    place="Market hall",
)  # fmt: skip
ALL = Filters(about=auditing.EVERYTHING, kind="all", period="all")


def show(kind: str, lang: str, view: object) -> Rendered:
    shown = auditing.KINDS[kind].show(face(lang), view)
    assert isinstance(shown, Rendered)
    return shown


def written() -> Iterator[str]:
    """Every action that the sources write into the audit."""
    for path in modules("storage", "handlers", "scheduler", "bot"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.note":
                yield from actions_of(node.args[2], tree)


def actions_of(node: ast.expr, tree: ast.Module) -> Iterator[str]:
    """What the argument can be; where a name stands there, every text of the file that reads like an action."""
    match node:
        case ast.Constant(value=str(action)):
            yield action
        case ast.JoinedStr(values=[ast.Constant(value=str(head)), _]):
            yield from (head + ending for ending in ENDINGS[head])
        case _:
            for each in ast.walk(tree):
                if isinstance(each, ast.JoinedStr) or (
                    isinstance(each, ast.Constant) and re.fullmatch(r"[a-z]+\.[a-z_]+", str(each.value))
                ):
                    yield from actions_of(each, tree)


def test_every_action_that_is_written_has_words_and_a_kind_and_none_is_invented() -> None:
    assert set(written()) == set(auditwords.ACTIONS)
    assert sum(map(len, auditwords.BY_KIND.values())) == len(auditwords.ACTIONS)


@BOTH
@pytest.mark.parametrize("action", sorted(auditwords.ACTIONS))
def test_every_action_reads_as_a_sentence(lang: str, action: str) -> None:
    details = {"role": "supplier", "reason": "amount", "quantity": 5, "price": 3600, "created": 2, "updated": 1}
    details |= {"coupon": "SPRING10"}
    text = auditwords.sentence(face(lang), replace(LINE, action=action, details=details, subject="update:700000001"))
    assert text
    assert "—" not in text
    assert "None" not in text
    assert action not in text


@BOTH
@pytest.mark.parametrize("action", sorted(auditwords.ACTIONS))
def test_an_entry_whose_things_are_gone_still_reads(lang: str, action: str) -> None:
    bare = Line(
        id=1, at=NOON, actor_id=None, actor=None, action=action, subject="x:1", details={}, order=None, stream=None,
        person_id=None, person=None, product=None, supplier=None, amount=None,
    )  # fmt: skip
    assert auditwords.entry(face(lang), bare)


@BOTH
def test_an_action_of_a_newer_program_is_shown_by_its_name(lang: str) -> None:
    text = auditwords.sentence(face(lang), replace(LINE, action="draw.held"))
    assert "draw.held" in text
    assert "order:4" in text


@pytest.mark.parametrize(
    ("action", "details", "who"),
    [
        ("order.expired", {}, "the clock"),
        ("order.paid", {}, "by itself"),
        ("refund.owed", {}, "by itself"),
        ("invite.created", {}, "the command line"),
        ("catalogue.imported", {}, "the command line"),
        ("role.granted", {"role": "owner"}, "the settings"),
        ("role.granted", {"role": "host"}, "the command line"),
        ("role.revoked", {"role": "owner", "via": "settings"}, "the settings"),
        ("role.revoked", {"role": "owner"}, "the command line"),
    ],
)
def test_what_no_person_did_says_what_did_it(action: str, details: dict[str, str], who: str) -> None:
    line = replace(LINE, actor_id=None, actor=None, action=action, details=dict(details))
    assert auditwords.who(face(), line) == who


def test_old_invitations_name_their_role_in_the_subject() -> None:
    line = replace(LINE, action="invite.created", subject="role:cashier", supplier=None)
    assert auditwords.sentence(face(), line) == "made an invitation: cashier"


@BOTH
def test_a_page_has_a_head_a_line_an_entry_and_ways_on(lang: str) -> None:
    lines_ = (replace(LINE, id=9), replace(LINE, id=4, actor_id=None, actor=None, action="order.expired"))
    page = Page(lines=lines_, has_newer=True, has_older=True)
    shown = show("audit", lang, Trail(filters=ALL, name=None, page=page))
    text = read(shown).splitlines()
    assert len(text) == 3
    assert "Olga <3" in text[1]
    assert ("Tue 10 Mar, 12:00" if lang == "en" else "3月10日 周二 12:00") in text[1]
    data = [button.data for row in shown.rows for button in row]
    assert data == [
        "1|audit|-|all|all|a9",
        "1|audit|-|all|all|b4",
        "1|auditby|-|all|all|about",
        "1|auditby|-|all|all|kind",
        "1|auditby|-|all|all|period",
    ]


@BOTH
def test_an_empty_page_says_so(lang: str) -> None:
    shown = show(
        "audit", lang, Trail(filters=ALL, name="TG-7K3QF", page=Page(lines=(), has_newer=True, has_older=False))
    )
    assert len(read(shown).splitlines()) == 2
    assert "TG-7K3QF" in read(shown)
    assert len(shown.rows) == 1


@BOTH
def test_the_longest_page_fits(lang: str) -> None:
    long = replace(LINE, actor="N" * 129, person="N" * 129, stream="T" * 100, supplier="S" * 80, action="offer.added")
    page = Page(lines=(long,) * 8, has_newer=True, has_older=True)
    assert read(show("audit", lang, Trail(filters=ALL, name="T" * 100, page=page)))


@BOTH
def test_filters_are_chosen_by_button_and_keep_one_another(lang: str) -> None:
    filters = Filters(about="p5", kind="money", period="week")
    workers = (Worker(person_id=1001, name="Olga"),)
    people, kinds, periods = (
        show("audit_choice", lang, Choice(filters=filters, choice=choice, workers=workers))
        for choice in auditing.CHOICES
    )
    assert people.rows[1][0].data == "1|audit|p1001|money|week|0"
    assert words(people)[1] == ["Olga"]
    assert people.rows[0][1].data == "1|audit|n|money|week|0"
    assert [button.data for row in kinds.rows for button in row][1] == "1|audit|p5|roles|week|0"
    assert sum(map(len, kinds.rows)) == len(auditwords.BY_KIND) + 1
    assert periods.rows[0][1].data == "1|audit|p5|money|day|0"


def test_the_longest_filter_fits_into_a_button() -> None:
    most = "9" * 18
    assert Filters(about=f"p{most}", kind="catalogue", period="week").are_known
    assert buttons.encode("audit", f"p{most}", "catalogue", "week", f"b{most}")
    assert buttons.encode("auditby", f"p{most}", "catalogue", "week", "period")


@pytest.mark.parametrize("about", ["", "x1", "o", "o0", "o01", "p-1", "oo1", "-1", f"p{'9' * 19}", "n1"])
def test_filters_nobody_was_shown_are_not_known(about: str) -> None:
    assert not Filters(about=about, kind="all", period="all").are_known
