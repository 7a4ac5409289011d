"""A product typed in the chat, without a file."""

import pytest

from playground.people import Person
from storage.roles import Role
from tests.journeys.actors import import_catalogue, order, stream_with
from tests.journeys.market import comes_in, works_as
from tests.stall import TestStall

TEA = "tea\nChrysanthemum tea\n100 g tin\n¥128\nHill Farm\n7"


async def asked(stall: TestStall, language: str = "en") -> Person:
    """A host who is asked for a product."""
    hana = await works_as(stall, "Hana", Role.HOST)
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE people SET language = :l WHERE id = :p", l=language, p=hana.id)
    )
    await hana.sends("/products")
    await hana.taps_when("New product" if language == "en" else "新商品")
    await hana.sees("TEA")
    return hana


async def test_six_lines_are_a_product_that_can_be_sold(stall: TestStall) -> None:
    hana = await asked(stall)
    await hana.sends(TEA)
    card = await hana.sees("Chrysanthemum tea")
    assert "¥128.00 · 100 g tin" in card.text
    assert "From Hill Farm" in card.text
    link = await stream_with(stall, hana, "TEA")
    await hana.taps("Announce")
    await stall.settles()
    assert await order(stall.person("Ann"), link, "TEA")
    assert await stall.value("SELECT action FROM audit WHERE subject = 'product:1'") == "product.created"


async def test_a_chinese_host_types_chinese(stall: TestStall) -> None:
    hana = await asked(stall, "zh")
    await hana.sends("TEA\n皇菊茶\n罐\n128元\n铜鼓农场\n7")
    await hana.sees("皇菊茶")
    assert await stall.value("SELECT json_extract(names, '$.zh') FROM products") == "皇菊茶"


async def test_a_known_supplier_is_named_and_stays_as_it_is(stall: TestStall) -> None:
    await import_catalogue(stall)
    hana = await asked(stall)
    await hana.sees("Paibu Rice Noodle Workshop")
    facts = "SELECT county || households || designated FROM suppliers WHERE name = 'Paibu Rice Noodle Workshop'"
    before = await stall.value(facts)
    await hana.sends(TEA.replace("Hill Farm", "Paibu Rice Noodle Workshop"))
    await hana.sees("From Paibu")
    assert await stall.value(facts) == before
    assert await stall.value("SELECT count(*) FROM suppliers") == 7


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("TEA", "six lines"),
        (TEA + "\nand more", "six lines"),
        (TEA.replace("¥128", "free"), "price is “free”"),
        (TEA.replace("tea\n", "T-E-A\n", 1), "code is “T-E-A”"),
        (TEA.replace("\n7", "\nsoon"), "ships_within_days is “soon”"),
        (TEA.replace("tea\n", "EGG\n", 1), "There is a product EGG already"),
        (TEA.replace("Hill Farm", "=1+1"), "formula"),
    ],
)
async def test_what_can_not_be_taken_is_told_and_the_question_stays(stall: TestStall, typed: str, told: str) -> None:
    await import_catalogue(stall)
    hana = await asked(stall)
    await hana.sends(typed)
    await hana.sees(told)
    await hana.sends(TEA)
    await hana.sees("From Hill Farm")
    assert await stall.value("SELECT count(*) FROM products") == 8


async def test_a_chinese_host_reads_which_line_is_wrong(stall: TestStall) -> None:
    hana = await asked(stall, "zh")
    await hana.sends("TEA\n皇菊茶\n罐\n128\n铜鼓农场\n很快")
    await hana.sees("发货天数 是“很快”")


async def test_a_viewers_forged_button_asks_nothing(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    ann.press("1|pnew", ann.last)
    await ann.answered()
    assert await stall.value("SELECT count(*) FROM dialogs") == 0


async def test_a_role_lost_meanwhile_adds_nothing(stall: TestStall) -> None:
    hana = await asked(stall)
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = 1 WHERE role = 'host'"))
    await hana.sends(TEA)
    await hana.sees("for the stall's hosts")
    assert await stall.value("SELECT count(*) FROM products") == 0
