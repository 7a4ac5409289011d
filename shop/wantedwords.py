"""The words around a product in an order: numbers, packs, joiners, courtesy; and what marks a text as mere talk.

Owns the vocabulary of `shop/wanted`, which owns the grammar. Knows no product.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

MOST_DIGITS = 6  # a longer number is a phone or an account
_NO_QUANTITY = 10_000  # stands for a number that is too large or no whole one


class Mark(Enum):
    """What one piece of a text is."""

    PRODUCT = auto()
    NUMBER = auto()
    BAD_NUMBER = auto()  # 1.5, -2, 1,000
    UNIT = auto()
    JOINER = auto()
    SEPARATOR = auto()
    COURTESY = auto()
    WANTS = auto()
    ASKS = auto()
    STRANGE = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One piece. `codes` are the products it may mean; `is_capital`: a code written as it is printed."""

    mark: Mark
    text: str = ""
    number: int = 0
    codes: tuple[str, ...] = ()
    is_code: bool = False
    is_capital: bool = False
    is_talk: bool = False  # strange in a way no order is: a price, a time, an address, a name


_CJK = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff]")
LATIN_RUN = re.compile(r"[A-Za-z0-9×*]+(?![A-Za-z0-9\u00c0-\u024f_])")
NAME_WORD = re.compile(r"[\s\-()'’]*([A-Za-z0-9\u00c0-\u024f]+)(?![A-Za-z0-9\u00c0-\u024f_])\)?", re.ASCII)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_TALK = re.compile(
    r"(?:https?://|www\.|t\.me/)\S*|[@#/]\w+|\S+@\S+|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*-(?=\w*\d)(?=\w*[A-Za-z])\w+"
)
_MONEY = re.compile(
    r"[¥$€£₩]\s*[0-9.,]+|[0-9.,]+\s*(?:[¥$€£₩%]|元|块|刀|yuan\b|rmb\b|cny\b|usd\b|eur\b)", re.IGNORECASE
)
_TIME = re.compile(r"[0-9]+\s*(?::[0-9]+|点|时|分|月|日|号|岁|楼|年|am\b|pm\b|h\b|min\b)", re.IGNORECASE)
_BROKEN = re.compile(r"[-−–]\s*[0-9]+|[0-9]+(?:[.,/][0-9]+)+")
_DIGITS = re.compile(r"[0-9]+")
_CHINESE = re.compile(r"[零〇一二两俩三仨四五六七八九十百千万]+")

_LATIN_UNIT_WORDS = """
box boxes jar jars bag bags bottle bottles can cans tin tins package packages bundle bundles basket baskets tray
trays crate crates bucket buckets tub tubs set sets carton cartons case cases
"""
_COURTESY_WORDS = """
please pls plz thanks thank you thx ty kindly hi hello dear boss for me of the also too 谢谢 多谢 感谢 老板 主播
亲 麻烦 请 您好 你好 吧 哦 啊 呀 哈 啦 再 也 还 先 帮我 给我 我
"""
_WANTS_WORDS = """
order want need take buy get give i'll me i 想要 我要 要 来 下单 订购 订 买 购买 拍 加
"""
_TALKED_WORDS = """
have has had is are was were be been ate eat eats how what when where who why my your his her our their not no
don't cancel cancelled sorry paid pay got received arrived ordered bought sent shipped price cost costs yuan rmb
like love yesterday today tomorrow left sold out already still only than more less left was did does do if but
because
"""
_DIGIT_SIGNS = """
零 一 二 三 四 五 六 七 八 九
"""
_ENGLISH_NUMBERS = """
one two three four five six seven eight nine ten eleven twelve
"""

_DIGIT = {sign: value for value, signs in enumerate(_DIGIT_SIGNS.split()) for sign in signs}
_DIGIT |= {"〇": 0, "两": 2, "俩": 2, "仨": 3}
_PLACE = {"十": 10, "百": 100, "千": 1_000}
_ENGLISH = {word: value for value, word in enumerate(_ENGLISH_NUMBERS.split(), 1)}

