"""The repository as the tests of the house see it: its files, and what they import."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "handlers", "scheduler", "storage", "shop", "playground")
BESIDE = ("tests", "benchmarks")
MADE_HERE = re.compile(
    r"^\.(?!ci/|github/|gitignore)|__pycache__|^build/|^dist/|^demo-out/|\.egg-info|\.db|^config\.toml$"
)


def files() -> list[Path]:
    """Everything that belongs to the repository, committed or about to be; all there is where git cannot tell."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:  # an unpacked archive, or a checkout of somebody else's
        paths = [path for path in ROOT.rglob("*") if not MADE_HERE.search(path.relative_to(ROOT).as_posix())]
    return sorted(path for path in paths if path.is_file())


def modules(*packages: str) -> list[Path]:
    """The Python files of these top-level folders."""
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in packages]


def imports(path: Path) -> Iterator[str]:
    """Top-level names a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]
