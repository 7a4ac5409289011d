"""Button data is input from outside (DESIGN rule 7): whoever forges a button changes nothing and learns nothing.

Every verb of the route table is pressed with other people's things; a verb without a line here fails the test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

import handlers
from handlers.sheets import read_catalogue
from playground.people import Person
from shop.windows import Window
from storage import (
    addresses,
    albums,
    carts,
    delays,
    dialogs,
    imports,
    lots,
    openings,
    payments,
    presales,
    requests,
    shipments,
    stock,
)
from storage.addresses import Address
from storage.clock import DAY, HOUR
from storage.connection import Tx
from storage.imports import Received, SentFile
from storage.receipts import Proof, ReceiptKind
from storage.roles import Role
from tests.clock import NOON
from tests.handlers.workbook_files import HEADINGS, product, workbook
from tests.journeys.market import comes_in, spring_stream, works_as
from tests.stall import OWNER, TestStall
from tests.storage import trade

Case = tuple[int | str, ...]
STALE = "This button no longer works. Send /start to begin again."
LEDGERS = frozenset({"inbox", "outbox", "cards", "migrations", "bots", "sqlite_sequence"})
SECRETS = ("TG-", "Li Hua", "13800138000", "Dingjiang", "Secret draft", "Bamboo", "RCPT-4711", "secret.xlsx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """What belongs to Ann, to the stall, or to nobody yet (the draft)."""

    pending: int
    paid: int
    draft: int
    stream: int
    hidden_offer: int
    product: int
    payment: int
    refund: int
    request: int
    parcel: int
    file: int
    change: int
    wait: int
    presale: int
    later: int
    delay: int
    delayed: int
    dialogs: dict[str, int]

    @property
    def every(self) -> tuple[int, ...]:
        """All of their ids, and some of nothing."""
        known = (self.pending, self.paid, self.draft, self.stream, self.hidden_offer, self.product, self.payment,
                 self.refund, self.request, self.parcel, self.file, self.change, self.wait, self.presale, self.later,
                 self.delay, self.delayed,
                 *self.dialogs.values())  # fmt: skip
        return (*dict.fromkeys(known), 0, -1, 987_654, 2**63 - 1)


def verbs(words: str) -> list[str]:
    """Several verbs, written with blanks between them."""
    return words.split()


def forgeries(things: Things) -> Mapping[str, Sequence[Case]]:
    """For each verb, arguments that name what the forger has no part in."""
    any_id: list[Case] = [(id_,) for id_ in things.every]
    orders: list[Case] = [(things.pending,), (things.paid,), (987_654,)]
    draft: list[Case] = [(things.draft,)]
    theirs: list[Case] = [(id_,) for id_ in things.dialogs.values()]
    checkouts: list[Case] = [*theirs, (987_654,)]
    chosen: list[Case] = [(*case, id_) for case in checkouts for id_ in (0, 1, 2, 2**62)]
    hidden: list[Case] = [(things.hidden_offer, 1), (things.hidden_offer, 0), (987_654, 1)]
    hosts = verbs(
        "specials special flash flashall flashstop steps coupon couponstop "
        "desk groups addorder "
        "preview announce live end endyes edit cancels cancelsyes report product products qty price add "
        "lot lotmore lotqty lotprice "
        "psnew ps psqty psprice pswhen psmove dl "
        "hcancel hwords buyer block allow "
        "pauseall resumeall resumedesk "
        "archive shelve unshelve undo importgo importno importrows importagain "
        "delivery tariff tundo points point pointnew pointedit pointdel"
    )
    return {
        # The buyer's.
        **dict.fromkeys(verbs("order paid code cancel cancelyes ask change chaddr askcancel"), orders),
        "method": [(things.pending, 0), (things.paid, 0), (things.pending, 9)],
        **dict.fromkeys(verbs("readdr drop havecode nocode newaddr sendit tosummary recontact pickup"), checkouts),
        "place": [(*case, total) for case in checkouts for total in (0, 3600, -1, 2**62)],
        "placeas": [(*case, total, where) for case in checkouts for total in (0, 2**62) for where in (0, -1, 7)],
        **dict.fromkeys(verbs("useaddr pickat leaveout"), chosen),
        **dict.fromkeys(verbs("addr addredit addrlabel addruse addrdel addrkeep"), any_id),
        "fold": [(dialog, order, 10**6) for dialog in things.dialogs.values() for (order,) in orders],
        **dict.fromkeys(verbs("chsave chshow chdrop tonew towho tokeep"), checkouts),
        **dict.fromkeys(verbs("chsaveas toaddr topoint tosure"), chosen),
        "chq": [(dialog, line, 2) for dialog in (*things.dialogs.values(), 987_654) for line in (1, 0, 987_654)],
        "rqback": any_id,
        "which": [(dialog, things.pending) for dialog in (*things.dialogs.values(), 987_654)],
        "asksaid": theirs,
        # Words: other people's, and what they hold.
        "meant": [(id_, 0) for id_ in things.dialogs.values()],
        "wordsin": [(id_, things.stream) for id_ in things.dialogs.values()],
        "wordsrest": theirs,
        "claim": any_id,
        **dict.fromkeys(verbs("received problem"), any_id),
        **dict.fromkeys(verbs("wplace wleave"), any_id),
        "wno": [(id_, 1) for id_ in things.every],
        **{key: [(id_, 1, 1) for id_ in things.every] for key in verbs("wtake wpick")},
        "wmode": [(id_, mode) for id_ in things.every for mode in ("any", "all", "nonsense")],
        # A presale whose date has moved: Ann's choice, and the supplier's word.
        **{key: [(things.delay, things.delayed), (1, 1), (987_654, 1)] for key in verbs("dlkeep dlback")},
        "dlgo": theirs,
        "psa": any_id,
        **{
            key: [(id_, version) for id_ in things.every for version in (1, 2)]
            for key in verbs("psask psopen psok psdrop psyes psno psother")
        },
        # What is not public yet.
        "wjoin": [(things.hidden_offer, 1), (things.hidden_offer, 0), (987_654, 1)],
        "wadd": [(things.hidden_offer, 1, "any"), (things.hidden_offer, 1, "nonsense"), (987_654, 1, "all")],
        **dict.fromkeys(verbs("stream remind unremind followat offers"), draft),
        "offersp": [(things.draft, 0), (things.draft, 3)],
        "offer": [(things.hidden_offer, 1)],
        **dict.fromkeys(verbs("buy addopen"), hidden),
        "tocart": [(things.hidden_offer, 1, 3600), (things.hidden_offer, 0, 0), (987_654, 1, 1), (1, -1, 3600)],
        # The cashier's.
        **dict.fromkeys(verbs("slip files confirm reject refund repaid rq rqyes rqno"), any_id),
        "reason": [(id_, reason) for id_ in things.every for reason in ("amount", "other", "nonsense")],
        "rqreason": [(id_, reason) for id_ in things.every for reason in ("sent", "nonsense")],
        # The supplier's.
        **dict.fromkeys(verbs("parcel accept ship notrack cannot cannotyes ready handover"), any_id),
        # The host's.
        **dict.fromkeys(hosts, any_id),
        "hreason": [(id_, reason) for id_ in things.every for reason in ("no_goods", "nonsense")],
        "hold": [(dialog, policy) for dialog in things.dialogs.values() for policy in ("first_paid", "nonsense")],
        "buyers": [()],
        "pick": [(id_, page) for id_ in things.every for page in (0, 1, -1, 2**62)],
        **{
            key: [(id_, page) for id_ in things.every for page in (0, -1, 2**62)]
            for key in verbs("selling pause resume pushes push")
        },
        "lots": [(id_, page) for id_ in things.every for page in (0, -1, 2**62)],
        "lotlow": [(id_, 0, was) for id_ in things.every for was in (50, -1)],
        "lotwho": [(id_, 1, page) for id_ in things.every for page in (0, -1, 2**62)],
        "lotback": [(id_, 1, 3600) for id_ in things.every],
        "addp": [(things.draft, things.product), (things.stream, things.product), (987_654, 987_654)],
        "editf": [(id_, field) for id_ in things.every for field in ("title", "when", "picture", "nonsense")],
        "addfor": [(id_, things.pending) for id_ in things.dialogs.values()],
        "skip": [(id_, step) for id_ in things.dialogs.values() for step in ("platforms", "picture", "title")],
        "when": [(id_, at) for id_ in (*things.dialogs.values(), 987_654) for at in (NOON + DAY, 0, 2**62, -(2**62))],
        "retime": theirs,
        "pedit": [(id_, field) for id_ in things.every for field in ("names", "price", "photo", "nonsense")],
        "tedit": [(id_, part) for id_ in things.every for part in ("fee", "regions", "nonsense")],
        "undoalbum": [("77",), ("nonsense",)],
        "flashmin": [(id_, minutes) for id_ in (*things.dialogs.values(), 987_654) for minutes in (10, 7, -1)],
        "template": [()],
        "coupons": [()],
        "couponnew": [()],
        "pnew": [()],
        # One's own addresses: the list of somebody who has none.
        "addrs": [()],
        # The owner's.
        "invite": [("host",), ("cashier",), ("supplier",), ("owner",)],
        **dict.fromkeys(verbs("invites staff member revoke unrevoke withdraw"), any_id),
        "invited": [()],
        "audit": [
            (about, "all", "all", edge) for about in ("-", "n", "o1", "p1001", "x") for edge in ("0", "b9", "?")
        ],
        "auditby": [("-", "all", "all", choice) for choice in ("about", "kind", "period", "nonsense")],
        # Everybody's own: with a word the stall does not know.
        "lang": [("xx",), ("EN",)],
    }


# One's own cart, whatever stands in the button.
OWN_CART = frozenset(verbs("cart cartp cartq cartprice cartdel cartclear checkout rest"))
# What everybody may tap at any time, about nothing of anybody else's.
OPEN_TO_ALL = OWN_CART | frozenset(
    verbs("home help streams shop shopp orders follow unfollow askstall privacy mydata erase eraseyes addrnew")
)


async def trading(stall: TestStall) -> Things:
    """Ann has an order to pay, one under review, one paid and one to be refunded; a draft stands beside."""
    store, now = stall.program.deps.store, stall.clock.now()
    await stall.owner.sends("/start")
    await comes_in(stall, "Ann")
    stream = await spring_stream(stall, "EGG", "RICE", "HONEY", "CANDY")
    draft = await spring_stream(stall, "SHOOT", title="Secret draft", is_announced=False)

    def trade_on(tx: Tx) -> Things:
        ann = stall.people["Ann"].id
        home = Address(recipient="Li Hua", phone="+8613800138000", address="12 Dingjiang West Road")
        addresses.save(tx, actor=ann, address=home, now=now)
        eggs, rice, *gone = (row["id"] for row in tx.all("SELECT id FROM offers WHERE stream_id = :s", s=stream.id))
        ordered = [trade.place(tx, ann, (eggs, 1), now=now) for _ in range(3)]
        ordered.append(trade.place(tx, ann, (rice, 1), now=now))
        proof = Proof(kind=ReceiptKind.TEXT, text="RCPT-4711")
        claims = [trade.send_receipt(tx, ann, order, now=now, proof=proof) for order in ordered[1:]]
        for claim in claims[1:]:
            payments.confirm(tx, actor=OWNER, payment_id=claim, now=now)
        parcel = tx.value("SELECT id FROM shipments WHERE order_id = :o", o=ordered[2])
        failed = tx.value("SELECT id FROM shipments WHERE order_id = :o", o=ordered[3])
        shipments.fail(tx, actor=OWNER, shipment_id=failed, now=now)
        asked = requests.ask_cancel(tx, actor=ann, order_id=ordered[2], now=now)
        assert isinstance(asked, requests.Asked)
        presale, later, delay, delayed = _presales(tx, ann, gone, now)
        return Things(
            presale=presale,
            later=later,
            delay=delay,
            delayed=delayed,
            request=asked.request_id,
            pending=ordered[0],
            paid=ordered[2],
            draft=draft.id,
            stream=stream.id,
            hidden_offer=tx.value("SELECT id FROM offers WHERE stream_id = :s", s=draft.id),
            product=tx.value("SELECT id FROM products WHERE code = 'SHOOT'"),
            payment=claims[0],
            refund=tx.value("SELECT id FROM refunds"),
            parcel=parcel,
            file=_file(tx, now),
            change=tx.value("SELECT max(id) FROM product_changes"),
            wait=_held_for(tx, ann, eggs, now),
            dialogs=_questions(tx, ann, eggs, ordered[0], parcel, draft.id, now),
        )

    things = await store.write(trade_on)
    await stall.settles()
    return things


def _presales(tx: Tx, ann: int, gone: Sequence[int], now: int) -> tuple[int, int, int, int]:
    """Two offers sold out to Ann. The presale of one waits for its supplier, that of the other is open and has moved:
    the id of the first, the second's offer, the delay, and Ann's order of it."""
    drafted = []
    for offer in gone:
        packs = tx.value("SELECT limit_per_buyer FROM offers WHERE id = :o", o=offer) or 1
        lots.set_quantity(tx, actor=OWNER, offer_id=offer, quantity=packs, was=50, now=now)
        trade.place(tx, ann, (offer, packs), now=now)
        tx.run("UPDATE offers SET limit_per_buyer = NULL WHERE id = :o", o=offer)
        window = Window(now + 10 * DAY, now + 14 * DAY)
        draft = presales.draft(tx, actor=OWNER, offer_id=offer, window=window, now=now)
        assert isinstance(draft, presales.Drafted)
        drafted.append(draft.presale_id)
    tx.run("UPDATE presales SET status = 'asked'")
    opened = openings.agree(tx, actor=OWNER, presale_id=drafted[1], version=1, now=now)
    assert isinstance(opened, openings.Opened)
    delayed = trade.place(tx, ann, (opened.offer_id, 1), now=now)
    later = Window(now + 20 * DAY, now + 24 * DAY)
    moved = delays.move(tx, actor=OWNER, offer_id=opened.offer_id, window=later, was_until=now + 14 * DAY, now=now)
    assert isinstance(moved, delays.Moved)
    while delays.go_on(tx, now=now):
        pass
    return drafted[0], opened.offer_id, moved.delay_id, delayed


def _file(tx: Tx, now: int) -> int:
    """A catalogue file of the owner's with a good and a bad row, and an album with a picture of a product."""
    albums.paste(tx, actor=OWNER, album="77", message_id=1, caption="SHOOT", photo="photo-1", now=now)
    content = workbook(HEADINGS, product(), product("BAD", price=0))
    received = imports.receive(
        tx,
        actor=OWNER,
        file=SentFile(file_id="BQAC_1", name="secret.xlsx"),
        catalogue=read_catalogue(content, "CNY", ["en", "zh"]),
        now=now,
    )
    assert isinstance(received, Received)
    return received.import_id


