"""The catalogue file: each row read into a product, or refused with every reason at once.

Works on dicts of text as a reader of sheets gives them; opening files, writing the books and the wording of the
reasons (`import.reason.*` in the catalogues of texts) are others' work.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shop.contacts import tidy, tidy_lines
from shop.money import AmountError, AmountFault, parse_decimal
from shop.stock import pack_milli

Row = Mapping[str, str]
Texts = Mapping[str, str]

COLUMNS = ("code", "price", "currency", "pack_size", "supplier", "ships_within_days")
"""Columns every file must have, besides one of each translated kind."""

TRANSLATED = ("name", "unit", "base_unit")
"""Columns that come once a language (`name_en`, `name_zh`); each row needs one text of each."""

_READ = frozenset({*COLUMNS, "stock", "limit_per_buyer", "county", "households", "designated", "picture"})
_READ_BY_LANGUAGE = re.compile(rf"(?:{'|'.join((*TRANSLATED, 'description'))})_[a-z]{{2,3}}")

_CODE = re.compile(r"[A-Z0-9]{1,12}")
_PICTURE = re.compile(r"https?://[^\s/]+\.[^\s/.]+(?:[/?#]\S*)?", re.IGNORECASE)
_LONGEST_PICTURE = 1000
# What a spreadsheet leaves where a formula has no result, or a wrong one; and a formula written into a CSV.
_NO_VALUE = re.compile(r"=.*|#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)", re.DOTALL)
_LONGEST = {"name": 60, "unit": 40, "base_unit": 40, "description": 500, "supplier": 80, "county": 60}
_QUOTED = 40  # characters of a wrong cell that are said back
_MOST_UNITS = 10_000_000
_MOST_LIMIT = 9_999
_MOST_HOUSEHOLDS = 1_000_000
_MOST_DAYS = 365
_YES = frozenset({"yes", "y", "true", "1", "是"})
_NO = frozenset({"", "no", "n", "false", "0", "否"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is refused: a message key and the values its text names."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken; `number` is its line in the sheet, where the header is 1."""

    number: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """A product as the file tells it. Price in minor units; stock and limit in packs, None for without end."""

    number: int
    code: str
    names: Texts
    units: Texts
    base_units: Texts
    descriptions: Texts
    pack_milli: int
    price: int
    currency: str
    stock: int | None
    limit_per_buyer: int | None
    supplier: str
    county: str
    households: int
    is_designated: bool
    ships_within_days: int
    picture: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A whole file: the rows that can be taken and those that cannot, in the file's order."""

    rows: tuple[CatalogueRow, ...]
    bad: tuple[BadRow, ...]


def is_read(column: str) -> bool:
    """Whether a column means anything here; the others may hold what they like."""
    return column in _READ or _READ_BY_LANGUAGE.fullmatch(column) is not None


def read_header(columns: Sequence[str], languages: Sequence[str]) -> BadRow | None:
    """None if the header names every column that is needed; else what is missing, as row 1.

    Of each translated column one of the stall's languages is enough: the others fall back to it.
    """
    twice = [column for column in dict.fromkeys(columns) if is_read(column) and columns.count(column) > 1]
    if twice:
        return BadRow(1, (Reason("import.reason.columns_twice", {"columns": ", ".join(twice)}),))
    present = set(columns)
    missing = [column for column in COLUMNS if column not in present]
    for stem in TRANSLATED:
        wanted = [f"{stem}_{language}" for language in languages]
        if present.isdisjoint(wanted):
            missing.append(wanted[0])
    if not missing:
        return None
    return BadRow(1, (Reason("import.reason.columns", {"columns": ", ".join(missing)}),))


def read_rows(rows: Iterable[tuple[int, Row]], currency: str, languages: Sequence[str]) -> Catalogue:
    """Read numbered rows; a code that stood in an earlier row, good or bad, is refused with that row's number."""
    good: list[CatalogueRow] = []
    bad: list[BadRow] = []
    first_seen: dict[str, int] = {}
    for number, row in rows:
        result = read_row(number, row, currency, languages)
        code = _figures(row, "code").upper()
        earlier = first_seen.setdefault(code, number) if code else number
        if earlier != number:
            twice = Reason("import.reason.code_twice", {"code": code, "row": str(earlier)})
            reasons = result.reasons if isinstance(result, BadRow) else ()
            result = BadRow(number, (twice, *reasons))
        if isinstance(result, BadRow):
            bad.append(result)
        else:
            good.append(result)
    return Catalogue(tuple(good), tuple(bad))


