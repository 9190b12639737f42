"""What is loaded and kept before a shopper asks for it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import connection
from django.utils import timezone

from apps.common.errors import ApplicationError
from apps.features.selectors_state import store_state
from apps.recommendations.selectors.affinity import affinity_ready
from apps.search.contracts import ParameterInvalid, ParameterUnknown, SearchRequest
from apps.search.selectors.popular_requests import PopularRequest, popular_requests
from apps.search.selectors.suggested import cards_ready
from apps.search.selectors.suggesting import suggestion_sources
from apps.search.services.answer import answer_make
from apps.search.services.begun import search_begin
from apps.search.services.core import search_core
from apps.search.services.kept_answers import UNTOLD, kept_found
from apps.search.services.serving import Packing, search_serve

logger = structlog.get_logger(__name__)
MOST_WARMED = 100
# A process that has just started has shoppers to serve: it stops after so many seconds.
MOST_SECONDS = 20.0
Asked = Callable[[PopularRequest], SearchRequest | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of caller asks: None where the request is another caller's."""

    packing: Packing
    asked: Asked


@dataclass(frozen=True, slots=True)
class WarmReport:
    """What was kept anew, what was kept already, and what nobody may ask any more."""

    computed: int
    there: int
    refused: int


_shapes: list[Shape] = []


def shape_register(shape: Shape) -> None:
    """Callers say how they ask, so that what is warmed is what they look for."""
    _shapes.append(shape)


def search_warm() -> bool:
    """Run one search that nobody asked for; False, logged, when something was missing.

    A process that cannot warm up starts all the same: it serves degraded, and loads what was
    missing when it comes back.
    """
    try:
        core = search_core(SearchRequest(query="warm up", logged=False))
        suggestion_sources()
        cards_ready()
        affinity_ready(core.scored.retrieved.snapshot)
        store_state()
    except Exception:  # whatever fails here must not keep the process from starting
        logger.exception("search_warm_failed")
        return False
    if core.degraded:
        logger.warning("search_warm_degraded", degraded=core.degraded)
    return not core.degraded


def answers_warm(
    *,
    as_of: datetime,
    limit: int = MOST_WARMED,
    seconds: float = MOST_SECONDS,
    cancelled: Callable[[], bool] = lambda: False,
) -> WarmReport:
    """Keep the answers of popular requests that are not kept; nothing is logged.

    Running experiments take no part: whoever is in none, or in one's arm that changes nothing
    of search, is answered from these.
    """
    until = time.monotonic() + seconds
    computed = there = refused = 0
    for popular in popular_requests(as_of=as_of, limit=limit):
        if time.monotonic() > until or cancelled():
            break
        for shape in _shapes:
            try:
                kept = _warmed(shape, popular)
            except (ApplicationError, ParameterInvalid, ParameterUnknown):
                refused += 1  # a filter that has lost its attribute, for instance
                continue
            computed += kept is False
            there += kept is True
    return WarmReport(computed, there, refused)


def _warmed(shape: Shape, popular: PopularRequest) -> bool | None:
    """Whether it was there already; None: it is not this caller's."""
    request = shape.asked(popular)
    if request is None:
        return None
    begun = search_begin(request=request, as_of=timezone.now(), kind=shape.packing.kind)
    told = kept_found(begun.key) if begun.key else UNTOLD
    if isinstance(told.found, bytes):
        return True
    search_serve(begun=begun, packing=shape.packing, told=told, make=answer_make)
    return False


def answers_warm_in_background() -> threading.Thread:
    """The same in a thread that ends with its process, and that no failure of its own disturbs."""
    thread = threading.Thread(target=_warm_safely, name="endcap-warm", daemon=True)
    thread.start()
    return thread


def _warm_safely() -> None:
    try:
        report = answers_warm(as_of=timezone.now())
        logger.info("answers_warmed", computed=report.computed, there=report.there)
    except Exception:  # a cache that stays cold is no reason to be down
        logger.exception("answers_warm_failed")
    finally:
        connection.close()