def _held_for(tx: Tx, person: int, offer: int, now: int) -> int:
    """Two units of an offer, held by its waiting list."""
    entry = tx.insert(
        "INSERT INTO waitlist (offer_id, person_id, quantity, mode, status, held, turn, hold_until, joined_at,"
        " offered_at)"
        " VALUES (:offer, :person, 2, 'all', 'offered', 2, 1, :until, :now, :now)",
        offer=offer,
        person=person,
        until=now + HOUR,
        now=now,
    )
    assert stock.hold(tx, offer, entry, 2, now, "test")
    return entry


def _questions(tx: Tx, ann: int, offer: int, order: int, parcel: int, draft: int, now: int) -> dict[str, int]:
    """A question of every kind, each asked of somebody else: Ann has the checkout."""
    data: dict[str, dict[str, Any]] = {
        "checkout.summary": {"lines": [[offer, 1, 3600]]},
        "receipt.which": {"proof": {"kind": "text", "text": "x"}, "orders": [order]},
        "unsaid.text": {
            "text": "RCPT-4711",
            "order": order,
            "meant": ["EGG 1"],
            "wanted": [["EGG", 1]],
            "streams": [draft],
            "wishes": [[offer, 1, 3600]],
        },
        "shipping.carrier": {"shipment": parcel},
        "offering.card": {"stream": draft, "product": 1, "quantity": 1, "price": 1},
        "newstream.platforms": {"title": "Secret draft", "starts_at": now},
        "edit.title": {"stream": draft},
        "change.lines": {"order": order, "lines": {}},
        "readdress.sure": {
            "order": order,
            "to": {
                "recipient": "Mal",
                "phone": "1",
                "address": "2 Hill Road",
                "location": None,
                "pickup_point": None,
            },
        },
        "hostcancel.words": {"order": order},
        "import.file": {},
        "product.price": {"product": 1},
        "newproduct.lines": {},
        "tariff.fee": {"supplier": 1},
        "point.lines": {"supplier": 0},
        "lot.price": {"offer": offer, "stream": draft, "was": 3600},
        "presale.price": {"presale": 1, "version": 1, "stream": draft},
        "presaledate.window": {"presale": 1, "version": 1, "supplier": 1},
        "delay.sure": {"offer": offer, "was": now, "supplier": 1, "host": True, "window": [now, now]},
        "addorder.who": {"stream": draft, "talkers": [[order, "Somebody"]]},
    }
    asked = {}
    for number, (name, held) in enumerate(data.items()):
        person = ann if number == 0 else 9_000 + number
        tx.run(
            "INSERT OR IGNORE INTO people (id, name, created_at) VALUES (:id, 'Somebody', :now)", id=person, now=now
        )
        kind, step = name.split(".")
        asked[name] = dialogs.begin(tx, actor=person, kind=kind, step=step, data=held, now=now, silent=True).id
    return asked


