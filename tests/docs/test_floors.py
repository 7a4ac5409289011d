"""The floors and fences hold, and the linter that holds them bites."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.tree import PACKAGES, ROOT, imports, modules

LINT = Path(sys.executable).with_name("lint-imports")

# Each line of `file: statement` breaks one promise of docs/architecture.md.
FORBIDDEN = {
    "shop/a.py": "import storage.a",
    "storage/a.py": "import handlers.a",
    "handlers/a.py": "import scheduler.a",
    "scheduler/a.py": "import handlers.b",
    "playground/a.py": "import shop.b",
    "bot/a.py": "import playground.b",
    "storage/b.py": "import telegram.ext",
    "playground/b.py": "import telegram",
    "handlers/b.py": "import sqlite3",
    "bot/b.py": "import aiosqlite",
    "storage/c.py": "import apscheduler.schedulers",
    "scheduler/b.py": "import babel.dates",
    "bot/c.py": "import qrcode",
    "handlers/c.py": "import aiohttp.web",
    "storage/e.py": "import prometheus_client",
    "shop/b.py": "import asyncio",
    "shop/c.py": "import random",
}
ALLOWED = {
    "bot/demo.py": "import playground.b",
    "bot/cli.py": "import openpyxl",
    "bot/d.py": "import aiohttp, prometheus_client, telegram, handlers.b, scheduler.b, storage.b, shop.b",
    "playground/request.py": "import telegram, aiohttp",
    "handlers/d.py": "import qrcode, babel, telegram, storage.b",
    "scheduler/d.py": "import apscheduler, storage.b",
    "storage/d.py": "import sqlite3, aiosqlite, asyncio, shop.b",
    "shop/d.py": "import datetime, zoneinfo",
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """Our contracts over empty packages."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        for name in ("__init__", "a", "b", "c"):
            (tmp_path / package / f"{name}.py").touch()
    return tmp_path


def test_the_floors_and_fences_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_the_architecture_allows_passes(small_house: Path) -> None:
    for file, statement in ALLOWED.items():
        (small_house / file).write_text(f"{statement}\n", encoding="utf-8")
    result = lint(small_house)
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_forbidden_import_is_caught(small_house: Path) -> None:
    for file, statement in FORBIDDEN.items():
        (small_house / file).write_text(f"{statement}\n", encoding="utf-8")
    result = lint(small_house)
    assert result.returncode != 0
    ours = ("bot", "handlers", "scheduler", "storage", "shop", "playground")
    for file, statement in FORBIDDEN.items():
        imported = statement.removeprefix("import ")
        # Outside packages appear by their first name only.
        told = imported if imported.startswith(ours) else imported.split(".")[0]
        line = f"{file.removesuffix('.py').replace('/', '.')} -> {told} (l.1)"
        assert line in result.stdout, f"{file}: `{statement}` was not caught"


def test_the_rules_of_trade_need_only_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"shop"}
    foreign = {f"{path.name}: {name}" for path in modules("shop") for name in imports(path) if name not in allowed}
    assert not foreign