_CONTAINERS = "盒箱袋瓶罐包桶筐篮提坛听板捆束串套条"
_PORTIONS = frozenset({"份", "件", "单", "pack", "packs", "portion", "portions"})
PIECES = frozenset({"个", "只", "枚", "颗", "根", "piece", "pieces", "pc", "pcs"})
_MEASURES = frozenset(
    {"斤", "公斤", "千克", "克", "两", "升", "毫升", "打", "kg", "kgs", "g", "l", "ml", "lb", "dozen"}
)
_LATIN_UNITS = frozenset(_LATIN_UNIT_WORDS.split())
_CHINESE_UNITS = sorted(
    {*_CONTAINERS, *(unit for unit in (*_PORTIONS, *PIECES, *_MEASURES) if not unit.isascii())} - {"两"},
    key=len,
    reverse=True,
)
_JOINERS = {"x", "X", "×", "*", "=", "+", ":", "✕", "✖", "·"}
_SEPARATORS = frozenset(",;&、，；\n|")
_JUST_MARKS = frozenset("!.。~～…\"'“”‘’()（）")

_COURTESY = sorted(
    _COURTESY_WORDS.split(),
    key=len,
    reverse=True,
)
_WANTS = sorted(
    _WANTS_WORDS.split(),
    key=len,
    reverse=True,
)
# "I like eggs" orders nothing.
_WOULD_LIKE = re.compile(
    r"(?:(?:i|we)['’]d|(?:(?:i|we) )?would) like(?: to (?:order|buy|have|get))?\b", re.IGNORECASE
)
_AND = ("还有", "另外", "以及", "和", "跟")
_LATIN_AND = frozenset({"and", "plus"})
# Said of an order that is there already, or of eating: with one of these no text is nearly an order.
_TALKED = frozenset(_TALKED_WORDS.split())
_CHINESE_OTHER = sorted((word for word in (*_COURTESY, *_WANTS, *_AND) if not word.isascii()), key=len, reverse=True)


def plain(text: str) -> str:
    """Full width to half, marks that change nothing visible dropped; blanks and line ends stay."""
    composed = unicodedata.normalize("NFKC", text)
    return "".join(char for char in composed if unicodedata.category(char) not in ("Mn", "Me", "Cf", "Cs")).strip()


def is_cjk(char: str) -> bool:
    return _CJK.match(char) is not None


def is_common(part: str) -> bool:
    """Characters that mean a number, a pack or a wish by themselves are no part of a name."""
    rest = part
    for word in (*_CHINESE_OTHER, *_CHINESE_UNITS):
        rest = rest.replace(word, "")
    return not _CHINESE.sub("", rest)


def is_common_word(text: str) -> bool:
    """A Latin word with a meaning of its own in an order: "box", "order", "two"."""
    word = text.lower()
    return word in _ENGLISH or word in _LATIN_UNITS or word in _PORTIONS or word in _COURTESY or word in _WANTS


def stem(word: str) -> str:
    """A Latin word without its plural: "noodles" and "noodle", "boxes" and "box"."""
    lower = word.lower()
    if len(lower) > 4 and lower.endswith(("xes", "ses", "ches", "shes")):
        return lower[:-2]
    return lower[:-1] if len(lower) > 3 and lower.endswith("s") and not lower.endswith("ss") else lower


def stems(name: str) -> tuple[str, ...]:
    """The words of a Latin name; none if it is written otherwise."""
    flat = plain(name)
    if any(is_cjk(char) for char in flat):
        return ()
    return tuple(stem(match) for match in re.findall(r"[A-Za-z0-9\u00c0-\u024f]+", flat))


def number_token(digits: str) -> Token:
    """A whole number, as far as one can be ordered."""
    if len(digits) > MOST_DIGITS:
        return Token(Mark.STRANGE, digits, is_talk=True)
    return Token(Mark.NUMBER, digits, number=int(digits))


def is_pack(unit: str, units: Iterable[str], *, by_code: bool) -> bool:
    """Does a unit word mean one pack of a product sold in `units`? Who names a code means the lot it stands for."""
    known = [plain(one).lower() for one in units]
    if unit in _PORTIONS or (by_code and unit in PIECES):
        return True
    alike = {unit, stem(unit)}
    if any(alike & {one, *(form.strip() for form in one.split("|"))} for one in known):
        return True
    if unit.isascii():
        nouns = {stem(form.split(" of ")[0].split()[-1]) for one in known for form in one.split("|") if form.strip()}
        return unit in _LATIN_UNITS and stem(unit) in nouns
    packs = [one for one in known if any(is_cjk(char) for char in one)]
    named = {char for one in packs for char in one if char in _CONTAINERS}
    return unit in _CONTAINERS and (not named or unit in named)


