"""docs/operating.md and the running process: its addresses, every reason why it is not ready, every metric."""

import ast
import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from bot import scrape, web
from bot.config import Listen
from bot.front import Front
from tests.docs.pages import page, quoted, rows, section
from tests.docs.tree import ROOT, modules
from tests.stall import open_stall

PAGE = page("docs/operating.md")
BY_WEBHOOK = {"mode": "webhook", "webhook": {"url": "http://127.0.0.1/telegram"}}


def reasons() -> set[str]:
    """Every text that can stand on /readyz: set as a phase, or told to `Health.troubled`."""
    found = {"starting"}
    for path in modules("bot"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="troubled"), args=[_, ast.Constant(value=str(text))]):
                    found.add(text)
                case ast.Call(func=ast.Attribute(attr="troubled")):
                    raise AssertionError(f"{path.name}:{node.lineno}: the reason is not written out")
                case ast.Assign(targets=[ast.Attribute(attr="phase")], value=ast.Constant(value=str(text))):
                    found.add(text)
                case _:
                    pass
    return found


def test_every_address_is_documented_and_every_documented_one_answers() -> None:
    front = Front()
    served = {route.path for route in web.watching(Listen("", 0), front.trouble, front.page).routes}
    assert {quoted(cells[0])[0] for cells in rows(section(PAGE, "Is it open?"))} == served
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))]
    assert {name for text in pages for name in re.findall(r"`(/[a-z]+z|/metrics)`", text)} == served


def test_every_reason_for_not_being_ready_is_documented_and_every_documented_one_exists() -> None:
    assert {quoted(cells[0])[0] for cells in rows(section(PAGE, "When it is not ready"))} == reasons()


async def measured(folder: Path) -> dict[str, set[str]]:
    """Every metric on the page of a stall with a webhook, with its labels as far as they can be known."""
    async with open_stall(folder, telegram=BY_WEBHOOK) as stall:
        metrics = stall.program.metrics
        stall.program.deps.refused_acts["SoldOut"] += 1
        stall.program.deps.refused_taps["stale"] += 1
        stall.program.pacer.pause_chat(1, 0.001)
        text = (await scrape.page(metrics, stall.program, is_ready=True)).decode()
    labels = {name: set[str]() for name in re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)}
    for name, inside in re.findall(r"^(\w+){(.*)} ", text, re.MULTILINE):
        if name in labels:
            labels[name] |= set(re.findall(r'(\w+)="', inside))
    for counted in (one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)):
        name = next(name for name in labels if name.removesuffix("_total") == counted._name)
        labels[name] |= set(counted._labelnames)
    return labels


async def test_every_metric_is_documented_with_its_labels_and_every_documented_one_exists(tmp_path: Path) -> None:
    documented = {quoted(cells[0])[0]: set(quoted(cells[1])) for cells in rows(section(PAGE, "What can be measured"))}
    assert documented == await measured(tmp_path)


async def test_what_is_said_of_a_metric_is_a_sentence(tmp_path: Path) -> None:
    async with open_stall(tmp_path, telegram=BY_WEBHOOK) as stall:
        text = (await scrape.page(stall.program.metrics, stall.program, is_ready=True)).decode()
    words = re.findall(r"^# HELP livestall_\w+ (.*)$", text, re.MULTILINE)
    assert len(words) > 30
    assert [each for each in words if not re.match(r"[A-Z0-9].*\.$", each)] == []
