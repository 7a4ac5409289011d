"""Putting products up for sale in a stream: the picker and the prefilled card."""

from collections.abc import Mapping
from typing import Any

from handlers.routing import CommandHandler, Step, Tap
from handlers.wording import Kind

COMMANDS: Mapping[str, CommandHandler] = {}
TAPS: Mapping[str, Tap] = {}
STEPS: Mapping[str, Step] = {}
KINDS: Mapping[str, Kind[Any]] = {}
