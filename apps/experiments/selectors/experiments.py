"""Experiments as frozen views: a constant number of statements, however many there are."""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Prefetch, QuerySet

from apps.common.errors import NotFound
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import ExperimentDesign
from apps.experiments.contracts.lifecycle import (
    DecisionView,
    ExperimentView,
    Outcome,
    PhaseView,
    ProposalView,
)
from apps.experiments.domain.design.reading import design_read
from apps.experiments.models import Decision, Experiment, ExperimentVersion, ForcedUnit, Phase
from apps.publishing.contracts import VersionStatus

# Archived experiments serve nothing; completed ones go on serving what was decided.
SERVED_STATUSES = (
    Status.DRAFT,
    Status.IN_REVIEW,
    Status.RUNNING,
    Status.PAUSED,
    Status.COMPLETED,
)


def experiment_view(key: str) -> ExperimentView:
    """One experiment whole.

    Raises:
        NotFound: there is none.
    """
    found = experiment_views(keys=(key,))
    if not found:
        raise NotFound(f"There is no experiment {key}.")
    return found[0]


def experiment_views(
    *,
    keys: Collection[str] | None = None,
    statuses: Collection[Status] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> tuple[ExperimentView, ...]:
    """Experiments, newest first; three statements."""
    rows = _filtered(_rows(), keys, statuses)
    end = None if limit is None else offset + limit
    return tuple(_view(row) for row in rows[offset:end])


def experiment_count(*, statuses: Collection[Status] | None = None) -> int:
    """How many experiments there are."""
    return _filtered(Experiment.objects.all(), None, statuses).count()


def _filtered(
    rows: QuerySet[Experiment],
    keys: Collection[str] | None,
    statuses: Collection[Status] | None,
) -> QuerySet[Experiment]:
    if keys is not None:
        rows = rows.filter(key__in=list(keys))
    if statuses is not None:
        rows = rows.filter(status__in=[status.value for status in statuses])
    return rows


def serving_rows() -> tuple[ExperimentView, ...]:
    """What assignment serves from, by key; three statements, and no analysis is read.

    Running experiments, those that QA may look at, and those whose decision is still served.
    """
    return tuple(sorted(experiment_views(statuses=SERVED_STATUSES), key=lambda view: view.key))


def proposal_view(key: str) -> ProposalView | None:
    """What waits: the draft, or the version in review, with the people on it.

    Raises:
        NotFound: there is no such experiment.
    """
    row = (
        Experiment.objects.filter(key=key)
        .select_related("draft__created_by", "draft__reviewed_by")
        .first()
    )
    if row is None:
        raise NotFound(f"There is no experiment {key}.")
    version = row.draft
    # A draft that was given up is still the design of an archived experiment.
    if version is None or version.status == VersionStatus.REJECTED.value:
        return None
    return ProposalView(
        version_id=version.pk,
        number=version.number,
        status=version.status,
        design=design_read(version.design),
        approved=_approved(version),
        created_by=_name(version.created_by),
        created_by_id=version.created_by_id,
        reviewed_by=_name(version.reviewed_by),
        submitted_at=version.submitted_at,
    )


def design_numbered(key: str, number: int) -> ExperimentDesign:
    """The design of a version, such as the one that a phase ran.

    Raises:
        NotFound: there is none.
    """
    row = ExperimentVersion.objects.filter(subject=key, number=number).first()
    if row is None:
        raise NotFound(f"{key} has no version {number}.")
    return design_read(row.design)


def _rows() -> QuerySet[Experiment]:
    phases = Phase.objects.select_related("version").defer("version__design").order_by("number")
    return (
        Experiment.objects.select_related(
            "owner", "draft", "live", "decision", "decision__decided_by"
        )
        .prefetch_related(
            Prefetch("phases", queryset=phases),
            Prefetch("forced_units", queryset=ForcedUnit.objects.order_by("unit")),
        )
        .order_by("-created_at", "-id")
    )


def _view(row: Experiment) -> ExperimentView:
    version = row.live or row.draft
    if version is None:
        raise AssertionError("an experiment has a draft or a live design")
    return ExperimentView(
        id=row.pk,
        key=row.key,
        status=Status(row.status),
        design=design_read(version.design),
        design_version=version.number,
        draft_version_id=row.draft_id,
        approved=_approved(row.draft),
        phases=tuple(phase_view(phase) for phase in row.phases.all()),
        forced_units=_forced(row),
        owner=_name(row.owner),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        decision=_decision(row),
    )


def phase_view(phase: Phase) -> PhaseView:
    """A phase as a value."""
    layer = (phase.layer, phase.layer_low, phase.layer_high) if phase.layer else None
    return PhaseView(
        number=phase.number,
        salt=phase.salt,
        salt_version=phase.salt_version,
        coverage=phase.coverage,
        weights=tuple(phase.weights),
        targeting=phase.targeting,
        layer=layer,
        holdout_salt=phase.holdout_salt,
        holdout_share=phase.holdout_share,
        design_version=phase.version.number,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        reason=phase.reason,
    )


def _forced(row: Experiment) -> Mapping[str, str]:
    return {forced.unit: forced.variant for forced in row.forced_units.all()}


def _decision(row: Experiment) -> DecisionView | None:
    found: Decision | None = getattr(row, "decision", None)
    if found is None:
        return None
    return DecisionView(
        outcome=Outcome(found.outcome),
        variant=found.variant,
        text=found.text,
        decided_by=_name(found.decided_by),
        decided_at=found.decided_at,
        analysis_id=found.analysis_id,
        shipped=found.shipped,
    )


def _approved(version: ExperimentVersion | None) -> bool:
    return (
        version is not None
        and version.status == VersionStatus.IN_REVIEW.value
        and version.reviewed_at is not None
    )


def _name(person: AbstractBaseUser | None) -> str:
    return person.get_username() if person is not None else ""
