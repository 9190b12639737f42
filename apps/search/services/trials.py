"""Running experiments in one search: who takes part, what changes, what was exposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from apps.events.contracts import QueryLogEntry
from apps.events.domain.query_codec import Exposed
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.serving import Served
from apps.experiments.domain.interleaving import draft_seed
from apps.experiments.selectors.serving import serving_plans
from apps.experiments.services.assign import assignments_for
from apps.experiments.services.sticky import (
    NOTHING_KNOWN,
    StickyKnown,
    sticky_remember,
    sticky_token_of,
)
from apps.features.contracts import CF_SCORE
from apps.merchandising.selectors import rule_book
from apps.ranking_weights.selectors import weights_differ
from apps.search.contracts import SearchRequest
from apps.search.domain.contending import SearchPlan
from apps.search.domain.exposing import (
    Choices,
    RequestFacts,
    Steering,
    category_told,
    could_differ,
)
from apps.search.domain.overrides import SearchSettings
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.listing import Listing
from apps.search.selectors.personal import features_available
from apps.search.selectors.retrieval import Lists
from apps.search.services.contenders import Participant, participants_of
from apps.search.services.core import Core
from apps.search.services.facts import facts_of, readings_of
from apps.search.services.ruled_trials import experiments_ruled, exposures_asked, served_asked
from apps.search.services.stickiness import SURFACE, known_of
from apps.search.services.troupes import Troupe, cast_of, troupe_of

Documents = tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What experiments do to one request.

    Attributes:
        troupe: those that act.
        plan: what search does.
        documents: all that the request is in, as the answer tells them.
        attributes: what targeting saw.
        served: answers of which a first assignment may have to be kept.
        known: first assignments of sticky experiments.
        complete: False when the experiments could not be read.
        asked: experiments that rules ask for, which the request is in.
    """

    troupe: Troupe
    plan: SearchPlan
    documents: Documents
    attributes: Mapping[str, Json]
    served: tuple[Served, ...] = ()
    known: StickyKnown = NOTHING_KNOWN
    complete: bool = True
    asked: tuple[Served, ...] = ()

    @property
    def settings(self) -> SearchSettings:
        """How search works without experiments."""
        return self.troupe.settings


def trial_none() -> Trial:
    """No experiment takes part: previews, evaluations, and lists that are no search."""
    troupe = troupe_of((), search_settings())
    return Trial(troupe, troupe.plan, (), {})


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
    entered = participants_of(found)
    cast = cast_of(entered)
    casting = cast.casting
    troupe = troupe_of([entered[place] for place in casting.acting], settings)
    return Trial(
        troupe=troupe,
        plan=_plan(troupe, request, query_id),
        documents=tuple(
            [one.told[winner] for one, winner in zip(entered, casting.winners, strict=True)]
        ),
        attributes=attributes,
        served=tuple(one.served for one in entered) if cast.is_sticky else (),
        known=known,
        complete=serving_plans().complete,
        asked=served_asked(rule_book(), entered, casting.winners),
    )


def _plan(troupe: Troupe, request: SearchRequest, query_id: UUID) -> SearchPlan:
    if troupe.drafting is None:
        return troupe.plan
    return replace(troupe.plan, seed=_seed(troupe.drafting, request, query_id))


def trial_remembered(trial: Trial) -> tuple[str, bool]:
    """The sticky token to send back, and whether what is kept here could be kept.

    A round trip only when a unit is put into an experiment with stored assignments for the
    first time.
    """
    served, known, attributes = trial.served, trial.known, trial.attributes
    if not served and known is NOTHING_KNOWN:
        return "", True
    kept = sticky_remember(served=served, known=known, attributes=attributes)
    return sticky_token_of(served=served, known=known, attributes=attributes), kept


def teams_shown(listing: Listing, entry: QueryLogEntry) -> dict[str, str]:
    """Product id → variant, of an interleaved list's shown hits that are on one's behalf."""
    if listing.draft is None:
        return {}
    shown = zip(entry.product_ids, entry.positions, strict=True)
    teams = ((product_id, listing.team(position)) for product_id, position in shown)
    return {product_id: team for product_id, team in teams if team is not None}


def documents_with_teams(
    documents: Documents, drafted: str, teams: Mapping[str, str]
) -> Documents:
    """The experiments for the query log: the one that interleaves with each shown hit's team.

    Args:
        documents: as the answer tells them.
        drafted: key of the experiment that interleaves.
        teams: product id → variant; without any nobody competed.
    """
    if not teams:
        return documents
    return tuple(
        {**each, "teams": teams} if each["key"] == drafted else each for each in documents
    )


def trial_exposures(*, trial: Trial, request: SearchRequest, core: Core) -> tuple[Exposed, ...]:
    """One exposure for each acting experiment whose variants could have differed here.

    Args:
        trial: of the request.
        request: as asked.
        core: what was found.
    """
    troupe, lists, listing, ruling = trial.troupe, core.lists, core.listing, core.ruling
    exposed: list[Exposed] = []
    if troupe.counted:
        # What rules made of the query as typed is the same in every arm of an experiment on its
        # reading; what they made of a correction is, if all arms read what was corrected alike.
        readings = readings_of(troupe.counted, core.readable)
        facts = facts_of(request, lists, listing, troupe.steered, readings)
        facts = replace(
            facts, ruled=experiments_ruled(troupe.counted, request, ruling, core.corrected)
        )
        exposed = [
            _exposed(each, troupe, facts)
            for each in _asked(troupe.counted, facts, request, lists, listing)
        ]
    if trial.asked:
        exposed += exposures_asked(
            trial.asked, troupe.participants, request, ruling, core.corrected
        )
    return tuple(exposed)


def _exposed(steering: Steering, troupe: Troupe, facts: RequestFacts) -> Exposed:
    """Of an interleaved answer too, the variant that the rule drew.

    The roll-up knows no other, and units and the sample ratio are counted by it. What was shown
    is in the query log.
    """
    found = troupe.participants[steering.contender.key].served.assignment
    return Exposed(found.key, found.variant, found.phase, category_told(steering, facts))


def _asked(
    counted: Sequence[Steering],
    facts: RequestFacts,
    request: SearchRequest,
    lists: Lists,
    listing: Listing,
) -> list[Steering]:
    """Those whose variants could have differed on this request."""
    known = CF_SCORE in listing.scored.ranking.features
    available = features_available(lists.snapshot, known=known)

    def differ(choices: Choices, path: str | None) -> bool:
        return weights_differ(choices, category_path=path, available=available)

    def asked(steering: Steering) -> bool:
        # Of an interleaved answer both rankings are at hand: nothing has to be guessed.
        if steering.contender.interleaves:
            return listing.contested_on_page(request)
        return could_differ(steering, facts, differ)

    return [each for each in counted if asked(each)]


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


def _seed(participant: Participant, request: SearchRequest, query_id: UUID) -> int:
    """The same for every page that one shopper turns of one search.

    Whoever has no name at all gets another draft with every answer.
    """
    asker = request.asker
    shopper = asker.session_id or asker.client_id or asker.user_id or str(query_id)
    filters = repr(sorted(request.filters_asked.items()))
    found = participant.served.assignment
    return draft_seed(found.key, str(found.phase), shopper, request.query, filters)
