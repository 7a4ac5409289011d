"""Speaking a person's language: Telegram's hint, their own choice, and the command menu with it."""

from storage.roles import Role
from tests.journeys.market import comes_in, spring_stream, works_as
from tests.stall import TestStall


async def test_nobody_is_asked_for_a_language_telegram_has_told(stall: TestStall) -> None:
    bo = await comes_in(stall, "Bo", language="zh-hans")
    assert bo.last.labels == ["看直播", "逛商品", "我的订单", "关注", "帮助"]
    dee = await comes_in(stall, "Dee", language="de")
    assert "Streams" in dee.last.labels


async def test_a_chosen_language_is_spoken_from_the_answer_on(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.sends("/language")
    assert (await ann.sees("English")).labels == ["English", "中文"]
    await ann.taps("中文")
    await ann.sees("现在用中文")
    await ann.sends("/streams")
    await ann.sees("现在没有直播预告")


async def test_the_command_menu_follows_the_language_and_the_role(stall: TestStall) -> None:
    ann, hana = await comes_in(stall, "Ann"), await works_as(stall, "Hana", Role.HOST)
    assert ann.menu[0] == {"command": "start", "description": "Welcome"}
    for person in (ann, hana):
        await person.sends("/language")
        await person.taps_when("中文")
        await stall.settles()
    assert ann.menu[0] == {"command": "start", "description": "首页"}
    assert [entry["command"] for entry in hana.menu][:2] == ["newstream", "mystreams"]
    assert "cart" in {entry["command"] for entry in hana.menu}


async def test_cards_are_told_in_each_followers_language(stall: TestStall) -> None:
    ann, bo = await comes_in(stall, "Ann"), await comes_in(stall, "Bo", language="zh-hans")
    for person, word in ((ann, "Follow"), (bo, "关注")):
        await person.taps(word)
        await stall.settles()
    await spring_stream(stall, "EGG", "RICE")
    assert "Free-range eggs, Handmade rice noodles" in ann.last.text
    assert "散养土鸡蛋、手工米粉" in bo.last.text
