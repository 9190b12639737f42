"""One stretch of the demo's experiments: who was in which arm, what they did, what was logged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import UUID
from zlib import crc32

import msgspec
import numpy as np
from django.conf import settings
from django.db import connection
from numpy.random import PCG64, Generator, SeedSequence

from apps.demo.contracts import DemoCatalogue, Effect, IntArray, ShopperConfig
from apps.demo.domain.history import SearchLog, log_between
from apps.demo.domain.history_events import HistoryEvent, history_events
from apps.demo.domain.planted import (
    PLANTED,
    behaviour_thinned,
    effect_planted,
    effects_combined,
    teams_thinned,
)
from apps.demo.domain.visits import Visits
from apps.events.contracts import Event, QueryLogEntry
from apps.events.domain.query_codec import BufferEntry
from apps.events.services.importing import events_import
from apps.events.services.query_log import entries_store
from apps.experiments.contracts.design import ExperimentKind
from apps.experiments.contracts.serving import Served
from apps.experiments.domain.interleaving import draft_seed, team_draft
from apps.experiments.domain.serving.plans import ServingPlans
from apps.experiments.selectors.serving import serving_read
from apps.experiments.services.exposures import exposure_event

FIRST_SHOPPER, FIRST_SESSION = 10_000, 1_000_000
"""Shoppers of their own: those of the history saw no variant, and would only dilute effects."""
SURFACE, INTERLEAVED = "search", "interleaved"
_BATCH = 1_000
_BY_KEY = {planted.key: planted for planted in PLANTED}


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A time in which no allocation changes.

    Attributes:
        visits, logs: the whole play, under MOST.
        number: draws of this stretch depend on seed and number.
    """

    catalogue: DemoCatalogue
    visits: Visits
    logs: tuple[SearchLog, ...]
    starts: datetime
    ends: datetime
    as_of: datetime
    seed: int
    number: int


def stretch_play(stretch: Stretch) -> int:
    """Assign, thin to the effects, import events, log searches and exposures; how many events."""
    plans = ServingPlans(serving_read())
    rng = Generator(PCG64(SeedSequence([stretch.seed, 6, stretch.number])))
    visits = _own_people(stretch.visits)
    logs: list[SearchLog] = []
    served: dict[int, tuple[Served, ...]] = {}
    starts, ends = stretch.starts.timestamp(), stretch.ends.timestamp()
    for log in (log_between(each, stretch.visits, starts, ends) for each in stretch.logs):
        found = [_assigned(plans, visits, int(place)) for place in log.search]
        served.update(zip(log.search.tolist(), found, strict=True))
        logs.append(_behaved(rng, log, found, stretch.seed))
    names = _events_store(stretch, visits, tuple(logs))
    entries = _entries(stretch, logs, served, iter(names))
    while batch := list(islice(entries, _BATCH)):
        entries_store(batch)
    _planner_told()
    return len(names)


