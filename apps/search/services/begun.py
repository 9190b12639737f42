"""A request before its answer: its experiments, and the name under which others share it."""

import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.signals import setting_changed
from django.dispatch import receiver

from apps.catalog.contracts import ProductColumns
from apps.common.domain.uuid7 import uuid7_new
from apps.common.snapshots import snapshots_state
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.merchandising.selectors import rule_book
from apps.ranking.domain.ruling import Ruling
from apps.search.contracts import SearchRequest
from apps.search.domain.cache_key import (
    answer_key,
    digest_of,
    request_is_shared,
    request_packed,
)
from apps.search.domain.overrides import Knob
from apps.search.domain.ruling import names_in_key
from apps.search.selectors.personal import signals_count, signals_of
from apps.search.selectors.versions import versions_in_force
from apps.search.services.ruled_trials import variants_of
from apps.search.services.swaps import swap_is_due
from apps.search.services.trials import Trial, trial_of
from apps.search.services.troupes import Troupe

_MOST_NAMES = 2000
# Each with what it names, so that nothing else has its identity.
_names: dict[int, tuple[Troupe, str]] = {}
_MOST_PACKED = 1000
_packed: dict[int, tuple[SearchRequest, bytes]] = {}
# State of this process's snapshots, the one that is served, and what was in force with them.
_last_named: tuple[int, ServingSnapshot | None, str] = (0, None, "")


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A request before its answer.

    Attributes:
        request: checked.
        query_id: of the answer to come.
        as_of: aware; dates the answer.
        started: of the process's clock, seconds.
        trial: its experiments.
        key: of its kept answer; empty: nobody else may have it, or nobody can tell.
        columns: the catalogue that the key was made for.
        swaps: whether two neighbours are exchanged: then it is nobody else's answer.
        fresh: whether PostgreSQL said, since the request came, that nothing was written since
            `columns` were read; None: it was not asked.
        asked: what the request asks for, as its key says it.
        lead: key of an answer that this request was made the leader of, though it computes
            another one; empty: none.
    """

    request: SearchRequest
    query_id: UUID
    as_of: datetime
    started: float
    trial: Trial
    key: str = ""
    columns: ProductColumns | None = None
    swaps: bool = False
    fresh: bool | None = None
    asked: bytes = b""
    lead: str = ""

    @property
    def ruling(self) -> Ruling:
        """The rules that may act now, at the answer's date."""
        return Ruling(rule_book(), self.as_of, variants_of(self.trial.asked))

    def took_ms(self) -> float:
        return round((time.perf_counter() - self.started) * 1000.0, 3)


def search_begin(
    *,
    request: SearchRequest,
    as_of: datetime,
    kind: str,
    query_id: UUID | None = None,
    common: SearchRequest | None = None,
) -> Begun:
    """Assign the request, and name its answer. No SQL while nothing moves, and no Redis.

    Args:
        request: parsed and checked.
        as_of: aware.
        kind: of the packing.
        query_id: of the answer; None for a new one.
        common: a request that lives on and asks the same, whoever asks; None: there is none.
    """
    started = time.perf_counter()
    query_id = query_id or request.query_id or uuid7_new(as_of)
    trial = trial_of(request=request, query_id=query_id, as_of=as_of)
    swaps = swap_is_due(request, query_id, trial)
    asked = request_packed(request) if common is None else _asked(common)
    begun = Begun(request, query_id, as_of, started, trial, swaps=swaps, asked=asked)
    anyones = request_is_shared(request) and trial.complete and _draft_is_anyones(begun)
    if swaps or not anyones or _follows(begun):
        return begun
    columns, key = key_now(begun, kind, remembered=True)
    return Begun(request, query_id, as_of, started, trial, key=key, columns=columns, asked=asked)


def _asked(common: SearchRequest) -> bytes:
    """What a request asks for, packed once for all who ask it."""
    found = _packed.get(id(common))
    if found is None or found[0] is not common:
        if len(_packed) >= _MOST_PACKED:
            _packed.clear()
        found = _packed[id(common)] = (common, request_packed(common))
    return found[1]


def _follows(begun: Begun) -> bool:
    """Whether the answer, or what it exposes its shopper to, depends on who asks."""
    if begun.request.follows is None:
        return False
    signals = signals_of(begun.request, serving_snapshot())
    if not any(signals):
        return False
    plan, troupe = begun.trial.plan, begun.trial.troupe
    arms = (plan.arm,) if plan.other is None else (plan.arm, plan.other)
    tried = Knob.PERSONALISATION in troupe.steered
    return tried or signals_count(signals, [arm.settings for arm in arms])


def _draft_is_anyones(begun: Begun) -> bool:
    """An interleaved draft for nobody in particular is new with every answer."""
    asker = begun.request.asker
    named = asker.session_id or asker.client_id or asker.user_id
    return begun.trial.plan.interleaving is None or bool(named)


def key_now(begun: Begun, kind: str, *, remembered: bool = False) -> tuple[ProductColumns, str]:
    """The catalogue, and the answer's key with all that is in force; empty: nobody can tell.

    Args:
        begun: the request.
        kind: of the packing.
        remembered: whether what was in force at this process's last poll will do, to look for
            an answer; whoever keeps one must know.
    """
    snapshot = serving_snapshot()
    in_force = _in_force(snapshot) if remembered else versions_in_force(snapshot)
    if not in_force:
        return snapshot.columns, ""
    key = answer_key(
        request=begun.request,
        kind=kind,
        in_force=in_force,
        acting=_acting_name(begun.trial.troupe) + _ruled_name(begun),
        seed=begun.trial.plan.seed,
        asked=begun.asked,
    )
    return snapshot.columns, key


def _ruled_name(begun: Begun) -> str:
    """What rules ask of the moment and of the request; empty while there are none."""
    if not len(rule_book()):
        return ""
    return digest_of(names_in_key(begun.ruling, begun.request))


def _in_force(snapshot: ServingSnapshot) -> str:
    state = snapshots_state()
    known, source, name = _last_named
    if name and known == state and source is snapshot:
        return name
    name = versions_in_force(snapshot)
    _last_name(state, snapshot, name)
    return name


def _last_name(state: int, snapshot: ServingSnapshot | None, name: str) -> None:
    global _last_named  # noqa: PLW0603 - one a process is the point
    _last_named = (state, snapshot, name)


@receiver(setting_changed)
def _last_name_forget(**_changed: object) -> None:
    """Settings change in tests only."""
    _last_name(0, None, "")


def _acting_name(troupe: Troupe) -> str:
    """The variants that act, with all that they may change; empty for none."""
    if not troupe.participants:
        return ""
    found = _names.get(id(troupe))
    if found is None:
        if len(_names) >= _MOST_NAMES:
            _names.clear()
        found = _names[id(troupe)] = (troupe, digest_of(_acting(troupe)))
    return found[1]


def _acting(troupe: Troupe) -> list[object]:
    return [
        (
            one.served.assignment.key,
            one.served.assignment.variant,
            one.served.assignment.phase,
            one.contender.interleaves,
            # repr: whatever is added to an override is part of the name.
            repr(one.contender.overrides),
        )
        for one in troupe.participants.values()
        if one.contender is not None
    ]
