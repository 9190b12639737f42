"""Plays lived visits: what the shop shows, what shoppers do, what their browsers tell."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from numpy.random import PCG64, Generator, SeedSequence

from apps.common.domain.uuid7 import uuid7_at
from apps.common.redis import redis_settle
from apps.demo.contracts import ShopperConfig
from apps.demo.domain.browsing import Asked, SeenHit, answer_events, hits_play
from apps.demo.domain.companions import answer_companions, companions_of
from apps.demo.domain.lived import LivedScene, LivedSearch, LivedVisit
from apps.demo.services.lived_shop import Memory, Shop, Visitor
from apps.events.services.buffer import buffer_drain

LOOKS_AFTER = timedelta(seconds=8)
_STREAM = 8
_TALKATIVE = ("apps.search.services.logged", "apps.recommendations.services.shelf_logged")
_Event = dict[str, object]


class LivedPlayer:
    """Plays a scene, one part of its shoppers after the other."""

    def __init__(self, scene: LivedScene) -> None:
        """Nobody has been looked up yet."""
        self._scene = scene
        self._config = ShopperConfig(seed=scene.seed)
        self._companions = companions_of(scene.catalogue, self._config)
        self._shop = Shop.of(scene.catalogue, self._config)
        self._memory = Memory(scene.starts)

    def part(self, part: int, parts: int) -> tuple[Path, int]:
        """The file of what browsers told in a part's visits, and how many visits these are.

        Args:
            part: of `parts`, from 0; a shopper's visits are all in one.
            parts: how many there are.
        """
        visits = [visit for visit in self._scene.visits if visit.shopper % parts == part]
        path = self._scene.folder / f"lived-{part}.jsonl"
        encode = msgspec.json.Encoder().encode
        with _quietly(), path.open("wb") as handle:
            for visit in visits:
                handle.writelines(encode(event) + b"\n" for event in self._events(visit))
        _drained()
        return path, len(visits)

    def _events(self, visit: LivedVisit) -> Iterator[_Event]:
        rng = Generator(PCG64(SeedSequence([self._scene.seed, _STREAM, visit.number])))
        user_id, client_id = f"shopper-{visit.shopper:05d}", f"demo-client-{visit.shopper:05d}"
        session_id = f"lived-session-{visit.number:06d}"
        visitor = Visitor(user_id, client_id, session_id, self._memory.of(user_id, client_id))
        for look in visit.looks:
            typed = look.typed if isinstance(look, LivedSearch) else ""
            answered = _Answered(_id_at(rng, look.moment), typed, look.moment)
            hits = self._shop.shown(look, visit, visitor, answered.query_id)
            yield from self._told(rng, visitor, hits, answered)
        self._memory.keep(visitor, visit.looks[-1].moment + LOOKS_AFTER.total_seconds())

    def _told(
        self, rng: Generator, visitor: Visitor, hits: list[SeenHit], answered: "_Answered"
    ) -> list[_Event]:
        played = hits_play(
            rng,
            hits,
            shopper_id=visitor.user_id,
            config=self._config,
            looked=visitor.looked_at(answered.moment),
            bought=visitor.bought(),
        )
        now = datetime.fromtimestamp(answered.moment, UTC) + LOOKS_AFTER
        asked = Asked(
            answered.typed,
            str(answered.query_id),
            visitor.user_id,
            visitor.client_id,
            visitor.session_id,
        )
        events = answer_events(rng, asked, hits, played, now=now)
        events += answer_companions(
            events, self._companions, config=self._config, until=self._scene.ends
        )
        visitor.saw(events, now.timestamp())
        return events


@dataclass(frozen=True, slots=True)
class _Answered:
    """One list that somebody looks at; nothing was typed for a shelf."""

    query_id: UUID
    typed: str
    moment: float


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


def _drained() -> None:
    """What the shop logged of its answers, out of Redis."""
    redis_settle()
    buffer_drain()


def _id_at(rng: Generator, moment: float) -> UUID:
    return uuid7_at(datetime.fromtimestamp(moment, UTC), rng.bytes(10))
