"""What of the shopper counts in one ranking: their history, and this visit's pull.

Read in process. Only a request that says whom it follows is personal: previews, evaluations,
warm-up and merchandisers' pages say nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from apps.catalog.contracts import BoolArray
from apps.events.contracts_sessions import SessionState
from apps.features.contracts import (
    CF_SCORE,
    REVISIT_SCORE,
    SEARCH_SCORE,
    SESSION_BOOST,
    ServingSnapshot,
)
from apps.ranking.contracts import Float32, Int32, Ranking
from apps.ranking_weights.contracts import ResolvedWeights
from apps.recommendations.contracts import Shopper
from apps.recommendations.domain.affinities import NO_HISTORY
from apps.recommendations.metrics_session import session_based_boosts_total
from apps.recommendations.selectors.affinity import user_product_affinity
from apps.recommendations.selectors.personalised import (
    personalisation_flags,
    personalisation_in_force,
)
from apps.recommendations.selectors.revisits import revisit_scores
from apps.recommendations.selectors.session_signals import (
    session_because,
    session_boosts,
    session_taste,
)
from apps.search.contracts import SearchRequest, Sort
from apps.search.domain.overrides import SearchSettings

_SEEN = "Looked at before, and not bought."
# As many entries as there are sets of registered features with a source: few.
_available: dict[tuple[str, ...], frozenset[str]] = {}


class Signals(NamedTuple):
    """What is known of a shopper that may count, whatever any arm says.

    Attributes:
        visited: the visit had to do with products that the catalogue knows.
        known: there is a history.
    """

    visited: bool = False
    known: bool = False


NO_SIGNALS = Signals()


def signals_of(request: SearchRequest, snapshot: ServingSnapshot) -> Signals:
    """What of a request's shopper may count. Orders that are no ranking follow nobody."""
    if request.follows is None or request.sort is not Sort.RELEVANCE:
        return NO_SIGNALS
    flags, shopper = personalisation_flags(), request.follows.shopper
    return Signals(
        visited=flags.session and session_taste(shopper.session, snapshot) is not None,
        known=flags.history and _may_be_known(shopper),
    )


def _may_be_known(shopper: Shopper) -> bool:
    """Where a history cannot be read, the factors of training may know the shopper."""
    return len(shopper.history) > 0 or NO_HISTORY in shopper.degraded


def signals_count(signals: Signals, settings: Iterable[SearchSettings]) -> bool:
    """Whether they count under any of these settings."""
    for each in settings:
        wanted = personalisation_in_force(each.personalisation)
        if (signals.visited and wanted.session) or (signals.known and wanted.history):
            return True
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Personal:
    """What one ranking adds for its shopper.

    Attributes:
        features: `cf_score`, `session_boost` and `revisit_score`, float32[m] each, as far as
            they have a source.
        extra: the weights of those that are no part of weight sets.
        visit: that `session_boost` is about; None: no visit counts.
    """

    features: Mapping[str, Float32]
    extra: tuple[tuple[str, float], ...] = ()
    visit: SessionState | None = None

    def beside(self, weights: ResolvedWeights) -> ResolvedWeights:
        """The weights with those beside them: the set's own stay as they are."""
        return replace(weights, weights=(*weights.weights, *self.extra)) if self.extra else weights


IMPERSONAL = Personal({})


def personal_of(
    request: SearchRequest, settings: SearchSettings, snapshot: ServingSnapshot, rows: Int32
) -> Personal:
    """What counts under some settings.

    Args:
        request: whom it follows.
        settings: of the arm.
        snapshot: whose rows are meant.
        rows: int32[m], the candidates.
    """
    follows = request.follows
    if follows is None or request.sort is not Sort.RELEVANCE:
        return IMPERSONAL
    wanted, shopper = personalisation_in_force(settings.personalisation), follows.shopper
    found: dict[str, Float32 | None] = {}
    if wanted.history and _may_be_known(shopper):
        found[CF_SCORE] = user_product_affinity(shopper, snapshot, rows, follows.at)
    if wanted.session:
        found[SESSION_BOOST] = session_boosts(shopper.session, snapshot, rows)
    if wanted.revisit_weight > 0.0:
        found[REVISIT_SCORE] = revisit_scores(shopper, snapshot, rows, follows.at)
    features = {name: scores for name, scores in found.items() if scores is not None}
    beside = {SESSION_BOOST: wanted.session_weight, REVISIT_SCORE: wanted.revisit_weight}
    extra = tuple([(name, weight) for name, weight in beside.items() if name in features])
    visited = SESSION_BOOST in features
    if visited:
        session_based_boosts_total.inc()
    return Personal(features, extra, shopper.session if visited else None)


def features_available(snapshot: ServingSnapshot, *, known: bool = False) -> frozenset[str]:
    """Features that have a source now.

    Args:
        snapshot: what is served.
        known: whether the shopper's history has a say.
    """
    names = (*snapshot.features, CF_SCORE) if known else tuple(snapshot.features)
    found = _available.get(names)
    if found is None:
        # One object for all requests: what is kept by it hashes it once.
        found = _available.setdefault(names, frozenset({SEARCH_SCORE, *names}))
    return found


def because_words(
    visit: SessionState | None,
    snapshot: ServingSnapshot,
    ranking: Ranking,
    ranks: Int32,
    hidden: BoolArray | None = None,
) -> tuple[str, ...]:
    """What the shopper did that speaks for hits, a sentence each or nothing; empty: nothing did.

    Args:
        visit: that counts in the ranking; None: none does.
        snapshot: whose rows are meant.
        ranking: that the hits stand in.
        ranks: int32[h], 1-based.
        hidden: bool[n], rows that rules hide, and that no sentence names; None: none are.
    """
    chosen = ranking.order.take(ranks - 1)
    told = _visit_words(visit, snapshot, ranking, chosen, hidden)
    seen = ranking.features.get(REVISIT_SCORE)
    if seen is None:
        return told
    before = [_SEEN if score > 0.0 else "" for score in seen.take(chosen).tolist()]
    return tuple([now or then for now, then in zip(told or before, before, strict=True)])


def _visit_words(
    visit: SessionState | None,
    snapshot: ServingSnapshot,
    ranking: Ranking,
    chosen: Int32,
    hidden: BoolArray | None,
) -> tuple[str, ...]:
    boosts = ranking.features.get(SESSION_BOOST)
    if visit is None or boosts is None:
        return ()
    rows = ranking.candidates.rows.take(chosen)
    because = np.where(boosts.take(chosen) > 0.0, session_because(visit, snapshot, rows), -1)
    named = snapshot.columns.active.take(because)
    if hidden is not None:
        named &= ~hidden.take(because)
    return tuple(
        [
            _sentence(snapshot, row, speaker, named=may)
            for row, speaker, may in zip(
                rows.tolist(), because.tolist(), named.tolist(), strict=True
            )
        ]
    )


def _sentence(snapshot: ServingSnapshot, row: int, speaker: int, *, named: bool) -> str:
    if speaker < 0:
        return ""
    if speaker == row:
        return "Looked at a moment ago."
    if not named:
        return "Similar to what was just looked at."
    document = snapshot.documents.get(speaker)
    name = snapshot.columns.product_ids.get(speaker) if document is None else document.title
    return f"Similar to what was just looked at: {name}."
