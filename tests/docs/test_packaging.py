"""What is installed: every module and every file beside it, also where the source is not at hand (the container)."""

import re
import tomllib
from fnmatch import fnmatch

from tests.docs.tree import PACKAGES, ROOT, files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
OURS = [path for path in files() if path.relative_to(ROOT).parts[0] in PACKAGES]


def test_every_folder_with_modules_is_a_package_that_is_found() -> None:
    found = PROJECT["packages"]["find"]["include"]
    for folder in {path.parent for path in OURS if path.suffix == ".py"}:
        name = ".".join(folder.relative_to(ROOT).parts)
        assert (folder / "__init__.py").exists(), name
        assert any(fnmatch(name, pattern) for pattern in found), name


def test_every_file_beside_the_modules_is_package_data() -> None:
    data = {
        f"{package.replace('.', '/')}/{pattern}"
        for package, patterns in PROJECT["package-data"].items()
        for pattern in patterns
    }
    beside = [path.relative_to(ROOT).as_posix() for path in OURS if path.suffix != ".py"]
    assert [name for name in beside if not any(fnmatch(name, pattern) for pattern in data)] == []


def test_the_container_is_built_from_every_package_and_fetches_nothing_without_a_hash() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE)) == set(PACKAGES)
    let_in = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{package}" for package in PACKAGES} <= set(let_in)
    installs = re.findall(r"pip install ([^\n\\&]+)", text)
    assert len(installs) == 2
    assert all("--require-hashes" in options or "--no-deps --no-build-isolation" in options for options in installs)


def test_the_service_does_not_start_again_what_starting_again_cannot_help() -> None:
    unit = (ROOT / "docs" / "livestall.service").read_text(encoding="utf-8")
    assert re.search(r"^RestartPreventExitStatus=78$", unit, re.MULTILINE)
