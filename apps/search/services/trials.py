"""Running experiments in one search: who takes part, what changes, what was exposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from apps.events.contracts import Event
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import ExperimentKind
from apps.experiments.contracts.serving import Served
from apps.experiments.domain.interleaving import draft_seed
from apps.experiments.selectors.serving import serving_plans
from apps.experiments.services.assign import assignments_for
from apps.experiments.services.exposures import exposure_event
from apps.experiments.services.sticky import (
    NOTHING_KNOWN,
    StickyKnown,
    sticky_remember,
    sticky_token_of,
)
from apps.ranking_weights.contracts import WeightsChoice
from apps.ranking_weights.selectors import weights_resolve
from apps.search.contracts import SearchRequest, Sort
from apps.search.domain.contending import (
    Contender,
    SearchPlan,
    Settled,
    contenders_settle,
    plan_make,
)
from apps.search.domain.exposing import RequestFacts, category_told, could_differ
from apps.search.domain.overrides import SearchSettings
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.listing import Listing
from apps.search.selectors.retrieval import Lists, semantic_ready
from apps.search.selectors.scoring import features_available
from apps.search.selectors.understanding import query_expands
from apps.search.services.contenders import contender_of
from apps.search.services.stickiness import SURFACE, known_of

INTERLEAVED = "interleaved"
Documents = tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What experiments do to one request.

    Attributes:
        settings: how search works without them.
        served: those that the request is in, by key.
        settled: which of them act.
        plan: what search does.
        attributes: what targeting saw.
        known: first assignments of sticky experiments.
        complete: False when the experiments could not be read.
    """

    settings: SearchSettings
    served: Mapping[str, Served]
    settled: Settled
    plan: SearchPlan
    attributes: Mapping[str, Json]
    known: StickyKnown = NOTHING_KNOWN
    complete: bool = True


_NOBODY = Settled((), {})


def trial_none() -> Trial:
    """No experiment takes part: previews, evaluations, and lists that are no search."""
    settings = search_settings()
    return Trial(settings, {}, _NOBODY, plan_make((), settings), {})


def trial_of(*, request: SearchRequest, query_id: UUID, as_of: datetime) -> Trial:
    """Assign the request, and settle who acts. No SQL, and no Redis."""
    if not request.experimented:
        return trial_none()
    settings, attributes = search_settings(), _attributes(request, query_id)
    known = known_of(request, attributes)
    found = assignments_for(
        surface=SURFACE,
        attributes=attributes,
        as_of=as_of,
        qa=request.qa,
        sticky=known.assignments,
    )
    served = {one.assignment.key: one for one in found if one.assignment.in_experiment}
    contenders = [each for one in served.values() if (each := contender_of(one)) is not None]
    settled = contenders_settle(contenders) if contenders else _NOBODY
    drafting = next((each for each in settled.acting if each.interleaves), None)
    seed = 0 if drafting is None else _seed(served[drafting.key], request, query_id)
    plan = plan_make(settled.acting, settings, seed)
    complete = serving_plans().complete
    return Trial(settings, served, settled, plan, attributes, known, complete)


def trial_remembered(trial: Trial) -> tuple[str, bool]:
    """The sticky token to send back, and whether what is kept here could be kept.

    A round trip only when a unit is put into an experiment with stored assignments for the
    first time.
    """
    served = tuple(trial.served.values())
    known, attributes = trial.known, trial.attributes
    kept = sticky_remember(served=served, known=known, attributes=attributes)
    return sticky_token_of(served=served, known=known, attributes=attributes), kept


def trial_documents(trial: Trial) -> Documents:
    """The experiments that the request is in, as the answer tells them."""
    return tuple(_document(trial, one) for one in trial.served.values())


def trial_log_documents(
    trial: Trial, listing: Listing, shown: Sequence[tuple[str, int]]
) -> Documents:
    """The same for the query log: an interleaved list with the team of each shown hit.

    Args:
        trial: of the request.
        listing: what was shown.
        shown: product id and 1-based position of every hit of the page.
    """
    documents = trial_documents(trial)
    if listing.draft is None or not listing.contested:
        return documents
    key = listing.draft.experiment.key
    teams = {product_id: listing.team(position) for product_id, position in shown}
    told = {product_id: team for product_id, team in teams.items() if team is not None}
    return tuple({**each, "teams": told} if each["key"] == key else each for each in documents)


