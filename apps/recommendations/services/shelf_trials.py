"""Running experiments on one shelf: who takes part, what changes, what was exposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from apps.common.observability.metrics import degraded_total
from apps.events.contracts import Event
from apps.events.domain.exposures import exposure_make
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.serving import Served
from apps.experiments.domain.serving.settling import Settlement, turning_settle
from apps.experiments.selectors.serving import serving_plans
from apps.experiments.services.assign import assignments_for
from apps.experiments.services.sticky import (
    NOTHING_KNOWN,
    StickyKnown,
    sticky_keys,
    sticky_known,
    sticky_remember,
    sticky_token_of,
)
from apps.merchandising.selectors import rule_book
from apps.ranking.contracts import Acted
from apps.recommendations.contracts import Placement
from apps.recommendations.contracts_answers import RecommendationRequest
from apps.recommendations.domain.kept_shelf import SURFACE
from apps.recommendations.domain.shelf_contending import ShelfContender, on_shelf
from apps.recommendations.domain.shelf_overrides import (
    ShelfKnob,
    ShelfOverridesInvalid,
    shelf_overrides_read,
)
from apps.recommendations.selectors.personalised import personalisation_flags
from apps.recommendations.selectors.placements import placement_named
from apps.recommendations.selectors.worlds import ShelfPlan

logger = structlog.get_logger(__name__)
UNITS = ("user_id", "client_id", "session_id")


@dataclass(frozen=True, slots=True, eq=False)
class ShelfTrial:
    """What experiments do to one request.

    Attributes:
        plan: the shelf as it is made.
        published: the shelf without experiments.
        contenders: those that act, with what they turn.
        documents: all that the request is in, as the answer tells them.
        served: answers of which a first assignment may have to be kept.
        asked: experiments that rules ask for, which the request is in and which act.
        attributes: what targeting saw.
        known: first assignments of sticky experiments.
        complete: False when the experiments could not be read.
    """

    plan: ShelfPlan
    published: Placement
    contenders: tuple[ShelfContender, ...] = ()
    documents: tuple[Mapping[str, object], ...] = ()
    served: tuple[Served, ...] = ()
    asked: tuple[Served, ...] = ()
    attributes: Mapping[str, Json] | None = None
    known: StickyKnown = NOTHING_KNOWN
    complete: bool = True

    @property
    def acted(self) -> tuple[Acted, ...]:
        """As records tell it."""
        return tuple(
            Acted(one.key, one.variant, tuple(sorted(one.knobs))) for one in self.contenders
        )


def stored_keys(request: RecommendationRequest) -> Sequence[str]:
    """The Redis hashes of first assignments that a request needs; none without such."""
    attributes: dict[str, Json] = {
        name: value for name in UNITS if (value := getattr(request, name))
    }
    return sticky_keys(surface=SURFACE, attributes=attributes)


def trial_of(*, request: RecommendationRequest, query_id: UUID, as_of: datetime) -> ShelfTrial:
    """Assign the request, and settle who acts. No SQL, and no Redis."""
    published = placement_named(request.placement)
    if not request.experimented:
        return ShelfTrial(ShelfPlan(published), published)
    attributes = _attributes(request, query_id)
    known = _known(request, attributes)
    found = assignments_for(
        surface=SURFACE,
        attributes=attributes,
        as_of=as_of,
        qa=request.qa,
        sticky=known.assignments,
    )
    entered = [one for one in found if one.assignment.in_experiment]
    contenders = [one for served in entered if (one := _contender(served, published)) is not None]
    settled = turning_settle(contenders)
    asked = _asked(entered, settled)
    return ShelfTrial(
        plan=_plan(settled, published, asked),
        published=published,
        contenders=settled.acting,
        documents=tuple(_document(one, settled) for one in entered),
        served=tuple(entered),
        asked=asked,
        attributes=attributes,
        known=known,
        complete=serving_plans().complete,
    )


def _asked(entered: Sequence[Served], settled: Settlement[ShelfContender]) -> tuple[Served, ...]:
    """Those that rules ask for and that act, of what the request is in."""
    read = rule_book().experiments_read
    return tuple(
        one
        for one in entered
        if one.assignment.key in read and one.assignment.key not in settled.yielding
    )


def trial_remembered(trial: ShelfTrial) -> tuple[str, bool]:
    """The sticky token to send back, and whether what is kept here could be kept."""
    attributes = trial.attributes or {}
    if not trial.served and trial.known is NOTHING_KNOWN:
        return "", True
    kept = sticky_remember(served=trial.served, known=trial.known, attributes=attributes)
    token = sticky_token_of(served=trial.served, known=trial.known, attributes=attributes)
    return token, kept


def exposure_of(
    served_key: str,
    trial: ShelfTrial,
    request: RecommendationRequest,
    told: tuple[UUID, datetime, str | None],
) -> Event:
    """The event of one exposure.

    Args:
        served_key: of the experiment.
        trial: of the request.
        request: as asked.
        told: the answer's id, its moment, and the category to count it under.
    """
    query_id, as_of, category = told
    found = next(one.assignment for one in trial.served if one.assignment.key == served_key)
    attributes = {name: value for name, value in request.attributes.items() if name != "category"}
    if category is not None:
        attributes["category"] = category
    return exposure_make(
        experiment=found.key,
        variant=found.variant,
        phase=found.phase,
        occurred_at=as_of,
        user_id=request.user_id,
        client_id=request.client_id,
        session_id=request.session_id,
        query_id=str(query_id),
        attributes={**attributes, "placement": request.placement.value},
    )


def _known(request: RecommendationRequest, attributes: Mapping[str, Json]) -> StickyKnown:
    keys = sticky_keys(surface=SURFACE, attributes=attributes)
    if not keys and not request.sticky:
        return NOTHING_KNOWN
    return sticky_known(
        hashes=request.stored, keys=keys, token=request.sticky, attributes=attributes
    )


def _contender(served: Served, placement: Placement) -> ShelfContender | None:
    """What an experiment turns of this shelf; None: nothing.

    Payloads were checked when the design was submitted: what fails here was checked by an older
    release, and then no variant acts.
    """
    key = served.assignment.key
    try:
        read = [shelf_overrides_read(payload) for payload in served.payloads]
    except ShelfOverridesInvalid as error:
        degraded_total.labels(component="experiments", reason="payload").inc()
        logger.exception("experiment_payload_unread", experiment=key, field=error.field)
        return None
    overrides = on_shelf(read, placement)
    knobs = frozenset[ShelfKnob]().union(*(each.knobs for each in overrides))
    if not knobs:
        return None
    plan = serving_plans().experiments.get(key)
    return ShelfContender(
        key=key,
        variants=served.variants,
        index=served.assignment.index,
        forced=served.assignment.forced,
        started_at=plan.phases[0].starts_at if plan and plan.phases else None,
        overrides=overrides,
        knobs=knobs,
    )


def _plan(
    settled: Settlement[ShelfContender], published: Placement, asked: Sequence[Served]
) -> ShelfPlan:
    """The published shelf with what each acting variant changes."""
    variants = {one.assignment.key: one.assignment.variant for one in asked}
    plan = ShelfPlan(published, variants=variants)
    for one in settled.acting:
        change = one.shown
        plan = replace(plan, placement=change.over(plan.placement))
        if change.weights is not None:
            plan = replace(plan, weights=change.weights, chosen_by=(one.key, one.variant))
        if change.personalisation is not None:
            before = plan.personalisation or personalisation_flags()
            plan = replace(plan, personalisation=change.personalisation.over(before))
        if change.rules is not None:
            plan = replace(plan, switches=change.rules)
    return plan


def _document(served: Served, settled: Settlement[ShelfContender]) -> Mapping[str, object]:
    found = served.assignment
    told: dict[str, object] = {"key": found.key, "variant": found.variant, "phase": found.phase}
    if found.forced:
        told["forced"] = True
    winner = settled.yielding.get(found.key)
    return told if winner is None else {**told, "yields_to": winner}


def _attributes(request: RecommendationRequest, query_id: UUID) -> dict[str, Json]:
    """What targeting sees; who asks is never overwritten by what the caller says."""
    known: dict[str, Json] = {
        **request.attributes,
        "query_id": str(query_id),
        "placement": request.placement.value,
    }
    for name in UNITS:
        known.pop(name, None)
        if value := getattr(request, name):
            known[name] = value
    return known
