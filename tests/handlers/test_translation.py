"""Texts: the translator, and that the catalogues and the sources agree with each other."""

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from handlers.auditing import KINDS_OF_ACTION, PERIODS
from handlers.auditwords import ACTIONS
from handlers.cashier import REASONS
from handlers.translation import LOCALES, Html, Translations, available, choose, escaped, lines
from shop.coupons import CouponFault, TermsFault
from shop.holds import Hold
from shop.orders import OrderStatus
from shop.shipments import ShipmentStatus
from shop.tariffs import Part
from shop.waitlist import Mode, Status
from storage import calloffs, decisions
from storage.lots import Claim
from storage.requests import RequestKind, RequestStatus
from storage.unfinished import Reason

SOURCES = Path(__file__).parents[2]
PACKAGES = ("bot", "handlers", "scheduler", "shop", "storage")

# Keys put together while running, t(f"order.status.{status}"): the part that stands in the source, and every ending.
STATES = frozenset(OrderStatus)
CODE_STATES = frozenset({"runs", "too_early", "over", "used_up"})
SETTLED = frozenset(RequestStatus) - {RequestStatus.OPEN}
FAMILIES: dict[str, frozenset[str]] = {
    "order.status.": STATES,
    "order.short.": STATES,
    "shipment.status.": frozenset({*ShipmentStatus, "ready", "called_off"}),
    "delivery.ask_": frozenset(Part),
    "delivery.bad_": frozenset(Part),
    "addition.shut.": frozenset({"under_review", "paid", "completed", "expired", "cancelled"}),
    "payment.no_receipt.": frozenset({"paid", "completed", "cancelled"}),
    "payment.not_payable.": frozenset({"expired", "cancelled", "paid", "completed"}),
    "payment.reason.": frozenset(REASONS),
    "button.reason_": frozenset(REASONS),
    "slip.order.": frozenset({"cancelled", "expired"}),
    "slip.already.": frozenset({"confirmed", "rejected"}),
    "privacy.open.": frozenset(Reason),
    "waitlist.waiting_": frozenset(Mode),
    "waitlist.ended.": frozenset(status for status in Status if not status.is_live),
    "lot.claim.": frozenset(Claim),
    "refund.reason.": frozenset({"late_money", "paid_first", "cannot_supply", "called_off", "date_moved"}),
    "audit.": ACTIONS,
    "coupon.fault.": frozenset(CouponFault),
    "coupon.unclear.": frozenset(TermsFault),
    "coupon.state.": CODE_STATES,
    "coupon.state_of.": CODE_STATES,
    "offer.hold.": frozenset(Hold),
    "offering.hold.": frozenset(Hold),
    "button.hold_": frozenset(Hold),
    "change.refused.": frozenset({"too_many", "not_open", "price"}),
    "request.sent.": frozenset(RequestKind),
    "request.head.": frozenset(RequestKind),
    "request.settled.": SETTLED,
    "request.state.": SETTLED,
    "request.already.": SETTLED,
    "request.toast.": SETTLED,
    "request.reason.": frozenset(decisions.REASONS),
    "button.decline_": frozenset(decisions.REASONS),
    "calloff.reason.": frozenset(calloffs.REASONS),
    "button.calloff_": frozenset(calloffs.REASONS),
    "button.audit_kind_": frozenset(KINDS_OF_ACTION),
    "button.audit_period_": frozenset(PERIODS),
}

MOST_TEXT = 4096  # Bot API, sendMessage
KEY = re.compile(r"[a-z_]+(?:\.[a-z0-9_]+)+")
TAG = re.compile(r"<(?P<closing>/?)(?P<name>[a-z-]+)(?P<rest>(?: [a-z-]+(?:=\"[^\"<>]*\")?)*)>")
ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]+|#x[0-9a-f]+);")
TELEGRAM_TAGS = frozenset(
    (
        "b",
        "strong",
        "i",
        "em",
        "u",
        "ins",
        "s",
        "strike",
        "del",
        "code",
        "pre",
        "a",
        "span",
        "blockquote",
        "tg-spoiler",
    )
)


@pytest.fixture(scope="module")
def texts() -> Translations:
    return Translations.load(["en", "zh"])


# -- The translator ------------------------------------------------------------------------------------------


def test_a_text_is_said_in_its_language(texts: Translations) -> None:
    assert texts.translator("en")("countdown.in", span="1 h") == "in 1 h"
    assert texts.translator("zh")("countdown.in", span="1小时") == "1小时后"