def next_token(text: str, at: int) -> tuple[Token | None, int]:
    """The piece at `at` (no product begins there) and where it ends; no token for blanks and mere marks."""
    char = text[at]
    if char.isspace() and char != "\n":
        return None, at + 1
    for talk in (_TALK, _MONEY, _TIME):
        found = talk.match(text, at)
        if found is not None:
            return Token(Mark.STRANGE, found.group(), is_talk=True), found.end()
    broken = _BROKEN.match(text, at)
    if broken is not None:
        is_phone = sum(sign.isdecimal() for sign in broken.group()) > MOST_DIGITS
        mark = Mark.STRANGE if is_phone else Mark.BAD_NUMBER
        return Token(mark, broken.group(), number=_NO_QUANTITY, is_talk=is_phone), broken.end()
    digits = _DIGITS.match(text, at)
    if digits is not None:
        return number_token(digits.group()), digits.end()
    if is_cjk(char):
        return _chinese(text, at)
    return _latin(text, at)


def _chinese(text: str, at: int) -> tuple[Token, int]:
    for word in _CHINESE_OTHER:
        if text.startswith(word, at):
            return Token(_sort(word), word), at + len(word)
    for unit in _CHINESE_UNITS:
        if text.startswith(unit, at):
            return Token(Mark.UNIT, unit), at + len(unit)
    numeral = _CHINESE.match(text, at)
    if numeral is not None:
        value = numeral_value(numeral.group())
        mark = Mark.BAD_NUMBER if value is None else Mark.NUMBER
        return Token(mark, numeral.group(), number=_NO_QUANTITY if value is None else value), numeral.end()
    if text[at] in "吗嘛呢么":
        return Token(Mark.ASKS, text[at]), at + 1
    return Token(Mark.STRANGE, text[at], is_talk=True), at + 1


def _sort(word: str) -> Mark:
    if word in _AND or word in _LATIN_AND:
        return Mark.SEPARATOR
    return Mark.WANTS if word in _WANTS else Mark.COURTESY


def _latin(text: str, at: int) -> tuple[Token | None, int]:
    char = text[at]
    if char == "?":
        return Token(Mark.ASKS, char), at + 1
    would_like = _WOULD_LIKE.match(text, at)
    if would_like is not None:
        return Token(Mark.WANTS, would_like.group()), would_like.end()
    word = _WORD.match(text, at)
    if word is not None:
        return _word(word.group()), word.end()
    if char in _JOINERS:
        return Token(Mark.JOINER, char), at + 1
    if char in _SEPARATORS or char == "/":
        return Token(Mark.SEPARATOR, char), at + 1
    if char in _JUST_MARKS or unicodedata.category(char) in ("So", "Sk"):
        return None, at + 1
    return Token(Mark.STRANGE, char, is_talk=True), at + 1


def _word(word: str) -> Token:
    lower = word.lower().replace("’", "'")
    if lower == "x":
        return Token(Mark.JOINER, lower)
    if lower in _ENGLISH:
        return Token(Mark.NUMBER, lower, number=_ENGLISH[lower])
    if lower in _LATIN_UNITS or lower in _PORTIONS or lower in PIECES or lower in _MEASURES:
        return Token(Mark.UNIT, lower)
    if lower in _LATIN_AND or lower in _COURTESY or lower in _WANTS:
        return Token(_sort(lower), lower)
    return Token(Mark.STRANGE, word, is_talk=lower in _TALKED)


def numeral_value(text: str) -> int | None:
    """A Chinese numeral below 10,000, as 两, 十二 or 一百零三; None for anything else (两三, 一万)."""
    if all(char in _DIGIT for char in text):
        return _DIGIT[text] if len(text) == 1 else None
    total, digit, last, was_zero = 0, None, 10_000, False
    for char in text:
        if char in "零〇":
            if digit is not None:
                return None
            was_zero = True
        elif char in _DIGIT:
            if digit is not None:
                return None
            digit = _DIGIT[char]
        else:
            place = _PLACE.get(char)
            if place is None or place >= last or (digit is None and place != 10):
                return None
            total, digit, last, was_zero = total + (1 if digit is None else digit) * place, None, place, False
    if digit is None:
        return None if was_zero else total
    # 一百五 is 150.
    return total + digit * (last // 10 if last > 10 and last < 10_000 and not was_zero else 1)
