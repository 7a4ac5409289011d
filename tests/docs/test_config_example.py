"""config.example.toml: every key is there, none is unknown, and the defaults it names are the defaults."""

import itertools
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from bot.config import Config, load
from shop.paycodes import KINDS
from tests.docs.tree import ROOT

EXAMPLE = ROOT / "config.example.toml"

# Keys without a default; the example shows what they may look like.
UNSET = frozenset(
    {
        "telegram.webhook.url",
        "telegram.webhook.secret",
        "backup.folder",
        "stall.country",
        "stall.terms_url",
        "privacy.contact",
        "payments.methods.currency",
        "web.listen",
    }
)


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("LIVESTALL__")]:
        monkeypatch.delenv(name)


def with_everything(*, but: frozenset[str] = frozenset()) -> str:
    """The example with its optional keys switched on: `#key = …` is one, `# words` is prose."""
    section, lines = "", []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if header := re.fullmatch(r"\[+([a-z_.]+)\]+", line):
            section = header[1]
        key = re.match(r"#([a-z_]+) = ", line)
        lines.append(line.removeprefix("#") if key and f"{section}.{key[1]}" not in but else line)
    return "\n".join(lines)


def keys_of(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        table = next(models_in(field.annotation), None)
        if table is None:
            yield f"{path}{name}"
        else:
            yield from keys_of(table, f"{path}{name}.")


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def written_keys(table: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, value in table.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from written_keys(each, f"{path}{name}.")
            else:
                yield f"{path}{name}"


def other_methods() -> str:
    """The methods that stand in the example as prose, `# key = …`, because their currency is not the example's."""
    _, began, rest = EXAMPLE.read_text(encoding="utf-8").partition("# [[payments.methods]]\n")
    block = itertools.takewhile(lambda line: line.startswith("#"), rest.splitlines())
    return began.removeprefix("# ") + "\n".join(line.removeprefix("#").removeprefix(" ") for line in block)


def test_every_key_is_in_the_example_and_none_is_unknown() -> None:
    keys = [key for kind in KINDS.values() for key in (*kind.fields, *kind.optional)]
    written = {*written_keys(tomllib.loads(with_everything())), *written_keys(tomllib.loads(other_methods()))}
    assert written == set(keys_of(Config)) | {f"payments.methods.{key}" for key in keys}


def test_every_kind_of_method_is_in_the_example_and_good(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(with_everything().replace('"CNY"', '"EUR"') + f"\n{other_methods()}\n", encoding="utf-8")
    assert {method.kind for method in load(path).payments.methods} == set(KINDS)


def test_every_key_has_words_about_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"#?[a-z_]+ = ", line)]
    for number in keys:
        above = lines[number - 1]
        assert above.startswith("#") or re.match(r"[a-z_]+ = ", above), f"line {number + 1}: {lines[number]}"


def test_the_example_can_be_copied_and_used() -> None:
    assert load(EXAMPLE).payments.methods[0].kind in KINDS


def test_what_stands_behind_a_hash_is_the_default(tmp_path: Path) -> None:
    short, long = tmp_path / "short.toml", tmp_path / "long.toml"
    short.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    long.write_text(with_everything(but=UNSET), encoding="utf-8")
    assert load(long) == load(short)


def test_the_values_of_keys_without_a_default_are_good_examples(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(with_everything(), encoding="utf-8")
    config = load(path)
    assert config.stall.country == "CN"
    assert config.web.listen is not None
