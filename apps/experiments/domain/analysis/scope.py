"""Which units an analysis is about: phases pooled or stratified, perhaps one dimension value."""

from dataclasses import dataclass, replace
from datetime import date

from apps.experiments.contracts.analysis import AnalysisContext
from apps.experiments.contracts.design import ExperimentKind
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.metrics import MetricVersionView
from apps.experiments.contracts.rollups import RollupSums
from apps.experiments.domain.analysis.rows import Rows, rows_index


@dataclass(frozen=True, slots=True)
class Scope:
    """The units behind a table.

    Attributes:
        context: what was loaded.
        rows: its rows by day.
        phases: analysed, oldest first.
        stratified: effects are taken within each phase (bandits), else phases are pooled.
        dimension, value: both empty for all units.
        day: rows up to this day; None is all of them.
    """

    context: AnalysisContext
    rows: Rows
    phases: tuple[PhaseView, ...]
    stratified: bool
    dimension: str = ""
    value: str = ""
    day: date | None = None

    def until(self, day: date | None) -> "Scope":
        """The same units as they stood at the end of a day."""
        return replace(self, day=day)

    def within(self, dimension: str, value: str) -> "Scope":
        """Those of one dimension value."""
        return replace(self, dimension=dimension, value=value)

    def arm(self, metric: MetricVersionView, variant: str) -> RollupSums:
        """One arm's sums over all phases."""
        return self.rows.pooled(
            metric.key,
            self.phases,
            variant,
            day=self.day,
            dimension=self.dimension,
            value=self.value,
        )


def salt_version_of(context: AnalysisContext) -> int:
    """The allocation that is read: the one asked for, else the latest."""
    if context.salt_version is not None:
        return context.salt_version
    return max((phase.salt_version for phase in context.phases), default=0)


def _phases(context: AnalysisContext) -> tuple[PhaseView, ...]:
    if context.phase is not None:
        return tuple(each for each in context.phases if each.number == context.phase)
    if context.design.kind is ExperimentKind.BANDIT and context.salt_version is None:
        return context.phases
    version = salt_version_of(context)
    return tuple(each for each in context.phases if each.salt_version == version)


def scope_of(context: AnalysisContext) -> Scope:
    """All units of the analysed phases."""
    phases = _phases(context)
    return Scope(
        context=context,
        rows=rows_index(context.rollups),
        phases=phases,
        stratified=context.design.kind is ExperimentKind.BANDIT and len(phases) > 1,
    )