def _planner_told() -> None:
    """So many rows at once: the planner's statistics are of a time before them."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_event, events_querylog")


def _own_people(visits: Visits) -> Visits:
    return replace(
        visits, shopper=visits.shopper + FIRST_SHOPPER, session=visits.session + FIRST_SESSION
    )


def _assigned(plans: ServingPlans, visits: Visits, place: int) -> tuple[Served, ...]:
    """The rule's answers to one search, of planted experiments that it is in.

    Others switch real code, which does not answer here: whoever was counted would dilute them.
    """
    who = _who(visits, place)
    attributes = {name: value for name, value in who.items() if value is not None}
    at = datetime.fromtimestamp(float(visits.moment[place]), UTC)
    found = plans.assign(SURFACE, {**attributes}, at)
    return tuple(
        each for each in found if each.assignment.counted and each.assignment.key in _BY_KEY
    )


def _who(visits: Visits, place: int) -> dict[str, str | None]:
    """As `history_events` names them."""
    shopper = int(visits.shopper[place])
    return {
        "client_id": f"demo-client-{shopper:05d}",
        "session_id": f"demo-session-{int(visits.session[place]):06d}",
        "user_id": f"shopper-{shopper:05d}" if visits.known[place] else None,
    }


def _behaved(
    rng: Generator, log: SearchLog, found: list[tuple[Served, ...]], seed: int
) -> SearchLog:
    """The searches with behaviour as their arms have it."""
    rows = [effects_combined(list(_effects(one))) for one in found]
    effects = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
    behaviour = behaviour_thinned(rng, log.behaviour, effects, ShopperConfig(seed=seed))
    teams = _teams(log, found)
    lift = max((planted.team_lift for planted in PLANTED), default=0.0)
    return replace(log, behaviour=teams_thinned(rng, behaviour, teams, lift))


def _effects(found: Iterable[Served]) -> Iterator[Effect]:
    for served in found:
        planted = _BY_KEY.get(served.assignment.key)
        if planted is not None and served.kind is not ExperimentKind.INTERLEAVING:
            yield effect_planted(planted, served.assignment.variant)


def _teams(log: SearchLog, found: list[tuple[Served, ...]]) -> IntArray:
    """Team of each shown hit, -1 where nothing is interleaved: int64[s, k].

    Both rankings list the same hits in the same order here: coins alone make the teams, so
    that a team's hits differ in nothing but what is planted.
    """
    teams = np.full(log.shown.shape, -1, np.int64)
    for row, served in enumerate(found):
        blended = _interleaved(served)
        if blended is not None:
            seed = draft_seed(blended.assignment.key, str(int(log.search[row])))
            places = np.arange(log.shown.shape[1])
            teams[row] = team_draft(places, places, seed=seed, k=len(places))[1]
    return teams


def _interleaved(found: Iterable[Served]) -> Served | None:
    return next((one for one in found if one.kind is ExperimentKind.INTERLEAVING), None)


def _events_store(
    stretch: Stretch, visits: Visits, logs: tuple[SearchLog, ...]
) -> list[HistoryEvent]:
    """Import what shoppers did by the file import; the searches' own events, in order."""
    path = Path(settings.VAR_DIR) / "demo" / "experiments.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = stretch.seed * 1_000 + stretch.number + 100
    searches, encoder = [], msgspec.json.Encoder()
    with path.open("wb") as handle:
        for event in history_events(
            stretch.catalogue, visits, logs, seed=seed, as_of=stretch.as_of
        ):
            if event.type == "search":
                searches.append(event)
            handle.write(encoder.encode(event) + b"\n")
    report = events_import(path=path, format="jsonl")
    path.unlink()
    if report.rejected:
        raise RuntimeError(f"experiments' events: {report.errors[0]}")
    return searches


def _entries(
    stretch: Stretch,
    logs: list[SearchLog],
    served: Mapping[int, tuple[Served, ...]],
    searches: Iterator[HistoryEvent],
) -> Iterator[BufferEntry]:
    """What the search itself logs: exposures, and the query with its teams where there are."""
    products = stretch.catalogue.products
    for log in logs:
        teams = _teams(log, [served[int(place)] for place in log.search])
        for row, place in enumerate(log.search.tolist()):
            search, found = next(searches), served[place]
            exposures = tuple(_exposures(search, found))
            blended = _interleaved(found)
            query = None
            if blended is not None:
                shown = [products[at].product_id for at in log.shown[row] if at >= 0]
                query = _query(search, log.queries[row], shown, blended, teams[row])
            if exposures or query is not None:
                yield BufferEntry(query=query, exposures=exposures)


def _exposures(search: HistoryEvent, found: tuple[Served, ...]) -> Iterator[Event]:
    """Of clients that are lost, nothing arrives in any visit."""
    for one in found:
        planted = _BY_KEY.get(one.assignment.key)
        lost = planted.lost.get(one.assignment.variant, 0.0) if planted else 0.0
        if crc32(search.client_id.encode()) % 100 < 100 * lost:
            continue
        event = exposure_event(
            served=one,
            occurred_at=search.occurred_at,
            user_id=search.user_id,
            client_id=search.client_id,
            session_id=search.session_id,
            query_id=search.query_id,
        )
        if event is not None:
            yield event


def _query(
    search: HistoryEvent, text: str, shown: list[str], blended: Served, teams: IntArray
) -> QueryLogEntry:
    found = blended.assignment
    document = {
        "key": found.key,
        "variant": INTERLEAVED,
        "phase": found.phase,
        "teams": {
            product: blended.variants[int(team)]
            for product, team in zip(shown, teams.tolist(), strict=False)
        },
    }
    return QueryLogEntry(
        query_id=msgspec.convert(search.query_id, type=UUID),
        occurred_at=search.occurred_at,
        query=text,
        normalised=text.lower(),
        filters={},
        sort="relevance",
        page=1,
        per_page=len(teams),
        results_count=len(shown),
        product_ids=tuple(shown),
        category=None,
        latency_ms=0.0,
        cache_hit=False,
        user_id=search.user_id,
        client_id=search.client_id,
        session_id=search.session_id,
        experiments=(document,),
        principal="demo",
    )
