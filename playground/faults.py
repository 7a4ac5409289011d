"""Trouble on demand: what goes wrong with which call, how often. Decides when; the fronts make it real.

Without a `method` a fault never hits getUpdates: a test that wants the next *answer* lost means the bot's own calls.
"""

import itertools
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal["too_many", "server_error", "reset", "lost_answer", "hang", "forbidden", "bad_request", "redeliver"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(slots=True, kw_only=True, eq=False)
class Fault:
    """One planned trouble. `times` counts down (None never ends); `hits` counts what it has done."""

    kind: Kind
    method: str | None = None
    chat: int | None = None
    contains: str | None = None
    times: int | None = 1
    retry_after: int = 1
    probability: float = 1.0
    status: int = 502
    description: str | None = None
    hits: int = 0
    number: int = 0
    """Its name on the list of planned troubles, never given twice."""

    @property
    def spent(self) -> bool:
        return self.times is not None and self.hits >= self.times


class Faults:
    """The planned troubles, tried in the order they were added. `seed` makes probabilities repeatable."""

    def __init__(self, seed: int = 0) -> None:
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)
        self.reseed(seed)

    def add(
        self,
        kind: Kind,
        *,
        method: str | None = None,
        chat: int | None = None,
        times: int | None = 1,
        contains: str | None = None,
        retry_after: int = 1,
        probability: float = 1.0,
        status: int = 502,
        description: str | None = None,
    ) -> Fault:
        """Plan a trouble.

        `contains` is looked for in the JSON of the call's parameters (of the update, for `redeliver`).
        `status` belongs to server_error, `description` (without its prefix) to forbidden and bad_request.
        """
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}; known are {', '.join(KINDS)}")
        fault = Fault(
            kind=kind,
            method=method,
            chat=chat,
            times=times,
            contains=contains,
            retry_after=retry_after,
            probability=probability,
            status=status,
            description=description,
            number=next(self._numbers),
        )
        self._faults.append(fault)
        return fault

    def reseed(self, seed: int) -> None:
        """Begin the sequence of chances that belongs to `seed`."""
        self._random = random.Random(seed)  # noqa: S311 - chance in a test bench, no secret

    def clear(self) -> None:
        self._faults.clear()

    def remove(self, number: int) -> bool:
        """Call off one of them; False if it is no longer planned."""
        kept = [fault for fault in self._faults if fault.number != number]
        found = len(kept) < len(self._faults)
        self._faults[:] = kept
        return found

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def strike(self, method: str, params: Mapping[str, Any], chat_id: int | None) -> Fault | None:
        """The fault that hits this call, if any; counted as having happened."""
        if not self._faults:
            return None
        for fault in self._faults:
            if fault.kind == "redeliver" or (fault.method or method) != method:
                continue
            if fault.method is None and method == "getUpdates":
                continue
            if fault.chat not in (None, chat_id):
                continue
            if self._happens(fault, params):
                return fault
        return None

    def redelivers(self, update: Mapping[str, Any]) -> bool:
        """Whether a confirmed update shall be delivered again."""
        return any(fault.kind == "redeliver" and self._happens(fault, update) for fault in list(self._faults))

    def _happens(self, fault: Fault, subject: Mapping[str, Any]) -> bool:
        if fault.contains and fault.contains not in json.dumps(subject, ensure_ascii=False, default=repr):
            return False
        if fault.probability < 1 and self._random.random() >= fault.probability:
            return False
        fault.hits += 1
        if fault.spent:
            self._faults.remove(fault)
        return True
