"""Suggestions while the shopper types, all from memory."""

import time
from dataclasses import replace

from prometheus_client import Counter, Histogram

from apps.common.observability.metrics import LATENCY_BUCKETS, degraded_total
from apps.search.domain.normalise import normalise
from apps.search.domain.suggesting.items import (
    Suggestion,
    Suggestions,
    SuggestionType,
    SuggestRequest,
)
from apps.search.domain.suggesting.marking import marked
from apps.search.domain.suggesting.meaning import Meant
from apps.search.domain.suggesting.mixing import mixed
from apps.search.domain.suggesting.typed import typed_of
from apps.search.selectors.barred import barred_for
from apps.search.selectors.suggesting import Sources, suggestion_sources
from apps.search.selectors.suggestions import Found, lines_at_rest, lines_found

suggests_total = Counter("endcap_suggests_total", "Answered requests for suggestions.")
suggest_empty_total = Counter(
    "endcap_suggest_empty_total", "Requests for suggestions, something typed, that found none."
)
suggest_items_total = Counter("endcap_suggest_items_total", "Suggestions given.", ["type"])
suggest_seconds = Histogram(
    "endcap_suggest_seconds", "Time inside suggestions.", buckets=LATENCY_BUCKETS
)
_items = {kind: suggest_items_total.labels(kind) for kind in SuggestionType}
# Answers in memory while nothing changes: each takes about 6 kB.
_MOST_KEPT = 1_000


def suggest_answer(*, request: SuggestRequest) -> Suggestions:
    """What the shopper may want to say, best first by type."""
    started = time.perf_counter()
    sources = suggestion_sources()
    barred, degraded = barred_for(request.query, sources.snapshot), _degraded(sources)
    if barred is not None:
        # Rules come and go by the words and by the time: nothing is kept.
        sources = replace(sources, live=barred.live, barred=barred, answers={})
    asked = (normalise(request.query), request.limit, request.types)
    items = sources.answers.get(asked)
    if items is None:
        found = _found(sources, request)
        items = tuple(
            _marked(sources, item, found.meant) for item in mixed(found.lines, request.limit)
        )
        if found.whole:
            if len(sources.answers) >= _MOST_KEPT:
                sources.answers.clear()
            sources.answers[asked] = items
        else:
            degraded += ("catalog",)
    spent = time.perf_counter() - started
    _counted(items, spent, typed=bool(asked[0]))
    return Suggestions(request.query, items, round(spent * 1000.0, 3), degraded)


def _found(sources: Sources, request: SuggestRequest) -> Found:
    typed = typed_of(request.query)
    if typed is not None:
        return lines_found(sources, request, typed)
    return Found({}) if request.query.strip() else lines_at_rest(sources, request)


def _counted(items: tuple[Suggestion, ...], spent: float, *, typed: bool) -> None:
    suggest_seconds.observe(spent)
    suggests_total.inc()
    for item in items:
        _items[item.type].inc()
    if not items and typed:
        suggest_empty_total.inc()


def _degraded(sources: Sources) -> tuple[str, ...]:
    if sources.words is not None:
        return ()
    degraded_total.labels(component="lexicon", reason="suggest").inc()
    return ("lexicon",)


def _marked(sources: Sources, item: Suggestion, meant: Meant | None) -> Suggestion:
    stems, prefixes = (meant.stems, meant.prefixes) if meant else (frozenset[str](), ())
    return Suggestion(
        item.type,
        item.text,
        marked(item.text, stems, prefixes, sources.analysis.stem_of),
        item.category,
        item.trail,
        item.brand,
        item.products,
        item.product,
    )
