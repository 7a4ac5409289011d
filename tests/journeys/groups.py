"""A group beside a stream, for stories: who is in it, and that it is linked."""

from dataclasses import dataclass

from playground.chats import Chat
from playground.messages import Message
from playground.people import Person
from storage import addresses
from storage.addresses import Address
from storage.streams import Stream
from tests.journeys.market import comes_in, spring_stream
from tests.stall import TestStall

HOME = Address(recipient="Li Hua", phone="+8613800138000", address="12 Dingjiang West Road, Tonggu")


@dataclass(frozen=True, slots=True)
class Circle:
    """A linked group: Ann has opened the stall before, Ben never has."""

    group: Chat
    ann: Person
    ben: Person
    stream: Stream

    @property
    def said(self) -> list[Message]:
        """What the bot has said in the group, oldest first."""
        return [message for message in self.group.messages.values() if message.from_bot]


async def circle(stall: TestStall, *codes: str, quantity: int | None = 50, kind: str = "supergroup") -> Circle:
    """An announced stream and a group the owner has linked to it; the bot's privacy mode is off."""
    stream = await spring_stream(stall, *(codes or ("EGG",)), quantity=quantity)
    await comes_in(stall, "Ann")
    await stall.owner.sends("/start")
    await stall.settles()
    ann, ben = stall.person("Ann"), stall.person("Ben")
    stall.playground.bot.reads_all = True
    group = stall.playground.group("Egg friends", members=[ann, ben, stall.owner], kind=kind)
    await stall.owner.sends("/link", chat=group)
    await stall.settles()
    return Circle(group, ann, ben, stream)


async def lives_at_home(stall: TestStall, *people: Person) -> None:
    """They have a saved address."""
    for person in people:
        await stall.program.deps.store.write(addresses.save, actor=person.id, address=HOME, now=stall.clock.now())


async def says(stall: TestStall, person: Person, text: str, group: Chat) -> Message:
    """Somebody writes in the group, and everything that follows has happened."""
    message = await person.sends(text, chat=group)
    await stall.settles()
    return message


async def taken(stall: TestStall) -> object:
    """Packs of every offer that are taken or held."""
    return await stall.value("SELECT sum(taken) FROM offers")
