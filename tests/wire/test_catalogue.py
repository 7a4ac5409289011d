"""The catalogue over real HTTP: documents go out and come in, and trouble on the way imports nothing twice."""

from pathlib import Path

import pytest

from playground.faults import Kind
from playground.files import Upload
from storage.roles import Role
from tests.handlers.workbook_files import opened
from tests.journeys.actors import CATALOGUE, sends_album
from tests.journeys.market import works_as
from tests.playground.pictures import png
from tests.stall import TestStall
from tests.wire.ways import WAYS, Way, stall_by

ADDRESS = "https://pictures.example/egg.png"


async def comes_in(stall: TestStall) -> None:
    """A host asks for the example, sends the catalogue, imports it, and gives two products their pictures."""
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/import")
    await hana.taps_when("Template")
    example = await hana.sees("An example")
    assert example.document is not None
    assert opened(example.document.data)[1][0] == "EGG"
    await hana.sends_document(CATALOGUE.read_bytes(), "tonggu.csv")
    for _ in range(3):
        card = await hana.sees("tonggu.csv", timeout=30)
        await stall.settles(30)
        if "Try again" not in hana.last.labels:
            break
        await hana.taps("Try again")
    await hana.taps_when("Import 7 products")
    await hana.sees("is imported", timeout=30)
    assert card is not None
    await sends_album(hana, (png(30, 30), "EGG"), (png(31, 31), "RICE"))
    await hana.sees("2 pictures", timeout=30)
    await stall.settles(30)
    assert await stall.value("SELECT count(*) FROM products") == 7
    assert await stall.value("SELECT count(*) FROM audit WHERE action = 'catalogue.imported'") == 1
    assert await stall.value("SELECT count(*) FROM product_changes") == 2
    assert await stall.value("SELECT count(*) FROM inbox WHERE set_aside_at IS NOT NULL") == 0


@pytest.mark.parametrize("way", WAYS)
async def test_a_catalogue_comes_in_whole(tmp_path: Path, way: Way) -> None:
    async with stall_by(way, tmp_path) as stall:
        await comes_in(stall)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["too_many", "server_error", "reset", "lost_answer"])
async def test_a_catalogue_comes_in_once_through_trouble(tmp_path: Path, way: Way, kind: Kind) -> None:
    async with stall_by(way, tmp_path) as stall:
        for method in ("sendMessage", "sendDocument", "editMessageText", "getFile"):
            stall.playground.faults.add(kind, method=method)
        await comes_in(stall)


@pytest.mark.parametrize("way", WAYS)
async def test_a_picture_by_address_is_shown_or_left_away(tmp_path: Path, way: Way) -> None:
    async with stall_by(way, tmp_path) as stall:
        await comes_in(stall)
        hana = stall.person("Hana")
        await stall.program.deps.store.write(
            lambda tx: tx.run(
                "UPDATE products SET picture = :a, photo = NULL WHERE code IN ('EGG', 'TEAOIL')", a=ADDRESS
            )
        )
        await hana.sends("/products")
        await hana.taps_when("TEAOIL")
        assert (await hana.sees("could not load", timeout=30)).photo is None
        stall.playground.web[ADDRESS] = Upload("egg.png", png(60, 60))
        await hana.sends("/products")
        await hana.taps_when("EGG")
        assert (await hana.sees("Free-range eggs", timeout=30)).photo == png(60, 60)
