"""Orders in words: what a line of chat asks for, given the products on offer.

    order    = segment { separator segment }                separators: , ; / & 、 line ends, "and", 和
    segment  = after { after } | before { before }
    after    = product [ joiner ] [ number [ unit ] ]       EGG · EGG 2 · egg+2 · EGG x2 · EGG=2 · EGG2 · 鸡蛋两盒
    before   = [ joiner ] number [ joiner | unit ] product          2 EGG · 2xEGG · two boxes of eggs · 两盒鸡蛋
    product  = code | a name in any language | the end of a Latin one ("eggs") | two or more characters of a Chinese
    number   = 1 to 9,999 in digits of any width, Chinese numerals, or one … twelve

Words of courtesy, wanting verbs and emoji may stand anywhere. A code without a number counts as 1, and outside a talk
with the stall alone only in capitals: "honey" is a word. Names need their number. Everything else in the text must be
one of these, or it is talk: a false order is worse than a missed one.

Never raises. Whether a product can be had is for the books; what names a product is in `wantednames`, the other words
are in `wantedwords`.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shop import wantedwords as words
from shop.offers import is_quantity
from shop.wantednames import Product, Vocabulary
from shop.wantedwords import Mark, Token

MOST_CHARACTERS = 300  # nobody orders in a longer text
MOST_LINES = 20
MOST_SUGGESTIONS = 3
MOST_STRANGE = 2  # words beside a capital code and its number that still look like an order


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So many packs of a product."""

    code: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An order: at least one line, each code once."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Nearly an order. Each suggestion is one when it is typed."""

    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Ordinary talk."""


@dataclass(slots=True)
class _Reading:
    """Lines as far as they are understood, and whether anything is in doubt."""

    lines: dict[str, int] = field(default_factory=dict)
    choices: tuple[str, ...] = ()  # several products one name may mean
    is_doubtful: bool = False
    is_bare: bool = False  # some product stands without a number

    def add(self, token: Token, quantity: int | None) -> None:
        if len(token.codes) > 1:
            self.choices, self.is_doubtful = token.codes, True
        self.is_bare |= quantity is None
        code = token.codes[0]
        self.lines[code] = self.lines.get(code, 0) + (1 if quantity is None else quantity)


def read(text: str, products: Sequence[Product], *, is_private: bool = False) -> Wanted | Close | Nothing:
    """What a text asks for. `is_private`: it was written to the stall alone, so a bare code of any case is meant."""
    if len(text) > MOST_CHARACTERS or not products:
        return Nothing()
    vocabulary = Vocabulary(products)
    found = _judge(words.plain(text), vocabulary, is_private)
    if not isinstance(found, Close):
        return found
    typed = dict.fromkeys(found.suggestions)
    good = [line for line in typed if isinstance(_judge(line, vocabulary, False), Wanted)]
    return Close(suggestions=tuple(good[:MOST_SUGGESTIONS])) if good else Nothing()


def said(lines: Sequence[Line]) -> str:
    """The words that order these lines: "EGG 2 HONEY 1"."""
    return " ".join(f"{line.code} {line.quantity}" for line in lines)


def _judge(text: str, vocabulary: Vocabulary, is_private: bool) -> Wanted | Close | Nothing:
    tokens: list[Token] = []
    strange: list[Token] = []
    products = vocabulary.products
    for token in vocabulary.tokens(text):
        tokens.append(token)
        strange += [token] if token.mark is Mark.STRANGE else []
        if len(strange) > MOST_STRANGE:
            return Nothing()
    kinds = {token.mark for token in tokens}
    if Mark.PRODUCT not in kinds:
        return _unnamed(tokens, products) if not strange else _misspelt(tokens, products)
    if strange:
        return _beside_code(tokens, products)
    reading = _understood(tokens, products)
    meant = [token for token in tokens if token.mark is Mark.PRODUCT]
    is_asking = Mark.ASKS in kinds
    if reading.is_bare and not all(token.is_code for token in meant):
        # A name alone is talk; said to the stall alone, it is nearly an order.
        return _close(reading) if is_private else Nothing()
    if reading.is_bare and not is_private and not all(token.is_capital for token in meant):
        return Nothing()
    has_numbers = bool(kinds & {Mark.NUMBER, Mark.BAD_NUMBER})
    if reading.is_bare and has_numbers:
        reading.is_doubtful = True
    if reading.is_bare and is_asking and not is_private:
        return Nothing()
    fits = all(is_quantity(quantity) for quantity in reading.lines.values()) and len(reading.lines) <= MOST_LINES
    if reading.is_doubtful or is_asking or not fits:
        return _close(reading)
    return Wanted(lines=tuple(Line(code=code, quantity=quantity) for code, quantity in reading.lines.items()))


def _close(reading: _Reading) -> Close:
    """What may have been meant. One name for several products: each of them; else all lines as they were read."""
    if reading.choices:
        quantity = _sane(max(reading.lines.values(), default=1))
        return Close(suggestions=tuple(f"{code} {quantity}" for code in reading.choices))
    lines = [Line(code=code, quantity=_sane(quantity)) for code, quantity in reading.lines.items()]
    return Close(suggestions=(said(lines[:MOST_LINES]),)) if lines else Close(suggestions=())


def _sane(quantity: int) -> int:
    return quantity if is_quantity(quantity) else 1


def _understood(tokens: Sequence[Token], products: Sequence[Product]) -> _Reading:
    """The lines of a text in which every word is known."""
    reading = _Reading()
    by_code = {product.code: product for product in products}
    segment: list[Token] = []
    for token in (*tokens, Token(Mark.SEPARATOR)):
        if token.mark is Mark.SEPARATOR:
            _segment(segment, reading, by_code)
            segment = []
        elif token.mark not in (Mark.COURTESY, Mark.WANTS, Mark.ASKS):
            segment.append(token)
    return reading


def _segment(tokens: list[Token], reading: _Reading, products: Mapping[str, Product]) -> None:
    """Read one segment; what is left over puts the whole in doubt."""
    first = next((token for token in tokens if token.mark is not Mark.JOINER), None)
    if first is None:
        reading.is_doubtful |= bool(tokens)
        return
    is_after = first.mark is Mark.PRODUCT
    if is_after and tokens[0].mark is Mark.JOINER:
        reading.is_doubtful = True
    at = 0
    while at < len(tokens):
        at = _after(tokens, at, reading, products) if is_after else _before(tokens, at, reading, products)


def _after(tokens: list[Token], at: int, reading: _Reading, products: Mapping[str, Product]) -> int:
    """product [joiner] [number [unit]]; returns where it ends."""
    product = tokens[at]
    at += 1
    if product.mark is not Mark.PRODUCT:
        reading.is_doubtful = True
        return at
    is_joined = at < len(tokens) and tokens[at].mark is Mark.JOINER
    at += is_joined
    if at >= len(tokens) or tokens[at].mark not in (Mark.NUMBER, Mark.BAD_NUMBER):
        reading.is_doubtful |= is_joined
        reading.add(product, None)
        return at
    number = tokens[at]
    at += 1
    unit = None
    if at < len(tokens) and tokens[at].mark is Mark.UNIT:
        unit, at = tokens[at], at + 1
    reading.add(product, _counted(number, unit, product, reading, products))
    return at


def _before(tokens: list[Token], at: int, reading: _Reading, products: Mapping[str, Product]) -> int:
    """[joiner] number [joiner | unit] product; returns where it ends."""
    if tokens[at].mark is Mark.JOINER:
        at += 1
    start = at
    number = unit = None
    if at < len(tokens) and tokens[at].mark in (Mark.NUMBER, Mark.BAD_NUMBER):
        number, at = tokens[at], at + 1
    if at < len(tokens) and tokens[at].mark is Mark.UNIT:
        unit, at = tokens[at], at + 1
    elif at < len(tokens) and tokens[at].mark is Mark.JOINER:
        at += 1
    if at < len(tokens) and tokens[at].mark is Mark.PRODUCT:
        if number is None:
            # 来份鸡蛋: one is meant, most likely.
            reading.is_doubtful = True
            reading.add(tokens[at], None)
        else:
            reading.add(tokens[at], _counted(number, unit, tokens[at], reading, products))
        return at + 1
    reading.is_doubtful = True
    return max(at, start + 1)


def _counted(
    number: Token, unit: Token | None, product: Token, reading: _Reading, products: Mapping[str, Product]
) -> int:
    """The packs a number means. A unit that is not the product's pack puts it in doubt: 3 eggs are no 3 boxes."""
    if number.mark is Mark.BAD_NUMBER or not is_quantity(number.number):
        reading.is_doubtful = True
    if unit is None:
        return number.number
    meant = [products[code] for code in product.codes]
    if all(words.is_pack(unit.text, one.units.values(), by_code=product.is_code) for one in meant):
        return number.number
    reading.is_doubtful = True
    return number.number if unit.text in words.PIECES else 1


