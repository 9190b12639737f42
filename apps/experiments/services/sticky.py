"""Stickiness: first assignments kept in Redis, or carried by the client in a signed token.

A surface with sticky experiments asks for `sticky_keys(...)` in its edge's round trip
(`hot_route(reads=…)`), gives what came back to `sticky_known`, and after assigning remembers
with `sticky_remember` and answers `sticky_token_of`. Without stored stickiness no key is asked
for and nothing is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import redis
import structlog
from django.conf import settings

from apps.common.observability.metrics import degraded_total
from apps.common.redis import redis_try
from apps.experiments.contracts.assignment import Assignment, Json, Reason
from apps.experiments.contracts.design import Stickiness
from apps.experiments.contracts.serving import Served
from apps.experiments.domain.assignment.sticky import document_key, experiment_key
from apps.experiments.domain.assignment.units import unit_text
from apps.experiments.domain.serving.sticky_tokens import (
    StickyEntry,
    StickyTokenInvalid,
    entries_of,
    sticky_token_make,
    sticky_token_read,
    unit_digest,
)
from apps.experiments.selectors.serving import serving_plans
from apps.experiments.services.qa_tokens import signing_secrets

logger = structlog.get_logger(__name__)
_PREFIX = "endcap:sticky:"
_VERSION = 0
Hashes = Mapping[str, Mapping[str, str]] | None


@dataclass(frozen=True, slots=True)
class StickyKnown:
    """First assignments of one request's units.

    Attributes:
        stored: `experiment__version` to variant, from Redis.
        carried: the same, from the client's token.
        entries: of that token, all units.
        degraded: stored ones were needed and Redis did not answer: the hash decides.
    """

    stored: Mapping[str, str]
    carried: Mapping[str, str]
    entries: tuple[StickyEntry, ...] = ()
    degraded: bool = False

    @property
    def assignments(self) -> dict[str, str]:
        """What assignment is given; what was stored here comes before what was carried."""
        return {**self.carried, **self.stored}


NOTHING_KNOWN = StickyKnown({}, {})


def sticky_key(attribute: str, value: str) -> str:
    """Where Redis keeps a unit's first assignments."""
    return _PREFIX + document_key(attribute, value)


def sticky_keys(
    *, surface: str, attributes: Mapping[str, Json], experiment: str = ""
) -> tuple[str, ...]:
    """The hashes that a request needs: none while no running experiment stores assignments."""
    names = _stored_units(surface, experiment)
    texts = ((name, unit_text(attributes.get(name))) for name in sorted(names))
    return tuple(sticky_key(name, text) for name, text in texts if text is not None)


def _stored_units(surface: str, experiment: str) -> Iterable[str]:
    plans = serving_plans()
    if not experiment:
        return plans.surface(surface).sticky_stored
    found = plans.experiments.get(experiment)
    stored = found is not None and found.stickiness is Stickiness.STORED
    return {found.spec.unit} if found is not None and stored else ()


def sticky_known(
    *, hashes: Hashes, keys: Sequence[str], token: str, attributes: Mapping[str, Json]
) -> StickyKnown:
    """What is known of a request's units.

    Args:
        hashes: as the edge read them; None when Redis did not answer.
        keys: what `sticky_keys` asked for.
        token: as the client sent it back; a forged one is worth nothing.
        attributes: of the request.
    """
    stored: dict[str, str] = {}
    for key in keys:
        stored.update((hashes or {}).get(key, {}))
    degraded = hashes is None and bool(keys)
    if degraded:
        degraded_total.labels(component="sticky", reason="redis").inc()
    entries = _entries(token) if token else ()
    units = {name: unit_text(value) for name, value in attributes.items()} if entries else {}
    texts = {name: text for name, text in units.items() if text is not None}
    return StickyKnown(stored, entries_of(entries, texts), entries, degraded)


def _entries(token: str) -> tuple[StickyEntry, ...]:
    try:
        return sticky_token_read(secrets=signing_secrets(), token=token)
    except StickyTokenInvalid as error:
        degraded_total.labels(component="sticky", reason="token").inc()
        logger.info("sticky_token_ignored", reason=str(error))
        return ()


def sticky_remember(
    *, served: Sequence[Served], known: StickyKnown, attributes: Mapping[str, Json]
) -> bool:
    """Store the first assignments among these in Redis, if any; False when Redis was missing."""
    return sticky_store(sticky_fresh(served=served, known=known, attributes=attributes))


def sticky_fresh(
    *, served: Sequence[Served], known: StickyKnown, attributes: Mapping[str, Json]
) -> list[tuple[str, str, str]]:
    """What is to be stored of these: `(hash, experiment__version, variant)`."""
    return [
        (sticky_key(*unit), entry.key, entry.variant)
        for each in served
        if each.stickiness is Stickiness.STORED
        for unit, entry in _fresh(each.assignment, each.unit.attribute, attributes)
        if entry.key not in known.stored
    ]


def sticky_store(fresh: Sequence[tuple[str, str, str]]) -> bool:
    """Write `(hash, experiment__version, variant)`, the first of two winning, in one trip."""
    if not fresh:
        return True

    def call(client: redis.Redis) -> None:
        pipeline = client.pipeline(transaction=False)
        for key, name, variant in fresh:
            pipeline.hsetnx(key, name, variant)
            pipeline.expire(key, settings.EXPERIMENT_STICKY_DAYS * 86_400)
        pipeline.execute()

    _, kept = redis_try("sticky", call, None)
    if not kept:
        degraded_total.labels(component="sticky", reason="write").inc()
    return kept


def sticky_token_of(
    *, served: Sequence[Served], known: StickyKnown, attributes: Mapping[str, Json]
) -> str:
    """The token that the client sends back next time; empty when nothing in it is sticky."""
    entries = {(each.key, each.unit): each for each in known.entries}
    for each in served:
        if each.stickiness is Stickiness.TOKEN:
            for _unit, entry in _fresh(each.assignment, each.unit.attribute, attributes):
                entries.setdefault((entry.key, entry.unit), entry)
    if not entries:
        return ""
    return sticky_token_make(secret=signing_secrets()[0], entries=tuple(entries.values()))


def _fresh(
    found: Assignment, attribute: str, attributes: Mapping[str, Json]
) -> list[tuple[tuple[str, str], StickyEntry]]:
    """The unit and its entry, when this assignment is one to remember."""
    text = unit_text(attributes.get(attribute))
    if found.reason is not Reason.SPLIT or text is None:
        return []
    name = experiment_key(found.key, _VERSION)
    entry = StickyEntry(name, found.variant, unit_digest(attribute, text))
    return [((attribute, text), entry)]
