"""How a command ends badly: one sentence for the operator, never a traceback."""

from typing import Final

UNUSABLE: Final = 78
"""EX_CONFIG of sysexits.h: until somebody changes something, trying again is useless."""


class CommandFailed(Exception):
    """The command can't do its work. The text says what is wrong and what to do, on one line; `code` is the exit."""

    def __init__(self, text: str, code: int = 1) -> None:
        self.code = code
        super().__init__(text)
