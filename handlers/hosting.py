"""The host's questions: a new stream's title, time, platforms and picture, and changing them later."""

from collections.abc import Mapping
from typing import Any

from handlers.routing import CommandHandler, Step, Tap
from handlers.wording import Kind

COMMANDS: Mapping[str, CommandHandler] = {}
TAPS: Mapping[str, Tap] = {}
STEPS: Mapping[str, Step] = {}
KINDS: Mapping[str, Kind[Any]] = {}
