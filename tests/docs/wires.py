"""What the sources say to one another by name only: message kinds that are told or shown, buttons and their verbs.

Read from the syntax trees, so that a name nobody has written a test for is found too.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.docs.tree import ROOT, modules

_TELL_OPTIONS = frozenset({"now", "lane", "card", "anchor", "dedupe", "not_before", "part_of"})
_KIND_AT = {"tell": 2, "show": 0, "show_below": 1}

# `broadcasts` tells what its rules name: there the kind and the lane stand in each `_Rule(…)`.
_BY_RULE = ("storage/broadcasts.py", "rule.message")


@dataclass(frozen=True, slots=True)
class Message:
    """One place that tells or shows a kind. `params` is None where they are not written out."""

    place: str
    kind: str
    lanes: frozenset[str]
    card: str | None
    params: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Pressed:
    """One place that makes a button. An argument is its text if it is written out, else None."""

    place: str
    verb: str
    args: tuple[str | None, ...]


@cache
def _functions(*packages: str) -> tuple[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef], ...]:
    return tuple(
        (path, node)
        for path in modules(*packages)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@cache
def _calls(function: ast.AST) -> tuple[tuple[str, str, ast.Call], ...]:
    """(what it is called on, name, call) of every call in a function."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    plain = [("", node.func.id, node) for node in calls if isinstance(node.func, ast.Name)]
    called_on = [
        (ast.unparse(node.func.value), node.func.attr, node) for node in calls if isinstance(node.func, ast.Attribute)
    ]
    return (*plain, *called_on)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _texts(node: ast.expr) -> list[str]:
    """The text, or both of `"a" if … else "b"`; empty where it is not written out."""
    if isinstance(node, ast.IfExp):
        both = [_texts(node.body), _texts(node.orelse)]
        return [*both[0], *both[1]] if all(both) else []
    text = _text(node)
    return [] if text is None else [text]


def _place(path: Path, node: ast.Call) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"


# -- Messages -----------------------------------------------------------------------------------------------


@cache
def told() -> list[Message]:
    """Every place that enqueues a message."""
    found: list[Message] = []
    for path, function in _functions("storage", "handlers", "scheduler", "bot"):
        for on, name, call in _calls(function):
            if (on, name) == ("outbox", "tell"):
                found += _told(path, function, call)
    return list(dict.fromkeys(found))


@cache
def shown() -> list[Message]:
    """Every place that answers with a kind directly; where a function takes the kind from its caller, its callers."""
    found: list[Message] = []
    for path, function in _functions("handlers"):
        for on, name, call in _calls(function):
            if (on, name) not in (("turn", "show"), ("", "show_below")):
                continue
            kind = call.args[_KIND_AT[name]]
            if texts := _texts(kind):
                found += [_answer(path, call, text, _params(call)) for text in texts]
            elif ast.unparse(kind) in _parameters(function):
                at = _parameters(function)[ast.unparse(kind)]
                found += [
                    _answer(place, caller, text, None)
                    for place, caller in _callers(function.name)
                    if len(caller.args) > at
                    for text in _texts(caller.args[at])
                ]
            else:
                raise AssertionError(f"{_place(path, call)}: the kind is not written out: {ast.unparse(kind)}")
    return list(dict.fromkeys(found))


def _answer(path: Path, call: ast.Call, kind: str, params: frozenset[str] | None) -> Message:
    return Message(_place(path, call), kind, frozenset({"reply"}), None, params)


def _callers(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of a function of `handlers`, by its name."""
    for path, caller in _functions("handlers"):
        for _, called, call in _calls(caller):
            if called == name:
                yield path, call


def _told(path: Path, function: ast.AST, call: ast.Call) -> Iterator[Message]:
    kind = call.args[_KIND_AT["tell"]]
    place, options = _place(path, call), {keyword.arg: keyword.value for keyword in call.keywords}
    card, params = _card(function, options.get("card")), _params(call)
    if texts := _texts(kind):
        for text in texts:
            yield Message(place, text, _lanes(options.get("lane")), card, params)
    elif (path.relative_to(ROOT).as_posix(), ast.unparse(kind)) == _BY_RULE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "_Rule":
                rule = {keyword.arg: keyword.value for keyword in node.keywords}
                yield Message(place, str(_text(rule["message"])), _lanes(rule["lane"]), card, params)
    else:
        raise AssertionError(f"{place}: the kind is not written out: {ast.unparse(kind)}")


def _params(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name for name in names if name) - _TELL_OPTIONS


def _lanes(node: ast.expr | None) -> frozenset[str]:
    """The lane, or both of `A if … else B`; a reply where none is named."""
    match node:
        case None:
            return frozenset({"reply"})
        case ast.Attribute(attr=name):
            return frozenset({name.lower()})
        case ast.IfExp(body=one, orelse=other):
            return _lanes(one) | _lanes(other)
        case _:
            raise AssertionError(f"a lane in an unknown form: {ast.unparse(node)}")


def _card(function: ast.AST, node: ast.expr | None) -> str | None:
    """What stands before the colon: `payment` of `payment:42`. A local name is looked up in its function."""
    match node:
        case None:
            return None
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text.removesuffix(":")
        case ast.Name(id=name):
            for each in ast.walk(function):
                if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == name:
                    return _card(function, each.value)
    raise AssertionError(f"a card in an unknown form: {ast.unparse(node)}")


# -- Buttons ------------------------------------------------------------------------------------------------


@cache
def pressed() -> list[Pressed]:
    """Every place that makes a button. Where a function takes the verb from its caller, its callers count."""
    found: list[Pressed] = []
    for path, function in _functions("handlers"):
        for on, name, call in _calls(function):
            made = _button(on, name, call)
            if made is None:
                continue
            verb, args = made
            if (text := _text(verb)) is not None:
                found.append(Pressed(_place(path, call), text, tuple(map(_text, args))))
            elif _is_wrapper(function, verb):
                found += _from_callers(function, args)
            elif function.name != "button":  # Face.button itself hands on what it is given
                raise AssertionError(f"{_place(path, call)}: the verb is not written out: {ast.unparse(verb)}")
    return list(dict.fromkeys(found))


def _button(on: str, name: str, call: ast.Call) -> tuple[ast.expr, list[ast.expr]] | None:
    """The verb and its arguments, if the call makes callback data."""
    if name == "button" and on in ("face", "self"):
        return call.args[1], call.args[2:]
    if name == "encode" and on in ("", "codec", "buttons") and call.args:
        return call.args[0], call.args[1:]
    return None


def _is_wrapper(function: ast.FunctionDef | ast.AsyncFunctionDef, verb: ast.expr) -> bool:
    return isinstance(verb, ast.Name) and verb.id in _parameters(function) and function.name != "button"


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Mapping[str, int]:
    return {argument.arg: index for index, argument in enumerate(function.args.args)}


def _from_callers(function: ast.FunctionDef | ast.AsyncFunctionDef, args: list[ast.expr]) -> Iterator[Pressed]:
    """`turning(face, view, "pick", stream)` over `face.button(…, verb, *args, page)` is `pick(stream, page)`."""
    at = _parameters(function)["verb"]
    rest = len(function.args.args)
    for path, call in _callers(function.name):
        if len(call.args) <= at:
            continue
        verb = _text(call.args[at])
        if verb is None:
            raise AssertionError(f"{_place(path, call)}: the verb is not written out")
        given = [part for arg in args for part in (call.args[rest:] if isinstance(arg, ast.Starred) else [arg])]
        yield Pressed(_place(path, call), verb, tuple(map(_text, given)))
