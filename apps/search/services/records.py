"""The record of a computed answer: cut out of its rankings as arrays, packed once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import structlog

from apps.common.observability.metrics import degraded_total
from apps.events.domain.query_codec import Companion
from apps.ranking.contracts import Acted, Int32
from apps.ranking.domain.kept import (
    KeptHidden,
    KeptRecord,
    KeptSlice,
    places_bytes,
    record_encode,
    slice_of,
)
from apps.ranking.domain.records import record_reasoned
from apps.ranking.services import RECORDS
from apps.search.contracts import Hit, SearchAnswer
from apps.search.domain.kept_record import (
    SURFACE,
    KeptLift,
    SearchKept,
    lift_kept,
    search_kept_pack,
)
from apps.search.domain.swapping import place_ranked
from apps.search.selectors.listing import Listing
from apps.search.selectors.scoring import Scored
from apps.search.services.core import Core
from apps.search.services.trials import Trial

logger = structlog.get_logger(__name__)
MOST_HIDDEN = 50
INTERLEAVED = "interleaved"


def acted_of(trial: Trial) -> tuple[Acted, ...]:
    """The experiments whose variants act on a request, and what they turn."""
    found = []
    for key, one in trial.troupe.participants.items():
        if one.contender is None:
            continue
        variant = INTERLEAVED if one.contender.interleaves else one.served.assignment.variant
        found.append(Acted(key, variant, tuple(sorted(one.contender.knobs))))
    return tuple(found)


def hits_acted(hits: tuple[Hit, ...], trial: Trial) -> tuple[Hit, ...]:
    """The hits with the experiments that acted in their records."""
    acted = acted_of(trial)
    if not acted:
        return hits
    return tuple(
        hit
        if hit.record is None
        else replace(hit, record=record_reasoned(replace(hit.record, experiments=acted)))
        for hit in hits
    )


def record_companion(answer: SearchAnswer, core: Core, trial: Trial) -> tuple[Companion, ...]:
    """The packed record, to go with the query log. It never costs the answer."""
    try:
        packed = record_encode(record_of(answer, core, trial))
    except Exception:  # the answer is ready: whatever happens to its record must not cost it
        degraded_total.labels(component="ranking_record", reason="raised").inc()
        logger.exception("ranking_record_raised", query_id=str(answer.query_id))
        return ()
    return (Companion(RECORDS, answer.query_id, packed),)


def record_of(answer: SearchAnswer, core: Core, trial: Trial) -> KeptRecord:
    """What is kept of a computed answer."""
    listing = core.listing
    ranked = [place_ranked(hit.position, answer.swap) for hit in answer.hits]
    slices, lifts, places, teams = _sides(listing, ranked)
    drafted = "" if listing.draft is None else listing.draft.experiment.key
    own = SearchKept(
        understanding=answer.understanding,
        matching=answer.matching,
        category=answer.category,
        sort=answer.sort.value,
        page=answer.page,
        per_page=answer.per_page,
        found=answer.found,
        applied_rules=answer.applied_rules,
        lifts=lifts,
        drafted=drafted,
        teams=teams,
        swap=answer.swap,
        rewritten=answer.rules.rewritten,
        because=listing.because(ranked),
    )
    return KeptRecord(
        surface=SURFACE,
        product_ids=tuple([hit.document.product_id for hit in answer.hits]),
        positions=tuple([hit.position for hit in answer.hits]),
        slices=slices,
        places=places,
        hidden=_hidden(core.scored),
        experiments=acted_of(trial),
        versions=answer.versions,
        own=search_kept_pack(own),
    )


_Sides = tuple[tuple[KeptSlice, ...], tuple[KeptLift | None, ...], bytes, tuple[str, ...]]


def _sides(listing: Listing, ranked: Sequence[int]) -> _Sides:
    """The shown hits of each ranking, and which hit comes from where."""
    if listing.draft is None:
        ranks = np.array(ranked, dtype=np.int32)
        return (*_side(listing.scored, ranks), b"", ())
    origins = [listing.found_at(position) for position in ranked]
    own: list[list[int]] = [[] for _ in listing.sides]
    places: list[tuple[int, int]] = []
    for scored, rank, _ in origins:
        side = next(at for at, each in enumerate(listing.sides) if each is scored)
        places.append((side, len(own[side])))
        own[side].append(rank)
    cut = [
        _side(scored, np.array(ranks, dtype=np.int32))
        for scored, ranks in zip(listing.sides, own, strict=True)
    ]
    slices = tuple(one for side, _ in cut for one in side)
    lifts = tuple(one for _, lift in cut for one in lift)
    return slices, lifts, places_bytes(places), tuple(words for _, _, words in origins)


def _side(
    scored: Scored, ranks: Int32
) -> tuple[tuple[KeptSlice, ...], tuple[KeptLift | None, ...]]:
    chosen = scored.ranking.order[ranks - 1]
    return (slice_of(scored.ranking, ranks),), (lift_kept(scored.lift, chosen),)


def _hidden(scored: Scored) -> tuple[KeptHidden, ...]:
    if not len(scored.ranking.hidden):
        return ()
    names = scored.retrieved.snapshot.columns.product_ids
    best = sorted(scored.ranking.hidden, key=lambda one: one.from_rank)[:MOST_HIDDEN]
    return tuple(KeptHidden(names.get(one.row), one.rule, one.from_rank) for one in best)
