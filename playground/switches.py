"""Telegram's switches under /play/: planned trouble, rate limits, the clock. Checks what is asked before it is set.

What trouble does to a call is decided in api.py, what a limit refuses in limits.py.
"""

import math
from collections.abc import Callable
from typing import Any

from aiohttp import web

from playground import asked, views
from playground.api import Playground
from playground.clock import TurnedClock
from playground.limits import Limits
from playground.methods import METHODS

FAULT_WORDS = ("method", "contains", "description")
FAULT_FIGURES: dict[str, tuple[float, float]] = {
    "times": (1, 1_000_000),
    "retry_after": (1, 86_400),
    "probability": (0, 1),
    "status": (500, 599),
    "chat": (-(2**63), 2**63),
}
LIMIT_FIGURES = (
    "per_chat_per_second",
    "per_chat_burst",
    "group_per_minute",
    "overall_per_second",
    "paid_per_second",
    "slack",
)
WHOLE = frozenset({"times", "retry_after", "status", "chat", *LIMIT_FIGURES[1:5]})


def routes(playground: Playground) -> list[web.RouteDef]:
    desk = _Desk(playground)
    return [
        web.get("/play/switches", desk.all),
        web.post("/play/faults", desk.add_fault),
        web.delete("/play/faults", desk.clear_faults),
        web.delete("/play/faults/{number:\\d+}", desk.remove_fault),
        web.post("/play/limits", desk.set_limits),
        web.post("/play/clock", desk.turn_clock),
    ]


class _Desk:
    def __init__(self, playground: Playground) -> None:
        self._playground = playground

    async def all(self, request: web.Request) -> web.Response:
        """How every switch stands, and the newest calls of the bot."""
        return web.json_response(views.switches(self._playground))

    async def add_fault(self, request: web.Request) -> web.Response:
        """The arguments of `Faults.add`; `"times": null` lasts until it is cleared."""
        wanted = await asked.body(request)
        kind = str(wanted.pop("kind", ""))
        for name in wanted:
            if name not in FAULT_WORDS and name not in FAULT_FIGURES:
                raise ValueError(f"a fault has no {name}")
        words = {name: str(wanted[name]) for name in FAULT_WORDS if wanted.get(name)}
        if words.get("method", "getMe") not in METHODS:
            raise ValueError(f"the playground knows no method {words['method']}")
        figures = {
            name: _figure(name, wanted[name], *FAULT_FIGURES[name])
            for name in FAULT_FIGURES
            if wanted.get(name) is not None
        }
        if "times" in wanted:
            figures.setdefault("times", None)
        add: Callable[..., object] = self._playground.faults.add
        add(kind, **words, **figures)
        return self._planned()

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._playground.faults.clear()
        return self._planned()

    async def remove_fault(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if not self._playground.faults.remove(number):
            raise asked.MistakeError("that fault is no longer planned")
        return self._planned()

    async def set_limits(self, request: web.Request) -> web.Response:
        """The figures of `Limits` by name; `{}` sets Telegram's own, `{"enabled": false}` none."""
        wanted = await asked.body(request)
        enabled = wanted.pop("enabled", True)
        if not isinstance(enabled, bool):
            raise ValueError("enabled is true or false")
        for name in wanted:
            if name not in LIMIT_FIGURES:
                raise ValueError(f"there is no limit {name}; there are {', '.join(LIMIT_FIGURES)}")
        figures: dict[str, Any] = {name: _figure(name, value, 0, 1_000_000) for name, value in wanted.items()}
        playground = self._playground
        playground.limits = Limits(**figures, enabled=enabled, refused=playground.limits.refused)
        return web.json_response({"enabled": enabled})

    async def turn_clock(self, request: web.Request) -> web.Response:
        """`{"speed": times the machine's}` from now on, `{"jump": seconds}` ahead, or both."""
        wanted = await asked.body(request)
        playground, clock = self._playground, self._playground.clock
        if not isinstance(clock, TurnedClock):
            raise ValueError("this clock is turned by the program that has brought it")
        if "speed" in wanted:
            clock.run(_figure("speed", wanted["speed"], 1, math.inf))
        if "jump" in wanted:
            clock.jump(_figure("jump", wanted["jump"], -math.inf, math.inf))
        playground.stir()
        return web.json_response(views.clock(playground))

    def _planned(self) -> web.Response:
        return web.json_response({"planned": len(self._playground.faults)})


def _figure(name: str, value: Any, least: float, most: float) -> Any:
    """A number within bounds, whole where it has to be. Raises `ValueError`."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        raise ValueError(f"{name} is a number from {least:g} to {most:g}, not {value!r}")
    if name in WHOLE and value != int(value):
        raise ValueError(f"{name} is a whole number, not {value!r}")
    return int(value) if name in WHOLE else float(value)