def read_row(number: int, row: Row, currency: str, languages: Sequence[str]) -> CatalogueRow | BadRow:
    """One row of the file as a product of a stall with this currency and these languages, or every reason why not.

    A cell beyond the last column (under the key None, as `csv.DictReader` gives it) shifts all others, mostly an
    unquoted comma: then that is the only reason.
    """
    if None in row:
        return BadRow(number, (Reason("import.reason.cells"),))
    formulas = [
        Reason("import.reason.formula", {"column": column, "found": cell[:_QUOTED]})
        for column, cell in row.items()
        if cell and is_read(column) and _NO_VALUE.fullmatch(cell)
    ]
    if formulas:
        return BadRow(number, tuple(formulas))
    cells = _Cells(row)
    product = CatalogueRow(
        number=number,
        code=cells.code(),
        names=cells.translations("name", languages),
        units=cells.translations("unit", languages),
        base_units=cells.translations("base_unit", languages),
        descriptions=cells.translations("description", ()),
        pack_milli=cells.pack_milli(),
        price=cells.price(currency),
        currency=cells.currency(currency),
        stock=cells.whole("stock", most=_MOST_UNITS),
        limit_per_buyer=cells.whole("limit_per_buyer", least=1, most=_MOST_LIMIT),
        supplier=cells.required("supplier"),
        county=cells.short("county"),
        households=cells.whole("households", most=_MOST_HOUSEHOLDS) or 0,
        is_designated=cells.yes("designated"),
        ships_within_days=cells.required_whole("ships_within_days", most=_MOST_DAYS),
        picture=cells.picture(),
    )
    return BadRow(number, tuple(cells.reasons)) if cells.reasons else product


class _Cells:
    """Reads the cells of one row and gathers the reasons; a refused cell yields a value nobody will see."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.reasons: list[Reason] = []

    def text(self, column: str) -> str:
        return _text(self._row, column)

    def short(self, column: str) -> str:
        """A text no longer than its kind may be; `name_zh` is of the kind `name`."""
        stem = column if column in _LONGEST else column.rpartition("_")[0]
        text = tidy_lines(self._row.get(column) or "") if stem == "description" else self.text(column)
        if len(text) > _LONGEST[stem]:
            self._refuse("import.reason.too_long", column=column, most=str(_LONGEST[stem]))
        return text

    def required(self, column: str) -> str:
        text = self.short(column)
        if not text:
            self._refuse("import.reason.missing", column=column)
        return text

    def code(self) -> str:
        code = _figures(self._row, "code").upper()
        if _CODE.fullmatch(code) is None:
            self._refuse("import.reason.code", found=code)
        return code

    def translations(self, stem: str, languages: Sequence[str]) -> Texts:
        """Every language's text that is there; one of `languages` has to be, if any are named."""
        columns = [name for name in self._row if re.fullmatch(rf"{stem}_[a-z]{{2,3}}", name)]
        texts = {column.rpartition("_")[2]: self.short(column) for column in columns}
        texts = {language: text for language, text in texts.items() if text}
        if languages and texts.keys().isdisjoint(languages):
            self._refuse("import.reason.missing", column=f"{stem}_{languages[0]}")
        return texts

    def price(self, currency: str) -> int:
        found = _figures(self._row, "price")
        try:
            price = parse_decimal(found, currency)
        except AmountError as error:
            many = error.fault is AmountFault.TOO_MANY_DECIMALS
            key = "import.reason.price_decimals" if many else "import.reason.price"
            self._refuse(key, found=found, currency=currency)
            return 0
        if price == 0:
            self._refuse("import.reason.price", found=found, currency=currency)
        return price

    def currency(self, expected: str) -> str:
        found = _figures(self._row, "currency").upper()
        if found != expected:
            self._refuse("import.reason.currency", found=found, expected=expected)
        return found

    def pack_milli(self) -> int:
        found = _figures(self._row, "pack_size")
        size = pack_milli(found)
        if size is None:
            self._refuse("import.reason.pack_size", found=found)
        return size or 0

    def whole(self, column: str, *, least: int = 0, most: int) -> int | None:
        """A whole number within bounds, or None for an empty cell."""
        found = _figures(self._row, column)
        if not found:
            return None
        number = int(found) if re.fullmatch(r"[0-9]{1,9}", found) else -1
        if not least <= number <= most:
            self._refuse("import.reason.number", column=column, found=found, least=str(least), most=str(most))
        return number

    def required_whole(self, column: str, *, most: int) -> int:
        number = self.whole(column, most=most)
        if number is None:
            self._refuse("import.reason.missing", column=column)
        return number or 0

    def yes(self, column: str) -> bool:
        found = self.text(column)
        if found.lower() not in _YES | _NO:
            self._refuse("import.reason.yes_no", column=column, found=found)
        return found.lower() in _YES

    def picture(self) -> str:
        """An address that Telegram can be asked to load, or nothing."""
        found = self.text("picture")
        if found and (len(found) > _LONGEST_PICTURE or _PICTURE.fullmatch(found) is None):
            self._refuse("import.reason.picture", found=found)
        return found

    def _refuse(self, key: str, **values: str) -> None:
        found = values.get("found", "")
        if len(found) > _QUOTED:
            values["found"] = f"{found[:_QUOTED]}…"
        self.reasons.append(Reason(key, values))


def _text(row: Row, column: str) -> str:
    """A cell on one line, invisible characters gone; short rows give None for what is not there."""
    return tidy(row.get(column) or "")


def _figures(row: Row, column: str) -> str:
    """The same for codes and numbers, which come full-width from a Chinese keyboard; names stay as written."""
    return unicodedata.normalize("NFKC", _text(row, column))
