"""What team-draft interleaving hands on: whose item it was, and which ranking was preferred."""

from dataclasses import dataclass

CONTROL_TEAM = 0
TREATMENT_TEAM = 1
NO_TEAM = 2
"""An item appended after one list ran out: nobody competed for its place, so no click on it
is credited."""


@dataclass(frozen=True, slots=True)
class UnitCredit:
    """Clicks of one unit on items of each team."""

    control: int
    treatment: int


@dataclass(frozen=True, slots=True)
class PreferenceTest:
    """The exact sign test over units that preferred one of the rankings.

    Attributes:
        wins: units with more credited clicks for (control, treatment).
        ties: units that split evenly; the test leaves them out.
        units: wins and ties together.
        preference: (wins of treatment - wins of control) / units without ties, in [-1, 1].
        ci: Clopper-Pearson interval of it, of level 1 - alpha.
        lead: (wins of treatment - wins of control) / all units: a tie counts as half a win for
            each side (Chapelle et al. 2012).
        p_value: two-sided, exact.
        significant: p_value is at most alpha.
    """

    wins: tuple[int, int]
    ties: int
    units: int
    preference: float
    ci: tuple[float, float]
    lead: float
    p_value: float
    alpha: float
    significant: bool
