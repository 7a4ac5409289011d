"""The pages as the tests read them: sections, tables, blocks of commands."""

import re
from collections.abc import Iterator
from itertools import pairwise

from tests.docs.tree import ROOT

_CELL = re.compile(r"(?<!\\)\|")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def page(name: str) -> str:
    """A page by its path in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands under a heading, its own sub-headings included. Raises KeyError if there is no such heading."""
    found = list(_HEADING.finditer(text))
    for index, match in enumerate(found):
        if match[2] == heading:
            after = (later.start() for later in found[index + 1 :] if len(later[1]) <= len(match[1]))
            return text[match.end() : next(after, len(text))]
    raise KeyError(heading)


def headings(text: str, level: int) -> list[str]:
    """The headings of one level, in order."""
    return [match[2] for match in _HEADING.finditer(text) if len(match[1]) == level]


def rows(text: str) -> list[list[str]]:
    """The cells of every table's rows, without the heads."""
    lines = text.splitlines()
    return [
        [cell.strip().replace("\\|", "|") for cell in _CELL.split(line)[1:-1]]
        for above, line in pairwise(["", *lines])
        if line.startswith("|") and above.startswith("|") and not line.startswith("|--")
    ]


def quoted(cell: str) -> list[str]:
    """The words between back-ticks."""
    return re.findall(r"`([^`]+)`", cell)


def shell_lines(text: str) -> Iterator[str]:
    """Every line of the page's shell blocks, without comments; continued lines are joined."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            yield line.split(" # ")[0].strip()
