"""Front door: start card, deep links, help, language, menus."""

from collections.abc import Mapping

from handlers.routing import CommandHandler, Step, Tap
from handlers.wording import Kinds

COMMANDS: Mapping[str, CommandHandler] = {}
TAPS: Mapping[str, Tap] = {}
STEPS: Mapping[str, Step] = {}
KINDS: Kinds = {}