def trial_exposures(
    *,
    trial: Trial,
    request: SearchRequest,
    lists: Lists,
    listing: Listing,
    query_id: UUID,
    as_of: datetime,
) -> tuple[Event, ...]:
    """One exposure for each acting experiment whose variants could have differed here."""
    counted = [each for each in trial.settled.acting if not each.forced]
    if not counted:
        return ()
    facts = facts_of(request, lists, listing)
    available = features_available(lists.snapshot)

    def weigh(choice: WeightsChoice | None, path: str | None) -> tuple[tuple[str, float], ...]:
        return weights_resolve(category_path=path, available=available, choice=choice).weights

    exposed = [
        each
        for each in counted
        # Of an interleaved answer both rankings are at hand: nothing has to be guessed.
        if (
            listing.contested
            if each.interleaves
            else could_differ(each, trial.settings, facts, weigh)
        )
    ]
    events = (
        exposure_event(
            served=_as_shown(trial.served[each.key], each),
            occurred_at=as_of,
            user_id=request.asker.user_id,
            client_id=request.asker.client_id,
            session_id=request.asker.session_id,
            query_id=str(query_id),
            attributes=_told(request, category_told(each, trial.settings, facts)),
        )
        for each in exposed
    )
    return tuple(event for event in events if event is not None)


def facts_of(request: SearchRequest, lists: Lists, listing: Listing) -> RequestFacts:
    """What is known of an answered request."""
    scored = listing.scored
    return RequestFacts(
        by_relevance=request.sort is Sort.RELEVANCE,
        has_words=bool(lists.understanding.normalised),
        expands=query_expands(lists.understanding.words),
        semantic_ready=lists.keyword is not None and semantic_ready(),
        keyword_found=lists.keyword is not None and len(lists.keyword) > 0,
        semantic_found=lists.semantic is not None and len(lists.semantic) > 0,
        matches=listing.found,
        first=(request.page - 1) * request.per_page,
        filtered=scored.filtered,
        detected=scored.category.path if scored.category else None,
    )


def _attributes(request: SearchRequest, query_id: UUID) -> dict[str, Json]:
    """What targeting sees; who asks is never overwritten by what the caller says."""
    asker = request.asker
    known: dict[str, Json] = {**request.attributes, "query_id": str(query_id)}
    units = {
        "user_id": asker.user_id,
        "client_id": asker.client_id,
        "session_id": asker.session_id,
    }
    for name, value in units.items():
        known.pop(name, None)
        if value is not None:
            known[name] = value
    return known


def _seed(served: Served, request: SearchRequest, query_id: UUID) -> int:
    """The same for every page that one shopper turns of one search.

    Whoever has no name at all gets another draft with every answer.
    """
    asker = request.asker
    shopper = asker.session_id or asker.client_id or asker.user_id or str(query_id)
    filters = repr(sorted(request.filters_asked.items()))
    found = served.assignment
    return draft_seed(found.key, str(found.phase), shopper, request.query, filters)


def _document(trial: Trial, served: Served) -> dict[str, object]:
    found = served.assignment
    interleaves = served.kind is ExperimentKind.INTERLEAVING and not found.forced
    document: dict[str, object] = {
        "key": found.key,
        "variant": INTERLEAVED if interleaves else found.variant,
        "phase": found.phase,
    }
    if found.forced:
        document["forced"] = True
    if winner := trial.settled.yielding.get(found.key):
        document["yields_to"] = winner
    return document


def _as_shown(served: Served, contender: Contender) -> Served:
    """An interleaved answer exposes both variants at once."""
    if not contender.interleaves:
        return served
    return replace(served, assignment=replace(served.assignment, variant=INTERLEAVED))


def _told(request: SearchRequest, category: str | None) -> dict[str, Json]:
    """The exposure's dimensions: what the caller says of the request, and its category."""
    told: dict[str, Json] = dict(request.attributes)
    told.pop("category", None)
    return told if category is None else {**told, "category": category}
