"""People who go by what their chats show: buyers, a cashier, suppliers. They wait, and tap again, as people do.

They know nothing of the bot's process. Whoever sees nothing happen for a while either waits on or does the last thing
once more; that is all they notice of a kill.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator

from playground.messages import Button, Message
from playground.people import Person
from playground.taps import find
from tests.journeys.actors import ORDER_CODE, code_in
from tests.playground.pictures import png

NAME, PHONE, ADDRESS = "Li Hua", "138 0013 8000", "12 Dingjiang West Road, Tonggu, Yichun, Jiangxi"
ANSWERS = {"recipient": NAME, "phone": PHONE, "address": ADDRESS}
Step = Callable[[], Awaitable[object]]
AGAIN = 0.6  # how often somebody who has waited in vain does it once more


class Somebody:
    """A person with patience. `chance` is the round's own, so that a seed tells the story again."""

    def __init__(self, person: Person, chance: random.Random) -> None:
        self.person = person
        self._chance = chance
        self._mark = 0

    def news(self) -> Iterator[Message]:
        """What the bot has sent or edited since the last own action, the newest first."""
        return (message for message in reversed(self.person.chat.changed_since(self._mark)) if message.from_bot)

    def saw(self, *words: str) -> bool:
        """Whether one of the bot's messages shows all these words now."""
        return any(all(word in message.text for word in words) for message in self.person.inbox)

    async def waits(self, seconds: float) -> bool:
        """Until something changes in the chat; False if nothing did in that time."""
        try:
            await asyncio.wait_for(self.person.chat.signal.next(), seconds)
        except TimeoutError:
            return False
        return True

    def patience(self) -> float:
        """How long nothing may happen before a person stirs."""
        return self._chance.uniform(0.5, 2.0)


class Buyer(Somebody):
    """Wants one pack of one product, once: orders, pays, sends a receipt, says that it came."""

    def __init__(self, person: Person, chance: random.Random, link: str, product: str) -> None:
        super().__init__(person, chance)
        self.product = product
        self.code: str | None = None
        self._link = link
        # Nobody sends what somebody else has sent: the cashiers would be warned, and their cards told anew.
        self._receipt = png(60 + person.id % 97, 90, chance.randrange(256))

    @property
    def is_served(self) -> bool:
        """Everything a buyer is promised was there: the code to pay, the confirmation, the parcel, the thanks.

        The thanks come in the message that told of the parcel, once its button has been tapped.
        """
        code = self.code
        return code is not None and self.saw("Payment confirmed", code) and self.saw(f"Order {code} is completed")

    async def shops(self) -> None:
        """From the link to the thanks."""
        last: Step = lambda: self.person.opens(self._link)  # noqa: E731 - the steps that follow are lambdas too
        await last()
        while not self.is_served:
            step = self._next()
            if step is not None:
                last = step
                await last()
            elif not await self.waits(self.patience()) and self._chance.random() < AGAIN:
                await last()

    def _next(self) -> Step | None:
        """What the newest message that asks for something asks for."""
        looked_at = self.person.mark()
        for message in self.news():
            step = self._ordering(message) if self.code is None else self._waiting(message)
            if step is not None:
                self._mark = looked_at
                return step
        return None

    def _ordering(self, message: Message) -> Step | None:
        if message.photo is not None and "Pay by" in message.text:
            self.code = code_in(message.text)
            return self._pays
        for label in ("Place order", "Order now", self.product, "Products"):
            if found := find([message], label):
                return lambda: self.person.taps_button(*found)
        word = next((word for word in ANSWERS if word in message.text), None)
        return None if word is None else lambda: self.person.sends(ANSWERS[word])

    def _waiting(self, message: Message) -> Step | None:
        found = find([message], "Received")
        return None if found is None else lambda: self.person.taps_button(*found)

    async def _pays(self) -> None:
        if not self.saw("Payment confirmed"):
            await self.person.sends_photo(self._receipt)


class Worker(Somebody):
    """Works off what is asked about orders until nobody needs it any more; of each order the newest word counts."""

    def __init__(self, person: Person, chance: random.Random) -> None:
        super().__init__(person, chance)
        self._tapped: dict[tuple[int, str], float] = {}

    def cards(self, label: str) -> dict[str, tuple[Message, Button]]:
        """By order code: the cards that have this button now."""
        newest: dict[str, Message] = {}
        for message in self.person.chat.newest_first():
            code = ORDER_CODE.search(message.text) if message.from_bot else None
            if code is not None:
                newest.setdefault(code.group(), message)
        shown = ((code, find([message], label)) for code, message in newest.items())
        return {code: found for code, found in shown if found is not None}

    async def taps_all(self, label: str) -> None:
        """Tap this button on every card that has it, unless that was done a moment ago."""
        for message, button in self.cards(label).values():
            instant, now = self._tapped.get((message.id, label), 0.0), asyncio.get_running_loop().time()
            if now - instant > self.patience():
                self._tapped[message.id, label] = now
                await self.person.taps_button(message, button)


class Cashier(Worker):
    """Confirms every receipt."""

    async def works(self) -> None:
        """Until cancelled."""
        while True:
            await self.taps_all("Confirm")
            await self.waits(0.3)


class Supplier(Worker):
    """Accepts every parcel, and sends one after another, with or without a tracking number."""

    async def works(self) -> None:
        """Until cancelled."""
        while True:
            await self.taps_all("Accept")
            ready = next(iter(self.cards("Mark shipped")), None)
            if ready is None:
                await self.waits(0.3)
            else:
                await self._ships(ready)

    async def _ships(self, code: str) -> None:
        """Answer what is asked until the parcel is on its way, or nothing happens for a while."""
        self._mark = self.person.mark()
        await self.person.taps_button(*self.cards("Mark shipped")[code])
        types = self._chance.random() < 0.5
        while code in self.cards("Mark shipped"):
            looked_at = self.person.mark()
            question = next((message for message in self.news() if "?" in message.text), None)
            if question is None:
                if not await self.waits(self.patience()):
                    return
                continue
            self._mark = looked_at
            none = find([question], "No tracking")
            if none is not None and not types:
                await self.person.taps_button(*none)
            else:
                await self.person.sends("SF Express" if none is not None else "SF1234567890123")
