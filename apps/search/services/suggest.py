"""Suggestions while the shopper types, from memory; only products' documents cost a statement."""

import time
from collections.abc import Sequence
from dataclasses import replace

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
from apps.search.domain.suggesting.typed import Typed, typed_of
from apps.search.selectors.barred import barred_for
from apps.search.selectors.language import search_analysis
from apps.search.selectors.suggested import suggested_documents
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
# Rules may hide the best ones: so many times more are looked at then.
_BEHIND_HIDDEN = 8
# Names are looked at until some have active products.
_NAMES = 16
_items = {kind: suggest_items_total.labels(kind) for kind in SuggestionType}


def suggest_answer(*, request: SuggestRequest) -> Suggestions:
    """What the shopper may want to say, best first by type."""
    started = time.perf_counter()
    sources = suggestion_sources()
    barred = barred_for(request.query, sources.snapshot)
    sources = sources if barred is None else replace(sources, live=barred.live, barred=barred)
    typed, degraded = typed_of(request.query), _degraded(sources)
    meant = None if typed is None else _meant(sources, typed)
    if meant is not None:
        found, whole = _found(sources, request, meant)
        degraded += () if whole else ("catalog",)
    else:
        found = {} if request.query.strip() else _at_rest(sources, request)
    items = tuple(_marked(item, meant) for item in mixed(found, request.limit))
    spent = time.perf_counter() - started
    suggest_seconds.observe(spent)
    suggests_total.inc()
    for item in items:
        _items[item.type].inc()
    if not items and request.query.strip():
        suggest_empty_total.inc()
    return Suggestions(request.query, items, round(spent * 1000.0, 3), degraded)


def _degraded(sources: Sources) -> tuple[str, ...]:
    if sources.words is not None:
        return ()
    degraded_total.labels(component="lexicon", reason="suggest").inc()
    return ("lexicon",)


def _meant(sources: Sources, typed: Typed) -> Meant:
    words = sources.words
    if words is None:
        return meant_plainly(typed)
    return meant_by(words.lexicon, words.beginnings, words.spelling, typed)


def _found(
    sources: Sources, request: SuggestRequest, meant: Meant
) -> tuple[dict[SuggestionType, list[Suggestion]], bool]:
    """By type, and whether the products' documents are as new as the catalogue."""
    found: dict[SuggestionType, list[Suggestion]] = {}
    whole = True
    if SuggestionType.QUERY in request.types:
        found[SuggestionType.QUERY] = _queries(sources, request, meant)
    if SuggestionType.CATEGORY in request.types:
        phrases = sources.shelves.categories.found(meant.forms, _NAMES)
        found[SuggestionType.CATEGORY] = _categories(sources, phrases)
    if SuggestionType.BRAND in request.types:
        phrases = sources.shelves.brands.found(meant.forms, _NAMES)
        found[SuggestionType.BRAND] = _brands(sources, phrases)
    if SuggestionType.PRODUCT in request.types:
        found[SuggestionType.PRODUCT], whole = _products(sources, request, meant)
    return found, whole


def _at_rest(sources: Sources, request: SuggestRequest) -> dict[SuggestionType, list[Suggestion]]:
    """Before anything is typed: what shoppers ask for most, and the greatest categories."""
    found: dict[SuggestionType, list[Suggestion]] = {}
    if SuggestionType.QUERY in request.types:
        popular = sources.queries.heaviest(MOST_OF[SuggestionType.QUERY])
        found[SuggestionType.QUERY] = [_query(each.text) for each in popular]
    if SuggestionType.CATEGORY in request.types:
        greatest = sources.shelves.categories.heaviest(_NAMES)
        found[SuggestionType.CATEGORY] = _categories(sources, greatest)
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
    return [_query(text) for text in texts if text != asked]


def _query(text: str) -> Suggestion:
    return Suggestion(SuggestionType.QUERY, text, "")


def _categories(sources: Sources, phrases: Sequence[Phrase]) -> list[Suggestion]:
    tree = sources.snapshot.tree
    return [
        Suggestion(
            SuggestionType.CATEGORY,
            each.text,
            "",
            category=tree.categories[each.key].path,
            trail=tree.names(each.key),
            products=int(sources.live.categories[each.key]),
        )
        for each in phrases
        if sources.live.categories[each.key]
    ]


def _brands(sources: Sources, phrases: Sequence[Phrase]) -> list[Suggestion]:
    counted = [(each, sources.shelves.brand_products(sources.live, each.key)) for each in phrases]
    return [
        Suggestion(
            SuggestionType.BRAND,
            each.text,
            "",
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
    barred = sources.barred
    rows = products_found(
        words.bound,
        meant.groups or (),
        meant.parts,
        sources.popularity,
        most * _VARIANTS * (1 if barred is None else _BEHIND_HIDDEN),
    )
    rows = rows if barred is None else barred.allowed(rows)
    shown = _one_a_group(sources, rows.tolist(), most)
    documents, whole = suggested_documents(sources.snapshot, shown)
    found = [documents[row] for row in shown if row in documents and documents[row].active]
    return [
        Suggestion(
            SuggestionType.PRODUCT, each.title, "", product=each,
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


def _marked(item: Suggestion, meant: Meant | None) -> Suggestion:
    stems, prefixes = (meant.stems, meant.prefixes) if meant else (frozenset[str](), ())
    html = marked(item.text, stems, prefixes, search_analysis().stem_of)
    return replace(item, highlighted=html)
