"""What owners read about failed backups and restored books, in both languages."""

import pytest

from handlers import keeping
from handlers.wording import Rendered
from storage.backup import Why
from tests.clock import NOON
from tests.handlers.faces import face, read
from tests.handlers.test_hosting import BOTH


def show(kind: str, lang: str, **params: int | str | None) -> str:
    shown = keeping.KINDS[kind].show(face(lang), params)
    assert isinstance(shown, Rendered)
    return read(shown)


@BOTH
@pytest.mark.parametrize("why", list(Why))
def test_a_failed_backup_is_told_with_reason_age_and_what_to_do(lang: str, why: Why) -> None:
    text = show("backup_failed", lang, why=why, last=NOON)
    assert len(text.splitlines()) == 4
    assert ("Tue 10 Mar, 12:00" if lang == "en" else "3月10日 周二 12:00") in text
    assert "livestall doctor" in text


@BOTH
def test_without_any_backup_that_is_said(lang: str) -> None:
    text = show("backup_failed", lang, why=Why.FULL, last=None)
    assert ("There is no backup yet" if lang == "en" else "还没有任何备份") in text


@BOTH
def test_restored_books_are_told_with_what_waits_and_nothing_that_does_not(lang: str) -> None:
    text = show("books_restored", lang, known_until=NOON, unpaid=1, aside=1_204)
    assert len(text.splitlines()) == 4
    assert ("1,204 messages are held back" if lang == "en" else "1,204条消息") in text
    assert len(show("books_restored", lang, known_until=NOON, unpaid=0, aside=0).splitlines()) == 2
