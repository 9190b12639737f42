"""Several experiments in one request: which of them act, and which give way."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Turning(Protocol):
    """An experiment that turns something of its surface, the same in every arm of it."""

    @property
    def key(self) -> str:
        """Of the experiment."""
        ...

    @property
    def forced(self) -> bool:
        """Whether QA asked for it."""
        ...

    @property
    def started_at(self) -> datetime | None:
        """Of its first phase; None before."""
        ...

    @property
    def knobs(self) -> AbstractSet[str]:
        """What any of its variants turns."""
        ...


TurningT = TypeVar("TurningT", bound=Turning)


@dataclass(frozen=True, slots=True)
class Settlement(Generic[TurningT]):
    """Who acts, and who gives way.

    Attributes:
        acting: in order of precedence; no two turn the same knob.
        yielding: key of an experiment that does not act → key of the one that it gives way to.
    """

    acting: tuple[TurningT, ...]
    yielding: Mapping[str, str]


def turning_settle(contenders: Iterable[TurningT]) -> Settlement[TurningT]:
    """What QA asked for first, then what started first, then by key; each knob once."""
    owners: dict[str, str] = {}
    acting: list[TurningT] = []
    yielding: dict[str, str] = {}
    for contender in sorted(contenders, key=turning_precedence):
        taken = owners.keys() & contender.knobs
        winner = owners[min(taken)] if taken else None
        if winner is None:
            owners.update(dict.fromkeys(contender.knobs, contender.key))
            acting.append(contender)
        else:
            yielding[contender.key] = winner
    return Settlement(tuple(acting), yielding)


def turning_precedence(contender: Turning) -> tuple[bool, bool, float, str]:
    """What settles who comes first; the same for every arm."""
    started = contender.started_at
    at = 0.0 if started is None else started.timestamp()
    return not contender.forced, started is None, at, contender.key
