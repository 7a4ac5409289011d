"""A crowd that wants the same few units at once, and the local Telegram it stands in: one process beside the bot's.

`python -m benchmarks.crowd BUYERS LINK`. Prints the server's port, waits for a line on stdin, then lets everybody
follow the link, choose, order and place, each as fast as they are answered. Prints what it saw as one JSON object.
"""

import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass

from benchmarks.books import FIRST_BUYER, TOKEN, USERNAME, processor
from playground import Message, Person, Playground
from playground.clock import RealClock
from playground.server import serve
from playground.taps import find

PATIENCE = 120.0
"""Seconds after which an answer counts as missing."""

WAITING_LIST = "Join waiting list"


@dataclass(frozen=True, slots=True)
class Told:
    """How a conversation ended: the message that decided it and the seconds from the tap to that message.

    `has_won` is None where neither a payment message nor the waiting list was shown.
    """

    has_won: bool | None
    seconds: float
    at: float


async def _answer(buyer: Person, since: int, shown: Message | None) -> Message:
    """What the bot shows after the buyer's last action; what was shown before where it says no more than a toast."""
    toast = "" if shown is None else (await buyer.answered(PATIENCE)).text
    if toast and shown is not None and not any(one.from_bot for one in buyer.chat.changed_since(since)):
        return shown
    return await buyer.sees("", timeout=PATIENCE, since=since)


async def _shops(buyer: Person, link: str, *, looks_at_two: bool) -> Told:
    """Deep link, quantity, `Order now`, `Place order`; it ends at the payment message or where the units are gone."""
    begun, since = time.perf_counter(), buyer.mark()
    await buyer.opens(link)
    shown = await _answer(buyer, since, None)
    # Everybody looks at two; every other one takes one after all.
    for label in ("+", *(() if looks_at_two else ("−",)), "Order now", "Place order"):
        found = find([shown], label)
        if found is None:
            break
        begun, since = time.perf_counter(), buyer.mark()
        await buyer.taps_button(*found)
        shown = await _answer(buyer, since, shown)
    ended = time.perf_counter()
    if find([shown], "I have paid") is not None:
        return Told(True, ended - begun, ended)
    return Told(False if find([shown], WAITING_LIST) is not None else None, ended - begun, ended)


async def _tries(buyer: Person, link: str, *, looks_at_two: bool) -> Told:
    try:
        return await _shops(buyer, link, looks_at_two=looks_at_two)
    except AssertionError as unseen:
        print(str(unseen).splitlines()[0], file=sys.stderr)
        return Told(None, PATIENCE, time.perf_counter())


async def _rush(buyers: int, link: str) -> None:
    telegram = Playground(RealClock(), query_lifetime=PATIENCE)
    telegram.add_bot(TOKEN, username=USERNAME)
    people = [telegram.person(f"Buyer {number}", id=FIRST_BUYER + number) for number in range(buyers)]
    async with await serve(telegram) as server:
        print(server.base_url.rpartition(":")[2], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        before, used, began = Counter(telegram.calls.counts), processor(), time.perf_counter()
        twos = itertools.cycle((True, False))
        told = await asyncio.gather(
            *(_tries(buyer, link, looks_at_two=two) for buyer, two in zip(people, twos, strict=False))
        )
        seconds, used = time.perf_counter() - began, processor() - used
        calls = telegram.calls.counts - before
        del calls["getUpdates"]
        won = [one for one in told if one.has_won]
        print(
            json.dumps(
                {
                    "seconds": seconds,
                    "selling": max((one.at for one in won), default=began) - began,
                    "telegram": used / seconds,
                    "calls": calls,
                    "winners": [one.seconds for one in won],
                    "losers": [one.seconds for one in told if one.has_won is False],
                    "unanswered": sum(
                        one.has_won is None or buyer.awaits_answer for one, buyer in zip(told, people, strict=True)
                    ),
                }
            ),
            flush=True,
        )
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)  # until the bot has gone


if __name__ == "__main__":
    asyncio.run(_rush(int(sys.argv[1]), sys.argv[2]))
