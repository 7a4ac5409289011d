"""The pages can be followed: links lead somewhere, and every command they name can be typed."""

import re
from pathlib import Path

import pytest

from tests.docs.tree import ROOT, files

PAGES = [path for path in files() if path.suffix == ".md"]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= TARGETS


def test_the_makefile_lists_every_target_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = next(re.finditer(r"^\.PHONY: (.*)$", makefile, re.MULTILINE))[1].split()
    assert set(phony) == TARGETS
    assert set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)) == TARGETS


def test_continuous_integration_runs_what_people_run() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for target in ("check", "test"):
        assert f"make {target}" in workflow
        assert f"make {target}\n" in script


def test_the_architecture_page_names_only_files_that_are_there() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:bot|handlers|scheduler|storage|shop|playground|tests)/[\w/.]+\.py)`", page)
    assert [name for name in named if not (ROOT / name).exists()] == []