async def books(stall: TestStall) -> dict[str, list[tuple[Any, ...]]]:
    """Every business table whole, row by row."""

    def dump(tx: Tx) -> dict[str, list[tuple[Any, ...]]]:
        names = [row["name"] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: [tuple(row) for row in tx.all(f"SELECT * FROM {name} ORDER BY 1")]
            for name in names
            if name not in LEDGERS
        }

    return await stall.program.deps.store.read(dump)


async def press(forger: Person, data: str) -> str:
    """Tap a button that was never shown; returns what the tap was answered."""
    forger.press(data, forger.last)
    return (await forger.answered()).text or ""


async def test_every_button_that_takes_an_id_is_tried(stall: TestStall) -> None:
    things = await trading(stall)
    tried = forgeries(things)
    taps = handlers.routes().taps
    assert tried.keys() | OPEN_TO_ALL == taps.keys()
    for verb, cases in tried.items():
        route = taps[verb]
        assert all(len(case) == route.ints + route.words for case in cases), verb


@pytest.mark.parametrize("role", [None, Role.SUPPLIER])
async def test_a_forged_button_changes_nothing_and_tells_nothing(stall: TestStall, role: Role | None) -> None:
    things = await trading(stall)
    mal = await comes_in(stall, "Mal")
    if role is Role.SUPPLIER:
        await _supplies_something_else(stall, mal, things)
    before = await books(stall)
    for verb, cases in forgeries(things).items():
        for case in cases:
            data = "|".join(("1", verb, *(str(part) for part in case)))
            assert await press(mal, data) == STALE, data
            assert not any(secret in message.text for message in mal.inbox for secret in SECRETS), data
    await stall.settles()
    assert await books(stall) == before
    assert len(mal.inbox) == 1


