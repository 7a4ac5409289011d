"""docs/messages.md and the outbox: every kind, and the lane and card of every kind that is enqueued."""

from collections import defaultdict

from handlers import routes
from tests.docs.pages import page, quoted, rows, section
from tests.docs.wires import told

PAGE = page("docs/messages.md")
ENQUEUED = rows(section(PAGE, "Messages that decisions cause"))
DIRECT = rows(section(PAGE, "Answers to a look-up"))


def test_every_kind_is_documented_once_and_every_documented_one_exists() -> None:
    kinds = [quoted(cells[0])[0] for cells in (*ENQUEUED, *DIRECT)]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) == set(routes().all_kinds())


def test_the_page_tells_what_is_enqueued_from_what_is_answered_directly() -> None:
    assert {quoted(cells[0])[0] for cells in ENQUEUED} == {message.kind for message in told()}


def test_the_page_tells_each_kinds_lanes() -> None:
    lanes: dict[str, set[str]] = defaultdict(set)
    for message in told():
        lanes[message.kind] |= message.lanes
    assert {quoted(cells[0])[0]: set(cells[3].split(", ")) for cells in ENQUEUED} == lanes


def test_the_page_tells_each_kinds_card() -> None:
    cards: dict[str, set[str]] = defaultdict(set)
    for message in told():
        cards[message.kind] |= {message.card} if message.card else set()
    assert {quoted(cells[0])[0]: set(quoted(cells[4])) for cells in ENQUEUED} == cards
