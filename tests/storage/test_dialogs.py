"""Dialogs: one question at a time per person, and an answer counts only for the question it was given to."""

from storage import dialogs
from storage.connection import Tx
from storage.dialogs import Dialog, Moved
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.seed import ANN, BEN


async def begin(store: Store, person: int = ANN, kind: str = "address", *, silent: bool = False) -> Dialog:
    return await store.write(
        dialogs.begin, actor=person, kind=kind, step="recipient", data={"lines": [[1, 2, 3]]}, now=NOON, silent=silent
    )


async def people(store: Store) -> None:
    def act(tx: Tx) -> None:
        seed.staff_and_viewers(tx)

    await store.write(act)


async def test_a_dialog_remembers_what_was_typed(store: Store) -> None:
    await people(store)
    dialog = await begin(store)
    assert await store.read(dialogs.of, ANN) == dialog
    data = {**dialog.data, "recipient": "李安"}
    moved = await store.write(dialogs.advance, dialog=dialog, step="phone", data=data, now=NOON)
    assert moved == Dialog(id=dialog.id, person=ANN, kind="address", step="phone", data=data)
    assert await store.read(dialogs.view, dialog.id) == moved
    assert await store.read(seed.told) == [("question", ANN), ("question", ANN)]


async def test_an_answer_to_an_earlier_question_changes_nothing(store: Store) -> None:
    await people(store)
    dialog = await begin(store)
    now_at = await store.write(dialogs.advance, dialog=dialog, step="phone", data={}, now=NOON)
    stale = await store.write(dialogs.advance, dialog=dialog, step="phone", data={"recipient": "twice"}, now=NOON)
    assert stale == Moved()
    assert await store.read(dialogs.of, ANN) == now_at


async def test_a_new_dialog_takes_the_place_of_the_old_and_never_its_number(store: Store) -> None:
    await people(store)
    first = await begin(store)
    second = await begin(store, kind="ask")
    assert second.id > first.id
    assert await store.read(dialogs.view, first.id) is None
    assert await store.write(dialogs.advance, dialog=first, step="phone", data={}, now=NOON) == Moved()
    await store.write(dialogs.end, dialog=second.id, now=NOON)
    assert (await begin(store)).id > second.id


async def test_people_are_asked_side_by_side(store: Store) -> None:
    await people(store)
    anns, bens = await begin(store), await begin(store, BEN)
    assert await store.read(dialogs.of, ANN) == anns
    assert await store.read(dialogs.of, BEN) == bens


async def test_a_dialog_ends_once(store: Store) -> None:
    await people(store)
    dialog = await begin(store)
    assert await store.write(dialogs.end, dialog=dialog.id, now=NOON)
    assert not await store.write(dialogs.end, dialog=dialog.id, now=NOON)


async def test_every_question_can_be_left(store: Store) -> None:
    await people(store)
    await begin(store, kind="ask")
    assert await store.write(dialogs.leave, actor=ANN, now=NOON) == "ask"
    assert await store.write(dialogs.leave, actor=ANN, now=NOON) is None
    assert await store.read(dialogs.of, ANN) is None


async def test_a_silent_beginning_asks_nothing(store: Store) -> None:
    await people(store)
    await begin(store, silent=True)
    assert await store.read(seed.told) == []
