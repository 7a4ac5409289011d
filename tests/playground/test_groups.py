"""Groups and channels: who hears what, who may write, and a group that becomes a supergroup."""

from playground import Person, Playground
from tests.playground.conftest import Voice


async def test_in_a_group_the_bot_hears_what_is_meant_for_it(ann: Person, bot: Voice, pg: Playground) -> None:
    group = pg.group("Cashiers", members=[ann])
    await bot("sendMessage", chat_id=group.id, text="Receipt")
    await ann.sends("just talking", chat=group)
    await ann.sends("/payments", chat=group)
    await ann.sends("hey @stall_bot", chat=group)
    await ann.replies(next(iter(group.messages.values())), "mine")
    joined, *heard = await bot.updates()
    assert joined["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert [update["message"]["text"] for update in heard] == ["/payments", "hey @stall_bot", "mine"]


async def test_an_administrator_bot_hears_everything(ann: Person, bot: Voice, pg: Playground) -> None:
    group = pg.group("Cashiers", members=[ann], bot="administrator")
    await ann.sends("just talking", chat=group)
    assert (await bot.updates())[-1]["message"]["text"] == "just talking"
    assert (await bot("getChatMember", chat_id=group.id, user_id=123456))["can_delete_messages"] is True


async def test_people_see_and_tap_in_groups(ann: Person, bot: Voice, pg: Playground) -> None:
    group = pg.group("Cashiers", members=[ann])
    rows = [[{"text": "Confirm", "callback_data": "c"}]]
    await bot("sendMessage", chat_id=group.id, text="Receipt", reply_markup={"inline_keyboard": rows})
    await ann.sees("Receipt", chat=group)
    await ann.taps("Confirm", chat=group)
    assert (await bot.updates())[-1]["callback_query"]["message"]["chat"]["id"] == group.id


async def test_a_bot_thrown_out_of_a_group_may_not_write(ann: Person, bot: Voice, pg: Playground) -> None:
    group = pg.group("Cashiers", members=[ann])
    pg.set_member(group, pg.bot, "kicked", by=ann)
    refusal = await bot.refused("sendMessage", chat_id=group.id, text="x")
    assert (refusal.code, refusal.description) == (403, "Forbidden: bot was kicked from the group chat")
    assert (await bot.updates())[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"


async def test_a_bot_that_left_is_no_member(bot: Voice, ann: Person, pg: Playground) -> None:
    group = pg.group("Cashiers", members=[ann])
    await bot("leaveChat", chat_id=group.id)
    refusal = await bot.refused("sendMessage", chat_id=group.id, text="x")
    assert refusal.description == "Forbidden: bot is not a member of the group chat"


async def test_a_migrated_group_names_its_new_id(ann: Person, bot: Voice, pg: Playground) -> None:
    group = pg.group("Cashiers", members=[ann])
    new = pg.migrate(group)
    refusal = await bot.refused("sendMessage", chat_id=group.id, text="x")
    assert refusal.description == "Bad Request: group chat was upgraded to a supergroup chat"
    assert refusal.parameters == {"migrate_to_chat_id": new.id}
    assert new.id < -1_000_000_000_000
    old_word, new_word = (await bot.updates())[-2:]
    assert old_word["message"]["migrate_to_chat_id"] == new.id
    assert new_word["message"]["migrate_from_chat_id"] == group.id
    assert (await bot("sendMessage", chat_id=new.id, text="x"))["chat"]["type"] == "supergroup"


async def test_a_channel_takes_posts_from_its_administrators_only(ann: Person, bot: Voice, pg: Playground) -> None:
    channel = pg.channel("Spring stream", admins=[ann], username="spring")
    posted = await bot("sendMessage", chat_id="@spring", text="live now")
    assert "from" not in posted
    assert posted["sender_chat"]["id"] == channel.id
    await ann.sends("hello all", chat=channel)
    assert (await bot.updates())[-1]["channel_post"]["text"] == "hello all"
    pg.set_member(channel, pg.bot, "member")
    refusal = await bot.refused("sendMessage", chat_id=channel.id, text="x")
    assert refusal.description == "Bad Request: need administrator rights in the channel chat"


async def test_pins_show_in_the_chat(ann: Person, bot: Voice) -> None:
    sent = await bot("sendMessage", chat_id=2001, text="x")
    await bot("pinChatMessage", chat_id=2001, message_id=sent["message_id"])
    assert (await bot("getChat", chat_id=2001))["pinned_message"]["message_id"] == sent["message_id"]
    await bot("unpinChatMessage", chat_id=2001)
    assert "pinned_message" not in await bot("getChat", chat_id=2001)


async def test_an_anonymous_administrator_is_nobody(ann: Person, bot: Voice, pg: Playground) -> None:
    group = pg.group("Eggs", admins=[ann], bot="administrator")
    await ann.sends_as(group, "EGG 2")
    told = (await bot.updates())[-1]["message"]
    assert told["from"]["username"] == "GroupAnonymousBot"
    assert told["from"]["is_bot"]
    assert told["sender_chat"]["id"] == group.id


async def test_a_startgroup_link_takes_the_bot_in_and_says_why(ann: Person, bot: Voice, pg: Playground) -> None:
    group = pg.group("Eggs", members=[ann], bot="left")
    await ann.adds_bot("https://t.me/stall_bot?startgroup=s_ABC", group)
    joined, said = await bot.updates()
    assert joined["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert said["message"]["text"] == "/start@stall_bot s_ABC"


async def test_with_privacy_on_commands_of_other_bots_are_not_heard(ann: Person, bot: Voice, pg: Playground) -> None:
    group = pg.group("Eggs", members=[ann])
    await ann.sends("/link@other_bot", chat=group)
    await ann.sends("/link@stall_bot", chat=group)
    assert [update["message"]["text"] for update in await bot.updates() if "message" in update] == ["/link@stall_bot"]
    pg.bot.reads_all = True
    assert (await bot("getMe"))["can_read_all_group_messages"] is True
    await ann.sends("EGG 2", chat=group)
    assert (await bot.updates())[-1]["message"]["text"] == "EGG 2"


async def test_reactions_are_emoji_a_bot_may_use_where_the_group_allows_them(
    ann: Person, bot: Voice, pg: Playground
) -> None:
    group = pg.group("Eggs", members=[ann])
    said = await ann.sends("/link", chat=group)
    thumb = [{"type": "emoji", "emoji": "👍"}]
    await bot("setMessageReaction", chat_id=group.id, message_id=said.id, reaction=thumb)
    assert said.reactions == ["👍"]
    for wrong in ([{"type": "emoji", "emoji": "🥚"}], [{"type": "paid"}]):
        refusal = await bot.refused("setMessageReaction", chat_id=group.id, message_id=said.id, reaction=wrong)
        assert refusal.description == "Bad Request: REACTION_INVALID"
    group.reactions_off = True
    refusal = await bot.refused("setMessageReaction", chat_id=group.id, message_id=said.id, reaction=thumb)
    assert refusal.description == "Bad Request: REACTION_INVALID"


async def test_whoever_hides_forwards_is_not_named_in_them(ann: Person, bot: Voice, pg: Playground) -> None:
    ben = pg.person("Ben", id=2002)
    ben.hides_forwards = True
    group = pg.group("Eggs", members=[ann, ben])
    said = await ben.sends("EGG 2", chat=group)
    await ann.forwards(said)
    origin = (await bot.updates())[-1]["message"]["forward_origin"]
    assert (origin["type"], "sender_user" in origin) == ("hidden_user", False)
