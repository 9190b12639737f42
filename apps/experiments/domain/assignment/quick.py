"""The common case of many experiments at once: nothing overridden, stored, forced or fenced.

Between two moments at which a phase begins or ends, what an experiment answers depends on its
targeting and on one slot only. A sheet lays these side by side once for each such stretch: one
targeting condition is asked once however many experiments have it, and all slots of an attribute
are hashed together. Whatever has a gate, a forced unit or a stored assignment still goes the
whole way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from apps.experiments.contracts.assignment import HASH_VERSION, Assignment, Json
from apps.experiments.domain.assignment.hashing import RESOLUTION, code_units
from apps.experiments.domain.assignment.operators import Predicate
from apps.experiments.domain.assignment.units import Lanes, unit_text

T = TypeVar("T")
_SLOTS = RESOLUTION[HASH_VERSION]


@dataclass(frozen=True, slots=True)
class Hashed:
    """An experiment whose answer during one stretch depends on targeting and one slot.

    Attributes:
        attribute: whose value is hashed.
        salt: of the phase.
        targeting: None is everybody; equal conditions are one predicate.
        missing, untargeted: the answers without a unit, and outside of the targeting.
        answers, choices: one byte a slot, which of the answers.
    """

    attribute: str
    salt: str
    targeting: Predicate | None
    missing: Assignment
    untargeted: Assignment
    answers: Sequence[Assignment]
    choices: bytes


# An answer for everybody; an experiment that depends on the unit; None goes the whole way.
Quick = Assignment | Hashed | None


class _Column(Generic[T]):
    """The experiments of one attribute, in parallel tuples: one look at a time touches little."""

    __slots__ = (
        "_answers", "_attribute", "_choices", "_lanes", "_missing", "_places", "_targets",
        "_untargeted",
    )  # fmt: skip

    def __init__(
        self,
        attribute: str,
        found: Sequence[tuple[int, Hashed]],
        predicates: list[Predicate],
        make: Callable[[Assignment], T],
    ) -> None:
        hashed = [each for _place, each in found]
        self._attribute = attribute
        self._places = tuple(place for place, _each in found)
        self._lanes = Lanes([each.salt for each in hashed])
        self._targets = tuple(_numbered(predicates, each.targeting) for each in hashed)
        self._answers = tuple(tuple(map(make, each.answers)) for each in hashed)
        self._choices = tuple(each.choices for each in hashed)
        self._missing = tuple(make(each.missing) for each in hashed)
        self._untargeted = tuple(make(each.untargeted) for each in hashed)

    def answer(self, attributes: dict[str, Json], passes: Sequence[bool]) -> Sequence[T]:
        """The answers of its experiments."""
        text = unit_text(attributes.get(self._attribute))
        if text is None:
            return self._missing
        found = [
            answers[choices[state % _SLOTS]]
            for state, answers, choices in zip(
                self._lanes.second(code_units(text)), self._answers, self._choices, strict=True
            )
        ]
        if all(passes):
            return found
        return [
            answer if passes[target] else outside
            for answer, target, outside in zip(found, self._targets, self._untargeted, strict=True)
        ]

    def fill(self, row: list[T | None], attributes: dict[str, Json], passes: list[bool]) -> None:
        """Put the answers where the experiments stand."""
        for place, answer in zip(self._places, self.answer(attributes, passes), strict=True):
            row[place] = answer


class Sheet(Generic[T]):
    """`[since, until)`, None is open, and every experiment in it. Immutable.

    Its answers are made into what the caller hands out, each once.
    """

    __slots__ = ("_columns", "_predicates", "_row", "_since", "_until", "slow")

    def __init__(
        self,
        bounds: tuple[datetime | None, datetime | None],
        experiments: Sequence[Quick],
        make: Callable[[Assignment], T],
    ) -> None:
        """Lay the experiments side by side."""
        self._since, self._until = bounds
        self._row = [make(one) if isinstance(one, Assignment) else None for one in experiments]
        self.slow = tuple(place for place, one in enumerate(experiments) if one is None)
        hashed = [(n, one) for n, one in enumerate(experiments) if isinstance(one, Hashed)]
        predicates: list[Predicate] = []
        self._columns = tuple(
            _Column(name, [one for one in hashed if one[1].attribute == name], predicates, make)
            for name in sorted({one.attribute for _place, one in hashed})
        )
        self._predicates = tuple(predicates)

    def holds(self, as_of: datetime) -> bool:
        """Whether a moment lies in it."""
        return (self._since is None or self._since <= as_of) and (
            self._until is None or as_of < self._until
        )

    def answer(self, attributes: dict[str, Json]) -> list[T | None]:
        """The answers for one request in the order of the experiments; None where `slow`."""
        # The first one is everybody's.
        passes = [True, *[predicate(attributes) for predicate in self._predicates]]
        row = self._row.copy()
        for column in self._columns:
            column.fill(row, attributes, passes)
        return row


def _numbered(predicates: list[Predicate], targeting: Predicate | None) -> int:
    """Where the predicate's answer will stand behind everybody's; it is added when it is new."""
    if targeting is None:
        return 0
    if targeting not in predicates:
        predicates.append(targeting)
    return predicates.index(targeting) + 1


def stretch_bounds(
    moments: Sequence[datetime], as_of: datetime
) -> tuple[datetime | None, datetime | None]:
    """The nearest moments around: the last at or before, the first after."""
    before = [moment for moment in moments if moment <= as_of]
    after = [moment for moment in moments if moment > as_of]
    return max(before, default=None), min(after, default=None)
