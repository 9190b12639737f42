"""Everything that is served, compiled once: plans by surface, experiments and flags by key."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from apps.experiments.contracts.assignment import (
    Assignment,
    ConditionInvalid,
    ExperimentSpec,
    Json,
    Reason,
    SpecInvalid,
    Status,
)
from apps.experiments.contracts.design import ANY_SURFACE, Stickiness
from apps.experiments.contracts.lifecycle import FlagView
from apps.experiments.contracts.serving import NO_STICKY, Served, ServingExperiment, ServingRows
from apps.experiments.domain.assignment.payload import features_payload
from apps.experiments.domain.assignment.plan import AnswerPlan, AssignmentPlan
from apps.experiments.domain.assignment.plan_one import OVERRIDABLE
from apps.experiments.domain.serving.flags import FlagPlan

_NOBODY: Mapping[str, str] = {}


class SurfacePlan:
    """The running experiments of one surface, and those of any."""

    __slots__ = ("_experiments", "_plan", "_served", "sticky_stored", "units")

    def __init__(self, experiments: Sequence[ServingExperiment]) -> None:
        """Compile the experiments together: they share the hashes of a request."""
        self._experiments = {each.spec.key: each for each in experiments}
        self._plan = AnswerPlan([each.spec for each in experiments], self._wrap)
        # Answers are made once by the plan: so is what wraps them.
        self._served: dict[int, Served] = {}
        self.units = frozenset(each.spec.unit for each in experiments)
        self.sticky_stored = frozenset(
            each.spec.unit for each in experiments if each.stickiness is Stickiness.STORED
        )

    def assign(
        self,
        attributes: dict[str, Json],
        as_of: datetime,
        overrides: Mapping[str, str],
        sticky: Mapping[str, str],
    ) -> tuple[Served, ...]:
        """The answers of all, in the order of their keys."""
        if not self._experiments:
            return ()
        return self._plan.answer(attributes, as_of, overrides=overrides, sticky=sticky)

    def _wrap(self, found: Assignment) -> Served:
        served = self._served.get(id(found))
        if served is None:
            served = served_of(self._experiments[found.key], found)
            self._served[id(found)] = served
        return served


def served_of(experiment: ServingExperiment, found: Assignment) -> Served:
    """An answer with what a surface needs beside it."""
    phase = experiment.phase_numbered(found.phase)
    return Served(
        assignment=_decided(experiment, found),
        kind=experiment.kind,
        payloads=tuple(variant.payload for variant in experiment.spec.variants),
        variants=experiment.spec.variant_keys,
        salt_version=0 if phase is None else phase.salt_version,
        design_version=0 if phase is None else phase.design_version,
        unit=experiment.unit,
        stickiness=experiment.stickiness,
    )


def _decided(experiment: ServingExperiment, found: Assignment) -> Assignment:
    """After the end everybody gets what was shipped."""
    if not experiment.decided or found.reason is not Reason.NOT_RUNNING:
        return found
    index = experiment.spec.variant_keys.index(experiment.decided)
    return replace(found, variant=experiment.decided, index=index)


class ServingPlans:
    """What one worker serves from. Immutable to its callers; shared between threads."""

    def __init__(self, rows: ServingRows) -> None:
        """Compile; an experiment that cannot be compiled is left out and named in `broken`."""
        self.complete = rows.complete
        self.conversions = rows.conversions
        self.broken: dict[str, str] = {}
        self._singles: dict[str, AssignmentPlan] = {}
        self.flags: Mapping[str, FlagPlan] = {
            plan.key: plan for view in rows.flags if (plan := self._flag(view)) is not None
        }
        self.experiments: Mapping[str, ServingExperiment] = {
            each.spec.key: each
            for each in sorted(rows.experiments, key=lambda each: each.spec.key)
            if self._compiles(each.spec)
        }
        running = [e for e in self.experiments.values() if e.spec.status is Status.RUNNING]
        names = {each.surface for each in running}
        self._sticky_stored = tuple(e for e in running if e.stickiness is Stickiness.STORED)
        self._everywhere = SurfacePlan([e for e in running if e.surface == ANY_SURFACE])
        self._surfaces = {
            name: SurfacePlan([e for e in running if e.surface in {name, ANY_SURFACE}])
            for name in names - {ANY_SURFACE}
        }

    def _compiles(self, spec: ExperimentSpec) -> bool:
        try:
            self._singles[spec.key] = AssignmentPlan([spec])
        except (SpecInvalid, ConditionInvalid) as error:
            self.broken[spec.key] = str(error)
            return False
        return True

    def _flag(self, view: FlagView) -> FlagPlan | None:
        if view.definition is None:
            return None
        try:
            return FlagPlan(view)
        except ConditionInvalid as error:
            self.broken[view.key] = str(error)
            return None

    def surface(self, name: str) -> SurfacePlan:
        """The running experiments that a surface reads."""
        return self._surfaces.get(name, self._everywhere)

    def assign(
        self,
        surface: str,
        attributes: dict[str, Json],
        as_of: datetime,
        *,
        overrides: Mapping[str, str] = _NOBODY,
        sticky: Mapping[str, str] = NO_STICKY,
    ) -> tuple[Served, ...]:
        """The answers of a surface's running experiments, and of drafts that QA asks for."""
        found = self.surface(surface).assign(attributes, as_of, overrides, sticky)
        if not overrides:
            return found
        return (*found, *self._drafts(surface, attributes, as_of, overrides))

    def _drafts(
        self,
        surface: str,
        attributes: dict[str, Json],
        as_of: datetime,
        overrides: Mapping[str, str],
    ) -> list[Served]:
        answers = []
        for key in sorted(overrides):
            experiment = self.experiments.get(key)
            if experiment is None or experiment.surface not in {surface, ANY_SURFACE}:
                continue
            status = experiment.spec.status
            if status is not Status.RUNNING and status in OVERRIDABLE:
                (found,) = self.single(key).assign(attributes, as_of, overrides=overrides)
                answers.append(served_of(experiment, found))
        return answers

    def single(self, key: str) -> AssignmentPlan:
        """The plan of one experiment alone.

        Raises:
            KeyError: no such experiment.
        """
        return self._singles[key]

    @property
    def sticky_stored(self) -> tuple[ServingExperiment, ...]:
        """The running experiments whose first assignments Redis keeps."""
        return self._sticky_stored

    @property
    def changed_at(self) -> datetime | None:
        """When the newest phase began; None before the first."""
        begun = (p.starts_at for each in self.experiments.values() for p in each.phases)
        return max(begun, default=None)

    def features(self, as_of: datetime) -> dict[str, Json]:
        """Every flag, and every experiment that has started, in GrowthBook's public format."""
        started = [e for e in self.experiments.values() if e.started]
        found = features_payload([each.spec for each in started], as_of)
        for each in started:
            if each.decided:
                index = each.spec.variant_keys.index(each.decided)
                found[each.spec.key] = {"defaultValue": each.spec.variants[index].value}
        return {**found, **{key: flag.feature() for key, flag in self.flags.items()}}
