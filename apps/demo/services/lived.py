"""The demo's last days, lived against the shop itself.

Two experiments run in them, without an effect planted in their arms: what they find is what
following shoppers brings. A run that is cut off plays again what it had played; ids come from the
seed, so all of it is stored once.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib.auth import get_user_model
from numpy.random import PCG64, Generator, SeedSequence

from apps.common.domain.uuid7 import uuid7_at
from apps.common.redis import redis_settle
from apps.demo.contracts import DemoCatalogue, HistoryConfig, ShopperConfig
from apps.demo.domain.browsing import Asked, SeenHit, answer_events, hits_play
from apps.demo.domain.history import history_play
from apps.demo.domain.lived import (
    DESIGNS,
    LOOKS_FIRST_S,
    LivedVisit,
    lived_days,
    lived_visits,
)
from apps.demo.services.experiments import experiment_begin
from apps.demo.services.lived_shop import Memory, Shop, Visitor
from apps.demo.services.stages import DemoPlan
from apps.events.services.buffer import buffer_drain
from apps.events.services.importing import events_import
from apps.events.services.partitions import partitions_ensure
from apps.experiments.selectors.experiments import experiment_views
from apps.experiments.services.metrics import metrics_ensure_shipped
from apps.experiments.services.rollups.chain import rollups_refresh
from apps.jobs.contracts import Progress
from apps.recommendations.contracts_models import Unfit
from apps.recommendations.services.training import recommender_publish, recommender_train

LOOKS_AFTER = timedelta(seconds=8)
TOO_SHORT = "too short a history"
_STREAM, _DRAINED_EVERY = 8, 500
_TALKATIVE = ("apps.search.services.logged", "apps.recommendations.services.shelf_logged")
_Event = dict[str, object]


def lived_from(plan: DemoPlan) -> datetime:
    """When the lived days begin: the history ends here; the plan's own moment for none."""
    return plan.as_of - timedelta(days=lived_days(plan.days))


def recommender_before(plan: DemoPlan) -> str:
    """The model that the lived days begin with: it knows nothing of them."""
    if not lived_days(plan.days):
        return TOO_SHORT
    trained = recommender_train(as_of=lived_from(plan))
    if isinstance(trained, Unfit):
        return f"nothing to learn from: {trained.value}"
    number = recommender_publish(trained=trained)
    return f"version {number}, {trained.model.card.interactions:,} interactions"


def days_live(plan: DemoPlan, catalogue: DemoCatalogue, progress: Progress) -> str:
    """Live through the last days; a summary."""
    starts = lived_from(plan)
    if starts == plan.as_of:
        return TOO_SHORT
    metrics_ensure_shipped()
    partitions_ensure(first=starts, last=plan.as_of)
    _experiments_begin(starts)
    config = ShopperConfig(seed=plan.seed)
    history = HistoryConfig(days=plan.days)
    before, _ = history_play(catalogue, as_of=plan.as_of, shopper=config, history=history)
    visits = lived_visits(
        catalogue,
        until=plan.as_of.timestamp(),
        shopper=config,
        history=history,
        days=lived_days(plan.days),
        before=before,
    )
    # Whoever searches first has looked at the home page before that.
    known = Memory(starts - timedelta(seconds=LOOKS_FIRST_S))
    with _quietly():
        stored = _stored(_Play(Shop.of(catalogue, config), known, config), visits, progress)
        _drained()
    rollups_refresh(as_of=plan.as_of)
    return f"{len(visits):,} visits, {stored:,} events, {len(DESIGNS)} experiments"


@contextmanager
def _quietly() -> Iterator[None]:
    """Without a line of the log for every answer: there are tens of thousands."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    before = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)


def _experiments_begin(now: datetime) -> None:
    people = get_user_model().objects
    maker, checker = (people.get(username=name) for name in ("merchandiser", "reviewer"))
    views = {view.key: view for view in experiment_views(keys=list(DESIGNS))}
    for key, design in DESIGNS.items():
        experiment_begin(
            key=key, design=design, view=views.get(key), maker=maker, checker=checker, now=now
        )


def _stored(play: "_Play", visits: tuple[LivedVisit, ...], progress: Progress) -> int:
    """Play all, and store what browsers told by the file import."""
    path = Path(settings.VAR_DIR) / "demo" / "lived.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as handle:
        for number, visit in enumerate(visits):
            for event in play.events(visit):
                handle.write(encode(event) + b"\n")
            if number % _DRAINED_EVERY == 0:
                _drained()
                progress(number, len(visits), "Visits")
    report = events_import(path=path, format="jsonl")
    path.unlink()
    if report.rejected:
        raise RuntimeError(f"lived events: {report.errors[0]}")
    return report.stored + report.replayed


def _drained() -> None:
    """What the shop logged of its answers, out of Redis."""
    redis_settle()
    buffer_drain()


@dataclass(frozen=True, slots=True)
class _Play:
    """Plays one visit after the other; each draws from the seed and its own number."""

    shop: Shop
    memory: Memory
    config: ShopperConfig

    def events(self, visit: LivedVisit) -> Iterator[_Event]:
        rng = Generator(PCG64(SeedSequence([self.config.seed, _STREAM, visit.number])))
        user_id, client_id = f"shopper-{visit.shopper:05d}", f"demo-client-{visit.shopper:05d}"
        session_id = f"lived-session-{visit.number:06d}"
        stored = self.memory.of(user_id, client_id)
        visitor = Visitor(user_id, client_id, session_id, stored)
        shelf_id = _id_at(rng, visit.moment)
        shelf = self.shop.shelf(visit, visitor, shelf_id)
        yield from self._looked(rng, visitor, shelf, _Look(shelf_id, "", visit.moment))
        for search in visit.searches:
            query_id = _id_at(rng, search.moment)
            hits = self.shop.search(search, visitor, query_id)
            yield from self._looked(
                rng, visitor, hits, _Look(query_id, search.typed, search.moment)
            )
        self.memory.keep(visitor, visit.searches[-1].moment + LOOKS_AFTER.total_seconds())

    def _looked(
        self, rng: Generator, visitor: Visitor, hits: list[SeenHit], look: "_Look"
    ) -> list[_Event]:
        played = hits_play(
            rng,
            hits,
            shopper_id=visitor.user_id,
            config=self.config,
            mission=visitor.session_id,
        )
        now = datetime.fromtimestamp(look.moment, UTC) + LOOKS_AFTER
        asked = Asked(
            look.typed,
            str(look.query_id),
            visitor.user_id,
            visitor.client_id,
            visitor.session_id,
        )
        events = answer_events(rng, asked, hits, played, now=now)
        visitor.saw(events, now.timestamp())
        return events


@dataclass(frozen=True, slots=True)
class _Look:
    """One list that somebody looks at; nothing was typed for a shelf."""

    query_id: UUID
    typed: str
    moment: float


def _id_at(rng: Generator, moment: float) -> UUID:
    return uuid7_at(datetime.fromtimestamp(moment, UTC), rng.bytes(10))
