"""The common case of many experiments at once: nothing overridden, stored, forced or fenced.

Between two moments at which a phase begins or ends, what an experiment answers depends on its
targeting and on one slot only. These are laid side by side once for each such stretch; whatever
has a gate, a forced unit or a stored assignment still goes the whole way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.experiments.contracts.assignment import Assignment, Json
from apps.experiments.domain.assignment.operators import Predicate
from apps.experiments.domain.assignment.units import Units, second_slot


@dataclass(frozen=True, slots=True)
class QuickExperiment:
    """One experiment during one stretch.

    Attributes:
        settled: the answer for everybody; None where it depends on the unit.
        attribute: whose value is hashed.
        lane: of its seed among the attribute's.
        targeting: None is everybody.
        missing, untargeted: the answers without a unit, and outside of the targeting.
        answers, choices: one byte a slot, which of the answers.
    """

    settled: Assignment | None
    attribute: str = ""
    lane: int = 0
    targeting: Predicate | None = None
    missing: Assignment | None = None
    untargeted: Assignment | None = None
    answers: Sequence[Assignment] = ()
    choices: bytes = b""

    def assign(self, attributes: dict[str, Json], units: Units) -> Assignment | None:
        """The answer for one request."""
        if self.settled is not None:
            return self.settled
        states = units.states(self.attribute)
        if states is None:
            return self.missing
        if self.targeting is not None and not self.targeting(attributes):
            return self.untargeted
        return self.answers[self.choices[second_slot(states[self.lane])]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """`[since, until)`, None is open, and every experiment in it; None goes the whole way."""

    since: datetime | None
    until: datetime | None
    experiments: tuple[QuickExperiment | None, ...]

    def holds(self, as_of: datetime) -> bool:
        """Whether a moment lies in it."""
        return (self.since is None or self.since <= as_of) and (
            self.until is None or as_of < self.until
        )


def stretch_bounds(
    moments: Sequence[datetime], as_of: datetime
) -> tuple[datetime | None, datetime | None]:
    """The nearest moments around: the last at or before, the first after."""
    before = [moment for moment in moments if moment <= as_of]
    after = [moment for moment in moments if moment > as_of]
    return max(before, default=None), min(after, default=None)
