"""One experiment as its roll-up reads it, and whether an earlier run may be continued."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from apps.experiments.contracts.lifecycle import ExperimentView, PhaseView
from apps.experiments.domain.design.reading import design_read
from apps.experiments.domain.metrics.reading import metric_written
from apps.experiments.domain.rollups.frame import Frame
from apps.experiments.domain.rollups.plan import RollupPlan, plan_of
from apps.experiments.models import ExperimentVersion
from apps.experiments.selectors.activity import pauses_of
from apps.experiments.selectors.metrics import metric_views

# Raised when the SQL of the roll-up changes what it computes: stored totals start afresh.
GENERATION = 2


@dataclass(frozen=True, slots=True)
class Subject:
    """What one run rolls up.

    Attributes:
        view: the experiment.
        plan: slots and metrics.
        variants: keys of every variant that any phase had, the design's first.
        phases: those that began before `as_of`.
        frame: what the statements share.
    """

    view: ExperimentView
    plan: RollupPlan
    variants: tuple[str, ...]
    phases: tuple[PhaseView, ...]
    frame: Frame

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Declared dimensions."""
        return self.view.design.dimensions

    @property
    def cuped_days(self) -> int:
        """Days before first exposure that are covariates; 0 is none."""
        return self.view.design.plan.cuped_days

    @property
    def last_day(self) -> date:
        """The UTC day that `as_of` lies in, or the experiment's end when that came first."""
        ends = [phase.ends_at for phase in self.phases]
        over = [end for end in ends if end is not None]
        until = self.frame.as_of
        if over and len(over) == len(ends):
            until = min(until, max(over))
        return (until.astimezone(UTC) - timedelta(microseconds=1)).date()


def subject_of(view: ExperimentView, as_of: datetime) -> Subject:
    """The experiment as of a moment."""
    design = view.design
    metrics = metric_views((use.key, use.version) for use in design.metrics)
    phases = tuple(phase for phase in view.phases if phase.starts_at <= as_of)
    variants = _variants(view, phases)
    cuped = design.plan.cuped_days > 0
    return Subject(
        view=view,
        plan=plan_of(metrics, covariates=design.plan.covariates, cuped=cuped),
        variants=variants,
        phases=phases,
        frame=Frame(
            view.id,
            view.key,
            design.unit,
            variants,
            as_of,
            before=cuped,
            pauses=pauses_of([view.id]).get(view.id, ()),
        ),
    )


def _variants(view: ExperimentView, phases: Sequence[PhaseView]) -> tuple[str, ...]:
    keys = dict.fromkeys(view.design.variant_keys)
    former = {phase.design_version for phase in phases} - {view.design_version}
    if former:
        rows = ExperimentVersion.objects.filter(subject=view.key, number__in=former)
        for row in rows.order_by("number"):
            keys |= dict.fromkeys(design_read(row.design).variant_keys)
    return tuple(keys)


def plan_fingerprint(subject: Subject, until: datetime) -> str:
    """What the totals up to a moment depend on beside events; when it changes, they are void.

    A phase counts as it stood then: one that began or ended later changed nothing before.
    """
    design = subject.view.design
    phases = [
        (
            phase.number,
            phase.salt_version,
            phase.starts_at,
            phase.ends_at if phase.ends_at is not None and phase.ends_at < until else None,
        )
        for phase in subject.phases
        if phase.starts_at < until
    ]
    parts = [
        GENERATION,
        design.unit.value,
        design.dimensions,
        design.plan.cuped_days,
        design.plan.covariates,
        sorted(subject.variants),
        sorted(subject.view.forced_units),
        [(one.key, metric_written(one.definition)) for one in subject.plan.metrics],
        phases,
        [
            (low, high if high is not None and high < until else None)
            for low, high in subject.frame.pauses
            if low < until
        ],
    ]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
