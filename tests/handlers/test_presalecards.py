"""What is told of a presale whose selling is paused: that it is, and never that it is over."""

from dataclasses import replace

import pytest

from handlers import presalecards
from handlers.presalecards import PresaleView
from handlers.wording import Rendered
from shop.offers import Availability
from shop.streams import StreamStatus
from shop.windows import Window
from storage.offers import Offer
from storage.presales import Presale, Status
from tests.clock import NOON
from tests.handlers.faces import DAY, face
from tests.handlers.test_announcing import an_offer
from tests.handlers.test_hosting import a_stream

LAST = NOON + 14 * DAY


def a_presale(**changed: object) -> Offer:
    """Eggs of a stream that is over, to be ordered for ten days yet."""
    offer = replace(
        an_offer(a_stream(StreamStatus.ENDED)),
        availability=Availability.PRESALE,
        closes_at=NOON + 10 * DAY,
        ships_from=NOON + 10 * DAY,
        ships_until=LAST,
    )
    return replace(offer, **changed)  # type: ignore[arg-type]


def show(kind: str, lang: str, view: object, *, now: int = NOON) -> Rendered:
    shown = presalecards.KINDS[kind].show(face(lang, now=now), view)
    assert isinstance(shown, Rendered)
    return shown


@pytest.mark.parametrize(
    ("lang", "paused", "over"), [("en", "Paused for a moment", "is over"), ("zh", "暂停下单", "已结束")]
)
def test_news_of_a_presale_that_is_paused_say_so(lang: str, paused: str, over: str) -> None:
    told = show("presale_open", lang, a_presale(is_stream_paused=True))
    assert paused in told.text
    assert over not in told.text
    assert told.rows
    assert paused not in show("presale_open", lang, a_presale()).text
    assert over in show("presale_open", lang, a_presale(taken=500)).text
    assert over in show("presale_open", lang, a_presale(is_stream_paused=True), now=LAST).text


@pytest.mark.parametrize(("lang", "paused"), [("en", "⏸ Paused"), ("zh", "⏸ 已暂停")])
def test_a_host_sees_that_what_has_opened_is_paused(lang: str, paused: str) -> None:
    presale = Presale(
        id=1,
        origin=an_offer(a_stream(StreamStatus.ENDED)),
        offer_id=2,
        status=Status.OPEN,
        version=1,
        quantity=500,
        price=3600,
        window=Window(NOON + 10 * DAY, LAST),
        proposed=None,
        sold_out_at=NOON - DAY,
        drafted_by=1,
        answered_by="Sun",
        opened_at=NOON,
        served_people=0,
        served_units=0,
        can_ask=True,
    )
    view = PresaleView(presale=presale, offer=a_presale(paused_at=NOON), delay=None)
    assert paused in show("presale_card", lang, view).text
    assert paused not in show("presale_card", lang, replace(view, offer=a_presale())).text
