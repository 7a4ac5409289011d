"""docs/dependencies.md, pyproject.toml and the imports in the code tell the same story."""

import re
import sys
import tomllib

from tests.docs.tree import BESIDE, PACKAGES, ROOT, imports, modules

ROW = re.compile(r"^\| (?P<package>[\w-]+)[^|]* \| (?P<imported>[^|]*) \| (?P<why>[^|]*) \| (?P<upkeep>[^|]*) \|$")
OUR_OWN = {*PACKAGES, *BESIDE, "conftest"}


def documented(section: str) -> dict[str, set[str]]:
    """Import names by package, from one table of the page."""
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    table = page.split(f"## {section}\n")[1].split("\n## ")[0]
    rows = [match for line in table.splitlines() if (match := ROW.match(line)) and match["package"] != "Package"]
    assert all(row["why"].strip() and row["upkeep"].strip() for row in rows)
    return {
        row["package"].lower(): set(re.findall(r"`(\w+)`", row["imported"])) for row in rows if "---" not in row[0]
    }


def declared() -> tuple[set[str], set[str], set[str]]:
    """Package names to run, to build and to develop."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    lists = (project["project"]["dependencies"], groups["build"], groups["dev"])
    to_run, to_build, to_develop = ({re.split(r"[^\w-]", line)[0].lower() for line in lines} for lines in lists)
    return to_run, to_build, to_develop


def imported(*packages: str) -> set[str]:
    names = {name for path in modules(*packages) for name in imports(path)}
    return names - sys.stdlib_module_names - OUR_OWN


def test_every_dependency_has_a_reason_and_every_reason_a_dependency() -> None:
    to_run, to_build, to_develop = declared()
    assert documented("To run").keys() == to_run
    assert documented("To build").keys() == to_build
    assert documented("To develop").keys() == to_develop


def test_the_packages_import_only_what_is_documented() -> None:
    assert imported(*PACKAGES) <= set().union(*documented("To run").values())


def test_nothing_is_a_dependency_that_is_not_imported() -> None:
    used = imported(*PACKAGES)
    assert not [package for package, names in documented("To run").items() if names and not names & used]


def test_the_tests_import_only_what_is_documented() -> None:
    known = set().union(*documented("To run").values(), *documented("To develop").values())
    assert imported(*BESIDE) <= known


def test_both_locks_hold_every_direct_dependency_with_hashes() -> None:
    to_run, to_build, to_develop = declared()
    for file, wanted in (("requirements.lock", to_run | to_build), ("requirements-dev.lock", to_run | to_develop)):
        text = (ROOT / file).read_text(encoding="utf-8")
        locked = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
        assert wanted <= locked
        assert text.count("==") <= text.count("--hash=sha256:")
