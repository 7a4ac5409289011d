"""The owner's side: invitations, who holds which role, and what went wrong."""

from collections.abc import Mapping
from typing import Any

from handlers.routing import CommandHandler, Step, Tap
from handlers.wording import Kind

COMMANDS: Mapping[str, CommandHandler] = {}
TAPS: Mapping[str, Tap] = {}
STEPS: Mapping[str, Step] = {}
KINDS: Mapping[str, Kind[Any]] = {}