def test_values_are_escaped_and_html_is_not(texts: Translations) -> None:
    t = texts.translator("en")
    assert t("countdown.in", span='<b>"1 & 2"</b>') == "in &lt;b&gt;&quot;1 &amp; 2&quot;&lt;/b&gt;"
    assert t("countdown.in", span=Html("<b>1 h</b>")) == "in <b>1 h</b>"
    assert t("countdown.in", span=t("span.hours", hours="<1>")) == "in &lt;1&gt; h"


def test_a_value_with_braces_is_only_a_value(texts: Translations) -> None:
    assert texts.translator("en")("countdown.in", span="{span} {0} {{") == "in {span} {0} {{"


def test_plain_text_is_not_escaped(texts: Translations) -> None:
    assert texts.translator("en").plain("countdown.in", span="<1 & 2>") == "in <1 & 2>"


def test_plurals_follow_the_language_and_group_the_figure(texts: Translations) -> None:
    en, zh = texts.translator("en"), texts.translator("zh")
    assert [en.n("span.days", n) for n in (0, 1, 2, 1204)] == ["0 days", "1 day", "2 days", "1,204 days"]
    assert [zh.n("span.days", n) for n in (1, 2)] == ["1天", "2天"]


def test_a_missing_key_is_an_error_and_never_shown(texts: Translations) -> None:
    t = texts.translator("zh")
    with pytest.raises(KeyError, match="unheard_of"):
        t("order.unheard_of")
    with pytest.raises(KeyError, match="unheard_of"):
        t.plain("order.unheard_of")
    with pytest.raises(KeyError, match="unheard_of"):
        t.n("order.unheard_of", 2)


def test_a_missing_value_is_an_error(texts: Translations) -> None:
    with pytest.raises(KeyError, match="span"):
        texts.translator("en")("countdown.in")


def test_a_language_the_stall_does_not_speak_gets_the_default(texts: Translations) -> None:
    assert texts.languages == ("en", "zh")
    assert texts.translator("de").lang == "en"
    assert texts.translator(None).lang == "en"
    assert Translations.load(["zh"]).translator("en").lang == "zh"


@pytest.mark.parametrize("languages", [["xx"], ["../en"], [""], []])
def test_a_language_without_texts_is_refused_at_start(languages: list[str]) -> None:
    with pytest.raises(ValueError, match="language"):
        Translations.load(languages)


@pytest.mark.parametrize(
    ("stored", "code", "lang"),
    [
        ("zh", "en", "zh"),
        (None, "zh-hans", "zh"),
        (None, "zh-CN", "zh"),
        (None, "zh_Hant_TW", "zh"),
        (None, "zh", "zh"),
        (None, "EN-us", "en"),
        (None, "de", "en"),
        (None, None, "en"),
        (None, "", "en"),
        ("de", "zh", "zh"),
    ],
)
def test_a_persons_own_choice_comes_first_then_telegrams_then_the_default(
    stored: str | None, code: str | None, lang: str
) -> None:
    assert choose(stored, code, ["en", "zh"]) == lang


def test_lines_are_joined_as_html() -> None:
    assert lines(["a < b", Html("<b>c</b>"), None, "", 0]) == "a &lt; b\n<b>c</b>\n0"
    assert escaped(escaped("<")) == "&lt;"


# -- The catalogues ------------------------------------------------------------------------------------------


def read(lang: str) -> Catalog:
    with (LOCALES / f"{lang}.po").open("rb") as source:
        return read_po(source, locale=lang, abort_invalid=True)


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if message.pluralizable else (str(message.string),)


def key_of(message: Message) -> str:
    return message.id[0] if message.pluralizable else str(message.id)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


CATALOGUES = {lang: {key_of(message): message for message in read(lang) if message.id} for lang in available()}
EVERY_TEXT = [
    pytest.param(lang, key, text, id=f"{lang}-{key}-{index}")
    for lang, catalogue in CATALOGUES.items()
    for key, message in catalogue.items()
    for index, text in enumerate(forms(message))
]


def test_english_and_chinese_are_there() -> None:
    assert {"en", "zh"} <= CATALOGUES.keys()


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_catalogue_has_the_same_keys(lang: str) -> None:
    english = CATALOGUES["en"]
    assert CATALOGUES[lang].keys() == english.keys()
    for key, message in CATALOGUES[lang].items():
        assert message.pluralizable == english[key].pluralizable, key


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_text_names_the_same_values_as_the_english_one(lang: str) -> None:
    for key, message in CATALOGUES[lang].items():
        ours, english = (set().union(*map(fields, forms(m))) for m in (message, CATALOGUES["en"][key]))
        assert ours == english, f"{lang} {key}"


@pytest.mark.parametrize("lang", CATALOGUES)
def test_no_text_is_empty_doubtful_or_short_of_a_plural(lang: str) -> None:
    catalogue = read(lang)
    for message in CATALOGUES[lang].values():
        assert not message.fuzzy, key_of(message)
        assert all(text.strip() for text in forms(message)), key_of(message)
        assert len(forms(message)) == (catalogue.num_plurals if message.pluralizable else 1), key_of(message)
    assert not catalogue.obsolete


