"""A local Telegram: a strict Bot API, people you can play, faults on demand. Imports nothing of the stall.

The core is `Playground` (api.py); bots reach it in process through `playground.request` or over HTTP through
`playground.server`. This module only offers the names that tests speak with.
"""

from playground.api import Playground
from playground.bots import BotAccount
from playground.calls import Call
from playground.chats import Chat
from playground.faults import Fault, Faults
from playground.limits import Limits
from playground.messages import Button, Message
from playground.people import Person, Tap
from playground.queries import AnsweredQuery
from playground.refusals import Refusal

__all__ = [
    "AnsweredQuery",
    "BotAccount",
    "Button",
    "Call",
    "Chat",
    "Fault",
    "Faults",
    "Limits",
    "Message",
    "Person",
    "Playground",
    "Refusal",
    "Tap",
]
