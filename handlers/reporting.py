"""What a stream brought: the report to its hosts."""

from collections.abc import Mapping
from typing import Any

from handlers.routing import CommandHandler, Step, Tap
from handlers.wording import Kind

COMMANDS: Mapping[str, CommandHandler] = {}
TAPS: Mapping[str, Tap] = {}
STEPS: Mapping[str, Step] = {}
KINDS: Mapping[str, Kind[Any]] = {}
