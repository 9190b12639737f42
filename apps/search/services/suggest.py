"""Suggestions while the shopper types, from memory; only products' documents cost a statement."""

import time
from collections.abc import Sequence

import numpy as np
from prometheus_client import Counter, Histogram

from apps.common.observability.metrics import LATENCY_BUCKETS, degraded_total
from apps.search.domain.suggesting.completions import completions
from apps.search.domain.suggesting.items import (
    MOST_PRODUCTS,
    Suggestion,
    Suggestions,
    SuggestionType,
    SuggestRequest,
)
from apps.search.domain.suggesting.marking import marked
from apps.search.domain.suggesting.meaning import Meant, meant_by, meant_plainly
from apps.search.domain.suggesting.mixing import MOST_OF, mixed
from apps.search.domain.suggesting.phrases import Phrase
from apps.search.domain.suggesting.products import products_found
from apps.search.domain.suggesting.typed import typed_of
from apps.search.selectors.language import search_analysis
from apps.search.selectors.presenting import page_documents
from apps.search.selectors.suggesting import Sources, suggestion_sources

suggests_total = Counter("endcap_suggests_total", "Answered requests for suggestions.")
suggest_empty_total = Counter(
    "endcap_suggest_empty_total", "Requests for suggestions, something typed, that found none."
)
suggest_items_total = Counter("endcap_suggest_items_total", "Suggestions given.", ["type"])
suggest_seconds = Histogram(
    "endcap_suggest_seconds", "Time inside suggestions.", buckets=LATENCY_BUCKETS
)
# Variants of one product are one suggestion: so many more rows are looked at.
_VARIANTS = 4
# Names are looked at until some have active products.
_NAMES = 16
_items = {kind: suggest_items_total.labels(kind) for kind in SuggestionType}


def suggest_answer(*, request: SuggestRequest) -> Suggestions:
    """What the shopper may want to say, best first by type."""
    started = time.perf_counter()
    sources = suggestion_sources()
    found, degraded = _found(sources, request)
    items = mixed(found, request.limit)
    spent = time.perf_counter() - started
    suggest_seconds.observe(spent)
    suggests_total.inc()
    for item in items:
        _items[item.type].inc()
    if not items and request.query.strip():
        suggest_empty_total.inc()
    return Suggestions(request.query, items, round(spent * 1000.0, 3), tuple(degraded))


def _found(
    sources: Sources, request: SuggestRequest
) -> tuple[dict[SuggestionType, list[Suggestion]], list[str]]:
    typed = typed_of(request.query)
    degraded: list[str] = []
    if sources.words is None:
        degraded_total.labels(component="lexicon", reason="suggest").inc()
        degraded.append("lexicon")
    if typed is None:
        return ({} if request.query.strip() else _at_rest(sources, request)), degraded
    words = sources.words
    meant = (
        meant_plainly(typed)
        if words is None
        else meant_by(words.lexicon, words.beginnings, words.spelling, typed)
    )
    found: dict[SuggestionType, list[Suggestion]] = {}
    if SuggestionType.QUERY in request.types:
        found[SuggestionType.QUERY] = _queries(sources, request, meant)
    if SuggestionType.CATEGORY in request.types:
        phrases = sources.shelves.categories.found(
            meant.forms, 4 * MOST_OF[SuggestionType.CATEGORY]
        )
        found[SuggestionType.CATEGORY] = _categories(sources, phrases, meant)
    if SuggestionType.BRAND in request.types:
        phrases = sources.shelves.brands.found(meant.forms, 4 * MOST_OF[SuggestionType.BRAND])
        found[SuggestionType.BRAND] = _brands(sources, phrases, meant)
    if SuggestionType.PRODUCT in request.types:
        found[SuggestionType.PRODUCT], whole = _products(sources, request, meant)
        degraded += [] if whole else ["catalog"]
    return found, degraded


def _at_rest(sources: Sources, request: SuggestRequest) -> dict[SuggestionType, list[Suggestion]]:
    """Before anything is typed: what shoppers ask for most, and the greatest categories."""
    found: dict[SuggestionType, list[Suggestion]] = {}
    if SuggestionType.QUERY in request.types:
        popular = sources.queries.heaviest(MOST_OF[SuggestionType.QUERY])
        found[SuggestionType.QUERY] = [_query(each.text, None) for each in popular]
    if SuggestionType.CATEGORY in request.types:
        greatest = sources.shelves.categories.heaviest(_NAMES)
        found[SuggestionType.CATEGORY] = _categories(sources, greatest, None)
    return found


def _queries(sources: Sources, request: SuggestRequest, meant: Meant) -> list[Suggestion]:
    """Popular ones; then words of titles, where shoppers have asked too little."""
    most = min(request.limit, MOST_OF[SuggestionType.QUERY])
    texts = [each.text for each in sources.queries.found(meant.forms, most)]
    words = sources.words
    if len(texts) < most and words is not None and meant.earlier is not None and meant.groups:
        made = completions(words.lexicon, words.beginnings, meant.earlier, meant.prefixes, most)
        texts += [each.text for each in made]
    asked = " ".join(request.query.lower().split())
    return [_query(text, meant) for text in texts if text != asked]


def _query(text: str, meant: Meant | None) -> Suggestion:
    return Suggestion(SuggestionType.QUERY, text, _marked(text, meant))


def _categories(
    sources: Sources, phrases: Sequence[Phrase], meant: Meant | None
) -> list[Suggestion]:
    tree = sources.snapshot.tree
    return [
        Suggestion(
            SuggestionType.CATEGORY,
            each.text,
            _marked(each.text, meant),
            category=tree.categories[each.key].path,
            trail=tree.names(each.key),
            products=int(sources.live.categories[each.key]),
        )
        for each in phrases
        if sources.live.categories[each.key]
    ]


def _brands(sources: Sources, phrases: Sequence[Phrase], meant: Meant) -> list[Suggestion]:
    counted = [(each, sources.shelves.brand_products(sources.live, each.key)) for each in phrases]
    return [
        Suggestion(
            SuggestionType.BRAND,
            each.text,
            _marked(each.text, meant),
            brand=each.text,
            products=products,
        )
        for each, products in counted
        if products
    ]


def _products(
    sources: Sources, request: SuggestRequest, meant: Meant
) -> tuple[list[Suggestion], bool]:
    """Products, and whether PostgreSQL gave their documents."""
    words = sources.words
    if words is None or not (meant.groups or meant.parts):
        return [], True
    most = min(request.limit, MOST_PRODUCTS)
    rows = products_found(
        words.bound, meant.groups or (), meant.parts, sources.popularity, most * _VARIANTS
    )
    shown = _one_a_group(sources, rows.tolist(), most)
    documents, whole = page_documents(sources.snapshot, np.array(shown, dtype=np.int32))
    found = [documents[row] for row in shown if row in documents and documents[row].active]
    return [
        Suggestion(
            SuggestionType.PRODUCT, each.title, _marked(each.title, meant), product=each,
            category=each.category_path, brand=each.brand,
        )
        for each in found
    ], whole  # fmt: skip


def _one_a_group(sources: Sources, rows: Sequence[int], most: int) -> list[int]:
    groups = sources.snapshot.columns.group
    kept: dict[int, int] = {}
    for row in rows:
        group = int(groups[row])
        kept.setdefault(group if group >= 0 else -2 - row, row)
    return list(kept.values())[:most]


def _marked(text: str, meant: Meant | None) -> str:
    stems, prefixes = (meant.stems, meant.prefixes) if meant else (frozenset[str](), ())
    return marked(text, stems, prefixes, search_analysis().stem_of)
