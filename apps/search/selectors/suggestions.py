"""The lines that are suggested, by type, out of one state of the sources."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.merchandising.contracts import words_expand
from apps.search.domain.suggesting.completions import completions, completions_anywhere
from apps.search.domain.suggesting.heads import FEWEST_LETTERS, Heads, spans_named
from apps.search.domain.suggesting.items import (
    MOST_PRODUCTS,
    Suggestion,
    SuggestionType,
    SuggestRequest,
)
from apps.search.domain.suggesting.meaning import Meant, meant_by, meant_plainly
from apps.search.domain.suggesting.mixing import MOST_OF
from apps.search.domain.suggesting.phrases import Phrase
from apps.search.domain.suggesting.products import Wanted, products_found
from apps.search.domain.suggesting.typed import Typed, readings_of
from apps.search.selectors.shelves import shelf_of
from apps.search.selectors.suggested import suggested_cards
from apps.search.selectors.suggesting import Sources, Words

# Variants of one product are one suggestion: so many more rows are looked at.
_VARIANTS = 4
# Rules may hide the best ones: so many times more are looked at then.
_BEHIND_HIDDEN = 8
# Names are looked at until some have active products.
_NAMES = 16
Lines = dict[SuggestionType, list[Suggestion]]


@dataclass(frozen=True, slots=True)
class Found:
    """What may be suggested.

    Attributes:
        lines: by type, best first.
        meant: how the words were read; None where nothing is typed.
        whole: whether the products look as new as the catalogue.
    """

    lines: Lines
    meant: Meant | None = None
    whole: bool = True


def lines_at_rest(sources: Sources, request: SuggestRequest) -> Found:
    """Before anything is typed: what shoppers ask for most, and the greatest categories."""
    lines: Lines = {}
    if SuggestionType.QUERY in request.types:
        popular = sources.queries.heaviest(MOST_OF[SuggestionType.QUERY])
        lines[SuggestionType.QUERY] = [_query(each.text) for each in popular]
    if SuggestionType.CATEGORY in request.types:
        greatest = sources.shelves.categories.heaviest(_NAMES)
        lines[SuggestionType.CATEGORY] = _categories(sources, greatest, ())
    return Found(lines)


def lines_found(sources: Sources, request: SuggestRequest, typed: Typed) -> Found:
    """What begins as was typed; then what the words mean; then what holds them out of sight."""
    meant = _meant(sources, typed)
    others = [_meant(sources, each) for each in readings_of(typed, lambda w: _same(sources, w))]
    lines, whole = _of_reading(sources, request, meant, _spans(sources, (meant, *others)))
    for other in others:
        more, fresh = _of_reading(sources, request, other, _spans(sources, (other,)))
        whole = whole and fresh
        for kind, found in more.items():
            lines[kind] = [*lines[kind], *found]
    if not any(lines.values()) and sources.words is not None and meant.groups:
        lines, whole = _out_of_sight(sources, sources.words, request, meant)
    return Found(lines, meant, whole)


def _same(sources: Sources, words: tuple[str, ...]) -> Iterable[tuple[int, int, Iterable[str]]]:
    for group in words_expand(words, sources.synonyms, sources.abbreviations):
        yield group.start, group.end, (*group.alternatives, *group.written_out)


def _meant(sources: Sources, typed: Typed) -> Meant:
    words = sources.words
    if words is None:
        return meant_plainly(typed)
    return meant_by(words.lexicon, words.beginnings, words.spelling, typed)


def _spans(sources: Sources, readings: Sequence[Meant]) -> tuple[tuple[int, int], ...]:
    """Codes of the categories that the last word names."""
    return tuple(
        span
        for meant in readings
        if max(map(len, meant.prefixes), default=0) >= FEWEST_LETTERS
        for span in spans_named(sources.spans, meant.before, meant.heads)
    )


def _of_reading(
    sources: Sources, request: SuggestRequest, meant: Meant, spans: tuple[tuple[int, int], ...]
) -> tuple[Lines, bool]:
    """By type, and whether the products look as new as the catalogue."""
    lines: Lines = {}
    whole = True
    if SuggestionType.QUERY in request.types:
        lines[SuggestionType.QUERY] = _queries(sources, request, meant)
    if SuggestionType.CATEGORY in request.types:
        phrases = sources.shelves.categories.found(meant.forms, _NAMES)
        lines[SuggestionType.CATEGORY] = _categories(sources, phrases, spans)
    if SuggestionType.BRAND in request.types:
        phrases = sources.shelves.brands.found(meant.forms, _NAMES)
        lines[SuggestionType.BRAND] = _brands(sources, phrases)
    if SuggestionType.PRODUCT in request.types and sources.words is not None:
        heads = _heads(sources, sources.words, meant, spans)
        wanted = Wanted(meant.groups or (), meant.parts, heads)
        lines[SuggestionType.PRODUCT], whole = _products(sources, request, wanted)
    return lines, whole


def _heads(
    sources: Sources, words: Words, meant: Meant, spans: tuple[tuple[int, int], ...]
) -> Heads | None:
    """What lifts a product; nothing while one or two letters are typed."""
    if not meant.groups or max(map(len, meant.prefixes), default=0) < FEWEST_LETTERS:
        return None
    codes, numbers = sources.snapshot.columns.category, shelf_of(sources.snapshot, words.lexicon)
    return Heads(codes, spans, meant.groups[-1].stems, numbers.numbers)


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


def _categories(
    sources: Sources, phrases: Sequence[Phrase], spans: Sequence[tuple[int, int]]
) -> list[Suggestion]:
    """Categories with active products; what the words name comes before what only holds them."""
    tree = sources.snapshot.tree
    named = {start for start, _ in spans}
    return [
        Suggestion(
            SuggestionType.CATEGORY,
            each.text,
            "",
            category=tree.categories[each.key].path,
            trail=tree.names(each.key),
            products=int(sources.live.categories[each.key]),
        )
        for each in sorted(phrases, key=lambda each: each.key not in named)
        if sources.live.categories[each.key]
    ]


def _brands(sources: Sources, phrases: Sequence[Phrase]) -> list[Suggestion]:
    counted = [(each, sources.shelves.brand_products(sources.live, each.key)) for each in phrases]
    return [
        Suggestion(SuggestionType.BRAND, each.text, "", brand=each.text, products=products)
        for each, products in counted
        if products
    ]


def _products(
    sources: Sources, request: SuggestRequest, wanted: Wanted
) -> tuple[list[Suggestion], bool]:
    """Products, and whether they look as new as the catalogue."""
    words = sources.words
    if words is None or not (wanted.groups or wanted.parts):
        return [], True
    most = min(request.limit, MOST_PRODUCTS)
    barred = sources.barred
    looked_at = most * _VARIANTS * (1 if barred is None else _BEHIND_HIDDEN)
    rows = products_found(
        words.bound, wanted, sources.popularity, looked_at, words.beginnings.groups
    )
    rows = rows if barred is None else barred.allowed(rows)
    shown = _one_a_group(sources, rows.tolist(), most)
    cards, whole = suggested_cards(sources.snapshot, shown)
    found = [
        Suggestion(
            SuggestionType.PRODUCT, card.title, "", product=card,
            category=card.category, brand=card.brand,
        )
        for card in (cards[row] for row in shown if row in cards)
    ]  # fmt: skip
    return found, whole


def _one_a_group(sources: Sources, rows: Sequence[int], most: int) -> list[int]:
    groups = sources.snapshot.columns.group
    kept: dict[int, int] = {}
    for row in rows:
        group = int(groups[row])
        kept.setdefault(group if group >= 0 else -2 - row, row)
    return list(kept.values())[:most]


def _out_of_sight(
    sources: Sources, words: Words, request: SuggestRequest, meant: Meant
) -> tuple[Lines, bool]:
    """Products that hold the words where no shopper sees them, and what finds these."""
    lines: Lines = {}
    whole = True
    if SuggestionType.QUERY in request.types and meant.earlier is not None:
        ended = completions_anywhere(
            words.lexicon, words.beginnings, meant.earlier, meant.prefixes, request.limit
        )
        asked = " ".join(request.query.lower().split())
        lines[SuggestionType.QUERY] = [_query(each) for each in ended if each != asked]
    if SuggestionType.PRODUCT in request.types:
        wanted = Wanted(meant.groups or (), anywhere=True)
        lines[SuggestionType.PRODUCT], whole = _products(sources, request, wanted)
    return lines, whole