@pytest.mark.parametrize("lang", CATALOGUES)
def test_no_key_stands_twice_in_a_catalogue(lang: str) -> None:
    keys = re.findall(r'^msgid "(.+)"$', (LOCALES / f"{lang}.po").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})


@pytest.mark.parametrize(("lang", "key", "text"), EVERY_TEXT)
def test_every_text_is_short_telegram_html_with_named_values(lang: str, key: str, text: str) -> None:
    assert KEY.fullmatch(key)
    assert len(text) <= MOST_TEXT
    for _, name, spec, conversion in string.Formatter().parse(text):
        assert name is None or name.isidentifier(), "values are named"
        assert not spec, "formats.py says how a value reads, not the text"
        assert not conversion
    open_tags: list[str] = []
    for tag in TAG.finditer(text):
        assert tag["name"] in TELEGRAM_TAGS
        if tag["closing"]:
            assert open_tags.pop() == tag["name"]
        else:
            open_tags.append(tag["name"])
    assert not open_tags
    assert not re.search(r"[<>&]", ENTITY.sub("", TAG.sub("", text)))


# -- The sources ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    """One place in the sources that asks for a text; `values` is None where they are passed on as **values."""

    where: str
    how: str
    key: str
    values: frozenset[str] | None
    is_family: bool = False


def literal(node: ast.expr) -> tuple[str, bool] | None:
    """A key as it stands in the source, and whether only its beginning does."""
    match node:
        case ast.Constant(value=str(key)):
            return key, False
        case ast.JoinedStr(values=[ast.Constant(value=str(key)), *_]):
            return key, True
        case _:
            return None


def uses_in(path: Path) -> Iterator[Use]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=how) | ast.Attribute(attr=how), args=[first, *_]) if how in {
                "t", "n", "plain", "button",
            }:  # fmt: skip
                found = literal(first)
                if found is None:
                    continue
                # Face.button("pay", …) reads the label "button.pay".
                key, is_family = (f"button.{found[0]}", found[1]) if how == "button" else found
                if KEY.match(key):
                    named = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
                    passed_on = any(keyword.arg is None for keyword in node.keywords)
                    where = f"{path.relative_to(SOURCES)}:{node.lineno}"
                    yield Use(where, how, key, None if passed_on else named, is_family)


PATHS = [path for package in PACKAGES for path in sorted((SOURCES / package).rglob("*.py"))]
USES = [use for path in PATHS for use in uses_in(path)]
ENGLISH = CATALOGUES["en"]


def strings() -> set[str]:
    """Every string in the sources: keys are also handed about as values (`Reason("import.reason.code")`)."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in PATHS)
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_key_the_sources_ask_for_is_there() -> None:
    missing = [f"{use.where} {use.key}" for use in USES if not use.is_family and use.key not in ENGLISH]
    assert not missing


def test_every_key_put_together_while_running_is_listed_and_complete() -> None:
    unlisted = [f"{use.where} {use.key}…" for use in USES if use.is_family and use.key not in FAMILIES]
    assert not unlisted, "add these to FAMILIES with their endings"
    missing = [head + end for head, ends in FAMILIES.items() for end in ends if head + end not in ENGLISH]
    assert not missing


def test_no_key_is_left_that_nobody_asks_for() -> None:
    asked = strings() | {use.key for use in USES} | {head + end for head, ends in FAMILIES.items() for end in ends}
    assert sorted(ENGLISH.keys() - asked) == []


def test_plural_keys_are_asked_for_with_a_number_and_no_others() -> None:
    wrong = [
        f"{use.where} {use.key}"
        for use in USES
        if use.key in ENGLISH and ENGLISH[use.key].pluralizable != (use.how == "n")
    ]
    assert not wrong


def test_every_value_a_text_names_is_given() -> None:
    wrong = []
    for use in USES:
        if use.values is not None and use.key in ENGLISH:
            wanted = set().union(*map(fields, forms(ENGLISH[use.key]))) - ({"n"} if use.how == "n" else set())
            if not wanted <= use.values:
                wrong.append(f"{use.where} {use.key}: {sorted(wanted - use.values)}")
    assert not wrong


@pytest.mark.parametrize("lang", CATALOGUES)
def test_texts_shown_without_html_hold_none(lang: str) -> None:
    keys = {use.key for use in USES if use.how in {"plain", "button"} and use.key in ENGLISH}
    marked = [key for key in sorted(keys) if any(re.search("[<>&]", text) for text in forms(CATALOGUES[lang][key]))]
    assert not marked