def _unnamed(tokens: Sequence[Token], products: Sequence[Product]) -> Wanted | Close | Nothing:
    """来三份: somebody wants so many and names nothing. Clear if only one thing is sold."""
    known = [token for token in tokens if token.mark not in (Mark.COURTESY, Mark.SEPARATOR)]
    marks = [token.mark for token in known]
    if marks[:1] != [Mark.WANTS] or [mark for mark in marks if mark is not Mark.WANTS] != [Mark.NUMBER, Mark.UNIT]:
        return Nothing()
    number, unit = known[-2], known[-1]
    fitting = [one for one in products if words.is_pack(unit.text, one.units.values(), by_code=True)]
    if not is_quantity(number.number) or not fitting:
        return Nothing()
    if len(products) == 1:
        return Wanted(lines=(Line(code=products[0].code, quantity=number.number),))
    return Close(suggestions=tuple(f"{one.code} {number.number}" for one in fitting[:MOST_SUGGESTIONS]))


def _misspelt(tokens: Sequence[Token], products: Sequence[Product]) -> Close | Nothing:
    """A number and one word that is nearly a code, and nothing else."""
    known = [token for token in tokens if token.mark not in (Mark.COURTESY, Mark.WANTS, Mark.JOINER)]
    strange = [token for token in known if token.mark is Mark.STRANGE]
    numbers = [token for token in known if token.mark is Mark.NUMBER]
    if len(known) != 2 or len(strange) != 1 or strange[0].is_talk or len(numbers) != 1:
        return Nothing()
    word = strange[0].text.upper()
    near = [one.code for one in products if len(one.code) >= 3 and _is_near(word, one.code)]
    return Close(suggestions=tuple(f"{code} {_sane(numbers[0].number)}" for code in near))