HOSTS = frozenset(
    verbs(
        "desk groups addorder "
        "preview announce live end endyes edit cancels cancelsyes report product products pick addp editf "
        "offer offers offersp stream remind unremind followat buy addopen tocart order "
        "hcancel hreason hwords buyer buyers block allow "
        "archive shelve unshelve undo pedit template pnew "
        "lots lot lotmore lotqty lotprice lotlow lotwho lotback wjoin wadd "
        "psnew ps psqty psprice pswhen psask psopen psok psdrop psmove dl "
        "specials special flash steps flashstop coupons coupon couponnew couponstop "
        "delivery tariff tedit points point pointnew pointedit pointdel "
        "selling pause resume pauseall resumeall resumedesk pushes push"
    )
)
CASHIERS = frozenset(verbs("slip confirm reject reason refund repaid order rq rqyes rqno rqreason"))


@pytest.mark.parametrize(("role", "own"), [(Role.HOST, HOSTS), (Role.CASHIER, CASHIERS)])
async def test_a_role_reaches_no_further_than_it_goes(stall: TestStall, role: Role, own: frozenset[str]) -> None:
    things = await trading(stall)
    worker = await works_as(stall, "Wen", role)
    before = await books(stall)
    for verb, cases in forgeries(things).items():
        if verb in own:
            continue
        for case in cases:
            data = "|".join(("1", verb, *(str(part) for part in case)))
            assert await press(worker, data) == STALE, data
    await stall.settles()
    assert await books(stall) == before


