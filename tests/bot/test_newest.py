"""What the bot knows of the last message in a chat."""

from hypothesis import given
from hypothesis import strategies as st

from bot.newest import Newest

ANN, BOB = 7, 8


def test_an_unknown_chat_has_no_newest_message() -> None:
    assert not Newest().is_newest(ANN, 1)


def test_the_last_message_noted_is_the_newest() -> None:
    newest = Newest()
    newest.note(ANN, 10)
    assert newest.is_newest(ANN, 10)
    newest.note(ANN, 11)
    assert not newest.is_newest(ANN, 10)
    assert newest.is_newest(ANN, 11)


def test_late_news_of_an_older_message_changes_nothing() -> None:
    newest = Newest()
    newest.note(ANN, 11)
    newest.note(ANN, 10)
    assert newest.is_newest(ANN, 11)


def test_a_message_never_noted_is_not_taken_for_the_newest() -> None:
    newest = Newest()
    newest.note(ANN, 11)
    assert not newest.is_newest(ANN, 12)


def test_chats_are_apart() -> None:
    newest = Newest()
    newest.note(ANN, 10)
    newest.note(BOB, 99)
    assert newest.is_newest(ANN, 10)
    assert not newest.is_newest(BOB, 10)


def test_the_chat_heard_of_longest_ago_is_forgotten_first() -> None:
    newest = Newest(chats=2)
    newest.note(ANN, 1)
    newest.note(BOB, 1)
    newest.note(ANN, 2)
    newest.note(9, 1)
    assert newest.is_newest(ANN, 2)
    assert not newest.is_newest(BOB, 1)
    assert len(newest) == 2


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 50)), min_size=1))
def test_with_room_for_all_it_is_the_largest_id_of_each_chat(notes: list[tuple[int, int]]) -> None:
    newest = Newest(chats=4)
    for chat, message in notes:
        newest.note(chat, message)
    for chat, message in notes:
        assert newest.is_newest(chat, message) == (message == max(m for c, m in notes if c == chat))
