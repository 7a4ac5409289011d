"""A story on the playground: what is told, in which order, and where it breaks off."""

import asyncio

import pytest

from playground import Person, Playground
from playground.story import Actor, Beat, Kind, Story, StoryBroke
from tests.playground.conftest import Voice
from tests.playground.test_people import keyboard


async def silent(beat: Beat) -> None:
    """Listens and says nothing."""


@pytest.fixture
def story(pg: Playground) -> Story:
    return Story(silent, lambda: pg.now)


def told(story: Story) -> list[tuple[Kind, str]]:
    return [(beat.kind, beat.message.text if beat.message else beat.text) for beat in story.beats]


async def test_a_tap_is_told_with_the_message_it_stands_on_and_its_answer(
    story: Story, ann: Person, bot: Voice
) -> None:
    await bot("sendMessage", chat_id=2001, text="card", reply_markup=keyboard("Follow"))
    tapping = asyncio.create_task(Actor(ann, story).taps("Follow"))
    [update] = await bot("getUpdates", timeout=5)
    await bot("answerCallbackQuery", callback_query_id=update["callback_query"]["id"], text="Done")
    await tapping
    assert told(story) == [(Kind.SEES, "card"), (Kind.TAPS, "Follow"), (Kind.TOLD, "Done")]


async def test_a_message_is_told_once_and_again_only_when_it_has_changed(
    story: Story, ann: Person, bot: Voice
) -> None:
    actor = Actor(ann, story)
    sent = await bot("sendMessage", chat_id=2001, text="card 1")
    await actor.sees("card")
    await actor.sees("card")
    await bot("editMessageText", chat_id=2001, message_id=sent["message_id"], text="card 2")
    await actor.sees("card")
    assert told(story) == [(Kind.SEES, "card 1"), (Kind.SEES_CHANGED, "card 2")]


async def test_what_people_do_is_told_in_their_words(story: Story, ann: Person) -> None:
    actor = Actor(ann, story)
    await story.chapter("Morning")
    await actor.writes("/help")
    await actor.opens("https://t.me/stall_bot?start=x")
    assert told(story) == [
        (Kind.CHAPTER, "Morning"),
        (Kind.WRITES, "/help"),
        (Kind.OPENS, "https://t.me/stall_bot?start=x"),
    ]


async def test_what_does_not_come_breaks_the_story_off_with_the_chat(
    story: Story, ann: Person, bot: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.story.PATIENCE", 0.01)
    await bot("sendMessage", chat_id=2001, text="something else")
    actor = Actor(ann, story)
    with pytest.raises(StoryBroke, match=r'(?s)Ann did not see "card".*something else'):
        await actor.sees("card")
    with pytest.raises(StoryBroke, match=r'(?s)Ann was not shown a button "Follow".*something else'):
        await actor.taps("Follow")


async def test_a_look_that_finds_something_wrong_breaks_the_story_off(story: Story) -> None:
    await story.expects(True, wanted="a picture", found="none", checked="a picture")
    with pytest.raises(StoryBroke, match="expected a picture, found none"):
        await story.expects(False, wanted="a picture", found="none", checked="a picture")
    assert told(story) == [(Kind.CHECKED, "a picture")]
