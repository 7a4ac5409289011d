"""The house rules that a machine can check: sizes, names, and nothing in the files that belongs elsewhere."""

import ast
import re

from tests.docs.tree import BESIDE, PACKAGES, ROOT, files, modules

LONGEST_FILE = 400
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

# Put together here, so that this file does not contain what it looks for.
REGISTRIES = ["py" + "pi.", "python" + "hosted", "simple/" + "index", "registry." + "npm"]
SOMEBODYS_FOLDERS = r"(?<![\w.])/" + r"(?:work|root|Users)/"


def test_no_file_of_the_packages_is_longer_than_a_page_or_six() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(*PACKAGES)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


def test_every_module_says_what_it_owns() -> None:
    silent = []
    for path in modules(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and not ast.get_docstring(tree):
            silent.append(str(path.relative_to(ROOT)))
    assert not silent


def test_there_are_no_packages_besides_the_agreed_ones() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in files() if path.suffix == ".py"}
    assert folders <= {*PACKAGES, *BESIDE}


def test_files_are_named_by_nouns_that_say_something() -> None:
    assert not [path.name for path in modules(*PACKAGES, *BESIDE) if path.stem in NAMES_THAT_SAY_NOTHING]


def test_nothing_names_a_package_registry_or_a_folder_of_one_machine() -> None:
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if any(host in line.lower() for host in REGISTRIES) or re.search(SOMEBODYS_FOLDERS, line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not found