def _beside_code(tokens: Sequence[Token], products: Sequence[Product]) -> Close | Nothing:
    """A capital code next to its number, with a word or two that are not understood: "EGG 2 for grandma"."""
    meant = [token for token in tokens if token.mark is not Mark.STRANGE]
    if not all(token.is_capital for token in meant if token.mark is Mark.PRODUCT):
        return Nothing()
    if any(token.is_talk for token in tokens) or Mark.ASKS in {token.mark for token in tokens}:
        return Nothing()
    reading = _understood(meant, products)
    pairs = itertools.pairwise(meant)
    is_next = any({one.mark, other.mark} <= {Mark.PRODUCT, Mark.NUMBER, Mark.JOINER} for one, other in pairs)
    if reading.is_bare or reading.is_doubtful or not is_next:
        return Nothing()
    return _close(reading)


def _is_near(word: str, code: str) -> bool:
    """One letter too many, too few or wrong, or two neighbours swapped."""
    if abs(len(word) - len(code)) > 1 or word == code:
        return False
    if len(word) == len(code):
        wrong = [at for at in range(len(code)) if word[at] != code[at]]
        if len(wrong) == 1:
            return True
        return (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and word[wrong[0]] == code[wrong[1]]
            and (word[wrong[1]] == code[wrong[0]])
        )
    longer, shorter = (word, code) if len(word) > len(code) else (code, word)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
