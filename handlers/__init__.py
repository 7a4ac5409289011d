"""The whole route table: every command, button, question and message kind, and who looks after it.

Each audience's file declares its own part; two files claiming one name is a mistake that stops the start.
"""

from collections.abc import Mapping
from typing import TypeVar

from handlers import (
    adding,
    addressing,
    amending,
    announcing,
    arriving,
    asking,
    auditing,
    browse,
    buyers,
    calloffs,
    cart,
    cashier,
    changing,
    checkout,
    choosing,
    couponing,
    delaying,
    delivering,
    entry,
    givingcodes,
    grouplinks,
    groups,
    groupwords,
    handing,
    hosting,
    importing,
    keeping,
    listing,
    missed,
    newproduct,
    offering,
    operating,
    orderends,
    ordering,
    pausing,
    payment,
    pickingup,
    pictures,
    presaling,
    privacy,
    progress,
    pushing,
    redirecting,
    refusing,
    reporting,
    requesting,
    restocking,
    sayings,
    smallprint,
    specialprices,
    staffing,
    supplying,
    unasked,
    waiting,
    wishing,
    words,
)
from handlers.routing import Routes

V = TypeVar("V")


def _merged(*tables: Mapping[str, V]) -> dict[str, V]:
    merged: dict[str, V] = {}
    for table in tables:
        taken = merged.keys() & table.keys()
        if taken:
            raise ValueError(f"declared twice: {', '.join(sorted(taken))}")
        merged.update(table)
    return merged


def routes() -> Routes:
    """Everything the stall reacts to."""
    return Routes(
        commands=_merged(
            entry.COMMANDS,  # /start /help /language /follow /cancel
            privacy.COMMANDS,  # /privacy
            smallprint.COMMANDS,  # /terms /paysupport
            browse.COMMANDS,  # /streams /shop
            cart.COMMANDS,  # /cart
            ordering.COMMANDS,  # /orders
            addressing.COMMANDS,  # /address
            cashier.COMMANDS,  # /payments /refunds
            supplying.COMMANDS,  # /fulfil
            hosting.COMMANDS,  # /newstream /mystreams
            grouplinks.COMMANDS,  # /link /unlink
            listing.COMMANDS,  # /products
            importing.COMMANDS,  # /import
            delivering.COMMANDS,  # /delivery
            reporting.COMMANDS,  # /report
            couponing.COMMANDS,  # /coupons /coupon
            buyers.COMMANDS,  # /buyers
            operating.COMMANDS,  # /invite
            staffing.COMMANDS,  # /roles
            auditing.COMMANDS,  # /audit
        ),
        taps=_merged(
            entry.TAPS,
            privacy.TAPS,
            browse.TAPS,
            asking.TAPS,
            cart.TAPS,
            checkout.TAPS,
            givingcodes.TAPS,
            choosing.TAPS,
            addressing.TAPS,
            adding.TAPS,
            ordering.TAPS,
            payment.TAPS,
            cashier.TAPS,
            supplying.TAPS,
            handing.TAPS,
            hosting.TAPS,
            listing.TAPS,
            changing.TAPS,
            newproduct.TAPS,
            importing.TAPS,
            pictures.TAPS,
            delivering.TAPS,
            pickingup.TAPS,
            offering.TAPS,
            specialprices.TAPS,
            couponing.TAPS,
            restocking.TAPS,
            presaling.TAPS,
            delaying.TAPS,
            waiting.TAPS,
            announcing.TAPS,
            pausing.TAPS,
            pushing.TAPS,
            grouplinks.TAPS,
            missed.TAPS,
            groups.TAPS,
            words.TAPS,
            reporting.TAPS,
            operating.TAPS,
            staffing.TAPS,
            auditing.TAPS,
            amending.TAPS,
            redirecting.TAPS,
            wishing.TAPS,
            requesting.TAPS,
            calloffs.TAPS,
            buyers.TAPS,
        ),
        steps=_merged(
            cart.STEPS,
            checkout.STEPS,
            givingcodes.STEPS,
            choosing.STEPS,
            addressing.STEPS,
            adding.STEPS,
            payment.STEPS,
            supplying.STEPS,
            asking.STEPS,
            hosting.STEPS,
            changing.STEPS,
            newproduct.STEPS,
            importing.STEPS,
            delivering.STEPS,
            pickingup.STEPS,
            offering.STEPS,
            specialprices.STEPS,
            couponing.STEPS,
            restocking.STEPS,
            presaling.STEPS,
            delaying.STEPS,
            missed.STEPS,
            staffing.STEPS,
            amending.STEPS,
            redirecting.STEPS,
            calloffs.STEPS,
        ),
        kinds=_merged(
            sayings.KINDS,
            addressing.KINDS,
            entry.KINDS,
            privacy.KINDS,
            smallprint.KINDS,
            browse.KINDS,
            asking.KINDS,
            refusing.KINDS,
            checkout.KINDS,
            cart.KINDS,
            adding.KINDS,
            ordering.KINDS,
            orderends.KINDS,
            payment.KINDS,
            cashier.KINDS,
            supplying.KINDS,
            arriving.KINDS,
            hosting.KINDS,
            listing.KINDS,
            changing.KINDS,
            importing.KINDS,
            pictures.KINDS,
            delivering.KINDS,
            pickingup.KINDS,
            offering.KINDS,
            specialprices.KINDS,
            couponing.KINDS,
            restocking.KINDS,
            presaling.KINDS,
            delaying.KINDS,
            waiting.KINDS,
            announcing.KINDS,
            pausing.KINDS,
            pushing.KINDS,
            progress.KINDS,
            grouplinks.KINDS,
            groupwords.KINDS,
            words.KINDS,
            reporting.KINDS,
            operating.KINDS,
            staffing.KINDS,
            auditing.KINDS,
            amending.KINDS,
            wishing.KINDS,
            requesting.KINDS,
            calloffs.KINDS,
            buyers.KINDS,
            keeping.KINDS,
        ),
        picture=unasked.media,
        chatter=asking.chatter,
        reply=asking.reply,
        group_text=groups.heard,
        group_commands=groups.COMMANDS,  # /link /stall /unlink /start, in a group
        group_taps=groups.GROUP_TAPS,
        group_membership=groups.membership,
        group_moved=groups.moved,
    )
