"""docs/operating.md and the running process: the addresses it answers, and every reason why it is not ready."""

import ast
import re

from bot import web
from tests.docs.pages import page, quoted, rows, section
from tests.docs.tree import ROOT

PAGE = page("docs/operating.md")


def reasons() -> set[str]:
    """Every text that can stand on /readyz: set as a phase, or told to `Health.troubled`."""
    found = set()
    for name in ("bot/run.py", "bot/intake.py", "bot/health.py"):
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="troubled"), args=[ast.Constant(value=str(text))]):
                    found.add(text)
                case ast.Assign(targets=[ast.Attribute(attr="phase")], value=ast.Constant(value=str(text))):
                    found.add(text)
                case ast.AnnAssign(target=ast.Name(id="phase" | "trouble"), value=ast.Constant(value=str(text))):
                    found.add(text)
                case _:
                    pass
    return found


def test_every_address_is_documented_and_every_documented_one_answers() -> None:
    served = {route.resource.canonical for route in web._application(lambda: None).router.routes() if route.resource}
    assert {quoted(cells[0])[0] for cells in rows(section(PAGE, "Is it open?"))} == served
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))]
    assert {name for text in pages for name in re.findall(r"`(/[a-z]+z|/metrics)`", text)} == served


def test_every_reason_for_not_being_ready_is_documented_and_every_documented_one_exists() -> None:
    assert {quoted(cells[0])[0] for cells in rows(section(PAGE, "When it is not ready"))} == reasons()
