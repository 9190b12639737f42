"""The rules of one request, whatever it asks for, and what their factors mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from apps.merchandising.contracts_acting import RuleBook
from apps.merchandising.contracts_rules import Reweigh

_BOOSTED, _BURIED = 50.0, 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Ruling:
    """The rules of one request.

    Attributes:
        book: live, or a preview's.
        as_of: aware; what is live is live at this moment.
        variants: experiment → variant, of those that rules ask for.
    """

    book: RuleBook
    as_of: datetime
    variants: Mapping[str, str] = field(default_factory=dict)

    def of_variant(self, experiment: str, variant: str) -> "Ruling":
        """The same with another variant of an experiment, if rules ask for it at all."""
        if experiment not in self.book.experiments_read:
            return self
        return replace(self, variants={**self.variants, experiment: variant})


def multiplier_of(reweigh: Reweigh) -> float:
    """What a score is multiplied by; 0 puts behind everything else."""
    factor = reweigh.factor
    return 1.0 + factor / (_BOOSTED if factor > 0 else _BURIED)
