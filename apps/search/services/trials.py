"""Running experiments in one search: who takes part, what changes, what was exposed."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.events.contracts import Event
from apps.experiments.contracts.assignment import Json
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
from apps.search.domain.exposing import (
    RequestFacts,
    category_told,
    could_differ,
    knobs_steered,
)
from apps.search.domain.overrides import Knob, SearchSettings
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.listing import Listing
from apps.search.selectors.retrieval import Lists, semantic_ready
from apps.search.selectors.scoring import features_available
from apps.search.selectors.understanding import query_expands
from apps.search.services.contenders import Participant, participant_of
from apps.search.services.stickiness import SURFACE, known_of

Documents = tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What experiments do to one request.

    Attributes:
        settings: how search works without them.
        participants: those that the request is in, by key.
        documents: the same as the answer tells them.
        settled: which of them act.
        plan: what search does.
        attributes: what targeting saw.
        known: first assignments of sticky experiments.
        complete: False when the experiments could not be read.
    """

    settings: SearchSettings
    participants: Mapping[str, Participant]
    documents: Documents
    settled: Settled
    plan: SearchPlan
    attributes: Mapping[str, Json]
    known: StickyKnown = NOTHING_KNOWN
    complete: bool = True


_NOBODY = Settled((), {})


def trial_none() -> Trial:
    """No experiment takes part: previews, evaluations, and lists that are no search."""
    settings = search_settings()
    return Trial(settings, {}, (), _NOBODY, plan_make((), settings), {})


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
    entered = [participant_of(one) for one in found if one.assignment.in_experiment]
    contenders = [one.contender for one in entered if one.contender is not None]
    settled = contenders_settle(contenders) if contenders else _NOBODY
    drafting = next((each for each in settled.acting if each.interleaves), None)
    participants = {one.served.assignment.key: one for one in entered}
    seed = 0 if drafting is None else _seed(participants[drafting.key], request, query_id)
    return Trial(
        settings=settings,
        participants=participants,
        documents=_documents(entered, settled),
        settled=settled,
        plan=plan_make(settled.acting, settings, seed),
        attributes=attributes,
        known=known,
        complete=serving_plans().complete,
    )


def trial_remembered(trial: Trial) -> tuple[str, bool]:
    """The sticky token to send back, and whether what is kept here could be kept.

    A round trip only when a unit is put into an experiment with stored assignments for the
    first time.
    """
    served = [one.served for one in trial.participants.values()]
    known, attributes = trial.known, trial.attributes
    kept = sticky_remember(served=served, known=known, attributes=attributes)
    return sticky_token_of(served=served, known=known, attributes=attributes), kept


def trial_log_documents(
    trial: Trial, listing: Listing, shown: Sequence[tuple[str, int]]
) -> Documents:
    """The experiments for the query log: an interleaved list with the team of each shown hit.

    Args:
        trial: of the request.
        listing: what was shown.
        shown: product id and 1-based position of every hit of the page.
    """
    if listing.draft is None:
        return trial.documents
    key = listing.draft.experiment.key
    teams = {product_id: listing.team(position) for product_id, position in shown}
    told = {product_id: team for product_id, team in teams.items() if team is not None}
    if not told:
        return trial.documents
    return tuple(
        {**each, "teams": told} if each["key"] == key else each for each in trial.documents
    )


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
    steered = {knob for each in counted for knob in knobs_steered(each, trial.settings)}
    facts = facts_of(request, lists, listing, steered)
    contested = listing.contested_on_page(request)
    exposed = _exposed(counted, trial, facts, lists, contested=contested)
    events = (
        exposure_event(
            # Of an interleaved answer too, the variant that the rule drew: the roll-up knows no
            # other, and units and the sample ratio are counted by it. What was shown is in the
            # query log.
            served=trial.participants[each.key].served,
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


def _exposed(
    counted: Sequence[Contender],
    trial: Trial,
    facts: RequestFacts,
    lists: Lists,
    *,
    contested: bool,
) -> list[Contender]:
    """Those whose variants could have differed on this request."""
    available = features_available(lists.snapshot)

    def weigh(choice: WeightsChoice | None, path: str | None) -> tuple[tuple[str, float], ...]:
        return weights_resolve(category_path=path, available=available, choice=choice).weights

    def asked(contender: Contender) -> bool:
        # Of an interleaved answer both rankings are at hand: nothing has to be guessed.
        if contender.interleaves:
            return contested
        return could_differ(contender, trial.settings, facts, weigh)

    return [each for each in counted if asked(each)]


def facts_of(
    request: SearchRequest, lists: Lists, listing: Listing, steered: Container[Knob] = tuple(Knob)
) -> RequestFacts:
    """What is known of an answered request, as far as it matters to what is steered."""
    scored = listing.scored
    return RequestFacts(
        by_relevance=request.sort is Sort.RELEVANCE,
        has_words=bool(lists.understanding.normalised),
        expands=Knob.SYNONYMS in steered and query_expands(lists.understanding.words),
        semantic_ready=(
            Knob.SEMANTIC in steered and lists.keyword is not None and semantic_ready()
        ),
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


def _documents(entered: Sequence[Participant], settled: Settled) -> Documents:
    if not settled.yielding:
        return tuple([one.document for one in entered])
    return tuple(
        {**one.document, "yields_to": winner}
        if (winner := settled.yielding.get(one.served.assignment.key))
        else one.document
        for one in entered
    )


def _seed(participant: Participant, request: SearchRequest, query_id: UUID) -> int:
    """The same for every page that one shopper turns of one search.

    Whoever has no name at all gets another draft with every answer.
    """
    asker = request.asker
    shopper = asker.session_id or asker.client_id or asker.user_id or str(query_id)
    filters = repr(sorted(request.filters_asked.items()))
    found = participant.served.assignment
    return draft_seed(found.key, str(found.phase), shopper, request.query, filters)


def _told(request: SearchRequest, category: str | None) -> dict[str, Json]:
    """The exposure's dimensions: what the caller says of the request, and its category."""
    told: dict[str, Json] = dict(request.attributes)
    told.pop("category", None)
    return told if category is None else {**told, "category": category}