NONSENSE = """
    x 1 1| 2|home 1|nosuch 1|nosuch|1 1|order 1|order|1|2 1|order|x 1|order|01 1|order|1.5 1|order|٣ 1|ORDER|1
    1|order|9223372036854775808 1|order|-9223372036854775809 1|home|1 |||| 1|reason|1|<b> 1|lang|zh|en 1|which|1
"""


async def test_a_button_made_of_nonsense_is_answered(stall: TestStall) -> None:
    await trading(stall)
    mal = await comes_in(stall, "Mal")
    before = await books(stall)
    for data in NONSENSE.split():
        assert await press(mal, data) == STALE, data
    await stall.settles()
    assert await books(stall) == before


async def test_what_is_open_to_all_leaves_other_peoples_things_alone(stall: TestStall) -> None:
    await trading(stall)
    mal = await comes_in(stall, "Mal")
    before = await books(stall)
    for data in ("1|home", "1|help", "1|streams", "1|shop", f"1|shopp|{2**62}", "1|shopp|-1", "1|orders"):
        assert await press(mal, data) == ""
    await stall.settles()
    assert await books(stall) == before
    assert not any(secret in message.text for message in mal.inbox for secret in SECRETS)


async def test_a_cart_answers_to_nobody_but_its_owner(stall: TestStall) -> None:
    things = await trading(stall)
    mal = await comes_in(stall, "Mal")
    ann, now = stall.people["Ann"].id, stall.clock.now()
    offer = await stall.value("SELECT id FROM offers WHERE stream_id = :s", s=things.stream)
    await stall.program.deps.store.write(carts.add, actor=ann, offer_id=offer, quantity=2, now=now)
    before = await books(stall)
    for verb in OWN_CART:
        ints = handlers.routes().taps[verb].ints
        for id_ in (offer, things.stream, 0, -1, 2**63 - 1):
            await press(mal, "|".join(("1", verb, *(str(part) for part in (id_, 5)[:ints]))))
    await stall.settles()
    assert await books(stall) == before
    assert not any(secret in message.text for message in mal.inbox for secret in SECRETS)


async def test_a_button_under_a_lost_message_is_answered(stall: TestStall) -> None:
    things = await trading(stall)
    mal = await comes_in(stall, "Mal")
    lost = mal.last
    await mal.deletes_chat()
    mal.press(f"1|order|{things.pending}", lost)
    assert (await mal.answered()).text == STALE
    mal.press("1|home", lost)
    await mal.answered()
    await mal.sees("Tonggu Stall")


async def _supplies_something_else(stall: TestStall, mal: Person, things: Things) -> None:
    """Mal works for a supplier, but for none that has a parcel here."""

    def grant(tx: Tx) -> None:
        theirs = {row[0] for row in tx.all("SELECT supplier_id FROM shipments")}
        other = next(row["id"] for row in tx.all("SELECT id FROM suppliers") if row["id"] not in theirs)
        tx.run(
            "INSERT INTO roles (person_id, role, supplier_id, granted_at) VALUES (:p, 'supplier', :s, 0)",
            p=mal.id,
            s=other,
        )

    await stall.program.deps.store.write(grant)
