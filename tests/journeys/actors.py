"""What people of the story usually do, as they would do it: by typing and tapping."""

import csv
import re
from pathlib import Path

from playground.files import Upload
from playground.people import Person
from shop.catalogue import read_rows
from storage import products
from tests.playground.pictures import png
from tests.stall import TestStall

CATALOGUE = Path(__file__).parent / "catalogue.csv"
LINK = re.compile(r"https://t\.me/\w+\?start=[\w-]+")
ORDER_CODE = re.compile(r"TG-[A-Z0-9]{5,}")


def link_in(text: str) -> str:
    """The deep link a message shows."""
    found = LINK.search(text)
    assert found is not None, text
    return found.group()


def code_in(text: str) -> str:
    """The order code a message shows."""
    found = ORDER_CODE.search(text)
    assert found is not None, text
    return found.group()


async def import_catalogue(stall: TestStall) -> None:
    """The Tonggu catalogue, as the command line imports it, priced in the stall's currency."""
    currency = stall.config.stall.currency
    with CATALOGUE.open(encoding="utf-8", newline="") as source:
        rows = [{**row, "currency": currency} for row in csv.DictReader(source)]
    catalogue = read_rows(enumerate(rows, 2), currency, ["en", "zh"])
    assert not catalogue.bad
    await stall.program.deps.store.write(products.import_rows, actor=None, rows=catalogue.rows, now=stall.clock.now())


async def invited(
    stall: TestStall, name: str, role: str, supplier: str | None = None, language: str = "en"
) -> Person:
    """Somebody to whom the owner gives a role by link."""
    owner, person = stall.owner, stall.person(name, language=language)
    await owner.sends(f"/invite {role}" + (f" {supplier}" if supplier else ""))
    message = await owner.sees("start=i_")
    await person.opens(link_in(message.text))
    await stall.settles()
    return person


async def stream_with(stall: TestStall, host: Person, *codes: str, when: str = "2026-03-15 20:00") -> str:
    """A draft stream with offers as the catalogue prefills them; returns its deep link."""
    await host.sends("/newstream")
    await host.sees("title")
    await host.sends("Tonggu spring stream")
    await host.sees("2026")
    await host.sends(when)
    await host.taps_when("Skip")
    await host.taps_when("Skip")
    desk = await host.sees("start=s_")
    for code in codes:
        await host.taps_when("Add products")
        await host.taps_when(code)
        await host.taps_when("Add")
        await stall.settles()
    return link_in(desk.text)


async def sends_album(person: Person, *shots: tuple[bytes, str | None]) -> None:
    """An album of photos, each with its caption."""
    await person.sends_album([Upload("photo.png", data) for data, _ in shots], [caption for _, caption in shots])


async def order(buyer: Person, link: str, code: str, *, known: bool = False) -> str:
    """Order one pack of a product; returns the order's code."""
    await buyer.opens(link)
    await buyer.taps_when("Products")
    await buyer.taps_when(code)
    await buyer.taps_when("Order now")
    if not known:
        await buyer.sees("recipient")
        await buyer.sends("Li Hua")
        await buyer.sees("phone")
        await buyer.sends("138 0013 8000")
        await buyer.sees("address")
        await buyer.sends("12 Dingjiang West Road, Tonggu, Yichun, Jiangxi")
    await buyer.taps_when("Place order")
    return code_in((await buyer.sees("Pay by")).text)


RECEIPT = png(60, 90)
