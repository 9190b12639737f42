"""Weight sets as they cross this app's boundary."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from apps.features.contracts import (
    CF_SCORE,
    FEATURE_NAMES,
    FRESHNESS_SCORE,
    POPULARITY_SCORE,
    SEARCH_SCORE,
)

GLOBAL_SUBJECT = "global"
SUM_TOLERANCE = 1e-6
WeightSource = Literal["override", "category", "parent", "global", "default", "none"]

DEFAULT_WEIGHTS: Mapping[str, float] = {
    SEARCH_SCORE: 0.4,
    CF_SCORE: 0.3,
    POPULARITY_SCORE: 0.2,
    FRESHNESS_SCORE: 0.1,
}


class WeightsInvalid(ValueError):
    """A mapping that is no weight set.

    Attributes:
        code: `unknown_feature`, `not_a_number`, `negative` or `sum`.
        field: the feature at fault, or `weights` for the sum.
    """

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True)
class WeightSet:
    """A published set.

    Attributes:
        subject: `global`, or a category's path.
        number: its version; 0 for the built-in default.
        weights: feature → weight, non-negative, sum 1; a feature left out weighs 0.
    """

    subject: str
    number: int
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WeightsChoice:
    """The weights that a variant of an experiment asks for, in one of three ways.

    Numbers of its own (`weights`), a version that was published (`subject` and `number`), or
    the live global set whatever sets categories have (`subject` global, `number` 0). It acts on
    every request, or, when its subject is a category, on those of that category and below.

    Attributes:
        weights: (feature, weight) in the registry's order, sums to 1; empty: one of the others.
        subject: `global` or a category's path; empty is global.
        number: of the published version; 0 for the others.
    """

    weights: tuple[tuple[str, float], ...] = ()
    subject: str = ""
    number: int = 0

    @property
    def is_global(self) -> bool:
        """Whether it means the live global set."""
        return not self.weights and not self.number

    def acts_on(self, category_path: str | None) -> bool:
        """Whether it has a say about a request of this category."""
        if self.subject in {"", GLOBAL_SUBJECT}:
            return True
        return category_path is not None and f"{category_path}/".startswith(f"{self.subject}/")


@dataclass(frozen=True, slots=True)
class ResolvedWeights:
    """The one set of a request, and where it came from.

    Attributes:
        weights: (feature, weight) of the features that have a source, in the registry's order;
            sums to 1. Empty only when `source` is `none`: no feature could be weighed at all.
            Ranking may add `BESIDE_WEIGHTS` behind them, with weights of their own.
        source: which link of the chain answered.
        subject: the set's subject; empty for `none` and for an override that is no version.
        number: the set's version; 0 for default, none and an override that is no version.
        shared_out: features with a weight but without a source; the others share it.
        chain: every link that was looked at, in order, as `link: what was found`.
        degraded: the published sets could not be read (PostgreSQL down since the start of this
            process), so that only override and default were looked at.
        experiment, variant: whose override it is; empty for previews and everything else.
    """

    weights: tuple[tuple[str, float], ...]
    source: WeightSource
    subject: str
    number: int
    shared_out: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    degraded: bool = False
    experiment: str = ""
    variant: str = ""


def weights_validate(weights: Mapping[str, object]) -> dict[str, float]:
    """The same weights as plain floats, in the registry's order.

    Raises:
        WeightsInvalid: an unregistered feature, a weight that is no finite number or is
            negative, or a sum further than 1e-6 from 1.
    """
    for name in weights:
        if name not in FEATURE_NAMES:
            raise WeightsInvalid("unknown_feature", name, f"'{name}' is not a registered feature.")
    checked = {
        name: _weight_check(name, weights[name]) for name in FEATURE_NAMES if name in weights
    }
    total = math.fsum(checked.values())
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise WeightsInvalid("sum", "weights", f"The weights sum to {total:.6f}, not to 1.")
    return checked


def _weight_check(name: str, weight: object) -> float:
    if (
        isinstance(weight, bool)
        or not isinstance(weight, int | float)
        or not math.isfinite(weight)
    ):
        raise WeightsInvalid("not_a_number", name, f"The weight of '{name}' is not a number.")
    if weight < 0:
        raise WeightsInvalid("negative", name, f"The weight of '{name}' is negative.")
    return float(weight)
