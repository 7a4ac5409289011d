"""/privacy, /terms and /paysupport, a copy and an erasure: complete and short, in both languages."""

from dataclasses import replace

import pytest

from handlers import formats, privacy, smallprint
from handlers.checkout import TERMS
from handlers.deps import PrivacyTerms
from handlers.privacy import Copy
from handlers.wording import DataFile, Face, Rendered
from shop.retention import Retention
from storage.copies import Part
from storage.roles import Role
from storage.unfinished import OpenOrder, Reason, Unfinished
from tests.handlers.faces import DAY, HOUR, MINUTE, TEXTS, face, read, words

KINDS = {**privacy.KINDS, **smallprint.KINDS}
BOTH = pytest.mark.parametrize("lang", ["en", "zh"])


def show(kind: str, view: object, reader: Face) -> Rendered:
    rendered = KINDS[kind].show(reader, view)
    assert isinstance(rendered, Rendered)
    return rendered


def settled(lang: str, **changes: object) -> Face:
    """A reader at a stall with other settings."""
    reader = face(lang)
    return replace(reader, settings=replace(reader.settings, **changes))  # type: ignore[arg-type]


@BOTH
def test_the_page_says_what_why_who_and_how_long_and_offers_every_right(lang: str) -> None:
    shown = show("privacy", (), face(lang))
    text = read(shown)
    assert "Tonggu Stall" in text
    assert len(text.splitlines()) <= 10
    assert [row[0].data for row in shown.rows] == ["1|mydata", "1|erase", "1|askstall"]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", ["90 days", "7 days", "2 years", "4 years"]), ("zh", ["90天", "7天", "2年", "4年"])]
)
def test_the_figures_are_those_of_the_settings(lang: str, said: list[str]) -> None:
    kept = Retention(addresses=90 * DAY, receipts=7 * DAY, questions=2 * 365 * DAY, trade_records=4 * 366 * DAY)
    terms = PrivacyTerms(contact="Li <Hua>, Tonggu", kept=kept)
    text = read(show("privacy", (), settled(lang, privacy=terms)))
    assert all(figure in text for figure in said)
    assert "Li <Hua>, Tonggu" in text


def test_without_a_contact_none_is_named() -> None:
    assert "Responsible" not in read(show("privacy", (), face()))


@BOTH
def test_before_erasing_everybody_reads_what_goes_what_stays_and_that_it_is_for_good(lang: str) -> None:
    shown = show("erase_ask", (), face(lang))
    assert ("can’t be undone" if lang == "en" else "无法恢复") in read(shown)
    assert ("3 years" if lang == "en" else "3年") in read(shown)
    assert [row[0].data for row in shown.rows] == ["1|eraseyes", "1|privacy"]


@BOTH
def test_everything_that_must_happen_first_is_named_with_a_button_for_each_order(lang: str) -> None:
    open_ = Unfinished(
        orders=tuple(OpenOrder(id=number, code=f"TG-{number}", reason=why) for number, why in enumerate(Reason)),
        streams=("Spring <1>",),
        roles=frozenset(Role),
    )
    shown = show("erase_first", open_, face(lang))
    text = read(shown)
    assert all(f"TG-{number}" in text for number in range(len(Reason)))
    assert "Spring <1>" in text
    assert [row[0].data for row in shown.rows] == [
        *(f"1|order|{number}" for number in range(len(Reason))),
        "1|erase",
    ]


@BOTH
def test_the_longest_list_of_what_must_happen_first_fits(lang: str) -> None:
    open_ = Unfinished(
        orders=tuple(OpenOrder(id=n, code="TG-" + "X" * 12, reason=Reason.REVIEW) for n in range(10)),
        streams=tuple("&" * 100 for _ in range(10)),
        roles=frozenset(Role),
    )
    assert len(show("erase_first", open_, face(lang)).text) < 4096 * 3
    read(show("erase_first", open_, face(lang)))


@BOTH
def test_the_file_says_what_it_is_and_which_of_how_many(lang: str) -> None:
    shown = show("my_data", Copy(person=1, part=Part(number=1, first=0, last=0), files=1), face(lang))
    assert "data.json" in read(shown)
    assert shown.media == DataFile(person=1, part=Part(number=1, first=0, last=0))
    second = read(show("my_data", Copy(person=1, part=Part(number=2, first=5, last=9), files=3), face(lang)))
    assert "2" in second
    assert "3" in second


@BOTH
def test_the_last_message_names_nobody_but_the_stall(lang: str) -> None:
    shown = show("erased", (), face(lang))
    assert "Tonggu Stall" in read(shown)
    assert words(shown) == []


@BOTH
def test_the_terms_name_their_version_and_the_sentence_above_the_order(lang: str) -> None:
    shown = show("terms", (), face(lang))
    assert TERMS in read(shown)
    assert TEXTS.translator(lang).plain("checkout.perishable") in read(shown)
    assert len(read(shown).splitlines()) <= 8
    assert [row[0].data for row in shown.rows] == ["1|askstall"]


def test_full_terms_are_linked_where_there_are_any() -> None:
    shown = show("terms", (), settled("en", terms_url="https://stall.example.org/terms"))
    full = shown.rows[0][0]
    assert (full.label, full.url) == ("Full terms", "https://stall.example.org/terms")


@pytest.mark.parametrize(("lang", "said"), [("en", "within 1 h 30 min"), ("zh", "1小时30分内")])
def test_how_fast_questions_were_answered_is_told_where_there_are_enough(lang: str, said: str) -> None:
    assert said in read(show("paysupport", HOUR + 30 * MINUTE, face(lang)))
    assert said not in read(show("paysupport", 0, face(lang)))
    assert [row[0].data for row in show("paysupport", 0, face(lang)).rows] == ["1|orders", "1|askstall"]


@pytest.mark.parametrize(
    ("days", "en", "zh"),
    [(1, "24 h", "24小时"), (180, "180 days", "180天"), (365, "365 days", "365天"), (1096, "3 years", "3年")],
)
def test_periods_are_told_in_years_from_two_years_on(days: int, en: str, zh: str) -> None:
    told = [formats.period(days * DAY, TEXTS.translator(lang)) for lang in ("en", "zh")]
    assert told == ([en, zh] if days > 1 else ["1 day", "1天"])
