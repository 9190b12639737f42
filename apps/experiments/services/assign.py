"""Assignment for a request: pure hashing over the in-process snapshot. No SQL, no Redis."""

from collections.abc import Mapping
from datetime import datetime

from apps.common.errors import NotFound, Unavailable
from apps.experiments.contracts.assignment import Assignment, Json
from apps.experiments.contracts.serving import NO_STICKY, Served, ServingExperiment
from apps.experiments.domain.assignment.plan import AssignmentPlan
from apps.experiments.domain.serving.plans import ServingPlans, served_of
from apps.experiments.domain.serving.specs import spec_at
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.serving import serving_plans
from apps.experiments.services.assigned_counts import assignment_count, assignments_count
from apps.experiments.services.qa_tokens import qa_overrides_lenient


def assignments_for(
    *,
    surface: str,
    attributes: dict[str, Json],
    as_of: datetime,
    qa: str = "",
    sticky: Mapping[str, str] = NO_STICKY,
) -> tuple[Served, ...]:
    """What every running experiment of a surface (and of `any`) answers, by key.

    Args:
        surface: registered name of the caller's surface.
        attributes: what is known of the request; `user_id`, `client_id`, `session_id` and
            `query_id` identify units, the rest is targeted.
        as_of: aware.
        qa: signed tokens of QA, parted by commas; expired and forged ones are ignored.
        sticky: stored first assignments, from `services.sticky.sticky_known`.
    """
    overrides = qa_overrides_lenient(qa, as_of=as_of) if qa else {}
    found = serving_plans().assign(surface, attributes, as_of, overrides=overrides, sticky=sticky)
    assignments_count(found)
    return found


def experiment_assign(
    *,
    key: str,
    attributes: dict[str, Json],
    as_of: datetime,
    overrides: Mapping[str, str] = NO_STICKY,
    sticky: Mapping[str, str] = NO_STICKY,
) -> Served:
    """What one experiment answers, whatever its surface and status.

    Raises:
        NotFound: no such experiment.
        Unavailable: experiments could not be loaded.
    """
    plans, experiment = experiment_found(key)
    (found,) = plans.single(key).assign(attributes, as_of, overrides=overrides, sticky=sticky)
    assignment_count(found)
    return served_of(experiment, found)


def assignment_trace(
    *,
    key: str,
    attributes: dict[str, Json],
    as_of: datetime,
    overrides: Mapping[str, str] = NO_STICKY,
    sticky: Mapping[str, str] = NO_STICKY,
) -> Assignment:
    """'Why is this unit in B?': the answer with every question that led to it.

    Raises:
        NotFound: no such experiment.
        Unavailable: experiments could not be loaded.
    """
    plans, experiment = experiment_found(key)
    plan = plans.single(key)
    known = experiment.spec.phases
    if known and as_of < known[0].starts_at:
        # Before the conditions in force: read what was in force then.
        plan = AssignmentPlan([spec_at(experiment_view(key), as_of)])
    (found,) = plan.assign(attributes, as_of, overrides=overrides, sticky=sticky, traced=True)
    return found


def experiment_shown(experiment: ServingExperiment, overrides: Mapping[str, str]) -> bool:
    """Whether storefronts may be told of it: a design that never ran is QA's alone."""
    return experiment.started or experiment.spec.key in overrides


def experiment_found(key: str) -> tuple[ServingPlans, ServingExperiment]:
    """The plans, and the experiment of this key among them.

    Raises:
        NotFound: no such experiment.
        Unavailable: experiments could not be loaded.
    """
    plans = serving_plans()
    experiment = plans.experiments.get(key)
    if experiment is None:
        if not plans.complete:
            raise Unavailable("Experiments cannot be read now.")
        raise NotFound(f"There is no experiment {key}.")
    return plans, experiment
