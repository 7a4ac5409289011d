"""How a command ends badly: one sentence for the operator, never a traceback."""


class CommandFailed(Exception):
    """The command can't do its work. The text says what is wrong and what to do, on one line."""
