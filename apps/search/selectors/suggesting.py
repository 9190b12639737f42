"""What suggestions are found in, kept in this process and made anew when its sources move."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np

from apps.common.snapshots import Snapshot
from apps.features.contracts import POPULARITY_SCORE, ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.search.domain.lexical.analysis import words_of
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.matching import BoundLexicon
from apps.search.domain.spelling.index import SpellingIndex
from apps.search.domain.suggesting.phrases import Phrase, PhraseIndex
from apps.search.domain.suggesting.products import Popularity
from apps.search.domain.suggesting.shelves import Live, Shelves, live_counts, shelves_of
from apps.search.domain.suggesting.vocabulary import Beginnings, beginnings_of
from apps.search.selectors.barred import Barred
from apps.search.selectors.language import search_analysis
from apps.search.selectors.lexicon import LEXICON_ARTIFACT, lexicon, lexicon_bound
from apps.search.selectors.popular import popular_held
from apps.search.selectors.spelling import spelling_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The lexicon with what suggestions need beside it."""

    bound: BoundLexicon
    beginnings: Beginnings
    spelling: SpellingIndex

    @property
    def lexicon(self) -> Lexicon:
        """The words."""
        return self.bound.lexicon


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Everything that one answer is found in, consistent with itself.

    Attributes:
        snapshot: the rows.
        words: None: there is no lexicon, and no product is suggested.
        queries: popular queries.
        shelves: categories and brands.
        live: active products of each.
        popularity: of the rows.
        barred: what rules keep out; None: nothing.
    """

    snapshot: ServingSnapshot
    words: Words | None
    queries: PhraseIndex
    shelves: Shelves
    live: Live
    popularity: Popularity
    barred: Barred | None = None


class _Kept(Generic[T]):
    """The last thing made, while what it was made from is the same."""

    def __init__(self, same: Callable[[Any, Any], bool] = lambda one, other: one is other) -> None:
        self._same = same
        self._lock = Lock()
        self._last: tuple[tuple[Any, ...], T] | None = None

    def of(self, sources: tuple[Any, ...], make: Callable[[], T]) -> T:
        last = self._last
        if last is None or not all(map(self._same, last[0], sources)):
            with self._lock:
                last = self._last
                if last is None or not all(map(self._same, last[0], sources)):
                    last = self._last = (sources, make())
        return last[1]


def _equal(one: Hashable, other: Hashable) -> bool:
    return one is other or one == other


_popularity: _Kept[Popularity] = _Kept()
_live: _Kept[Live] = _Kept()
_shelves: _Kept[Shelves] = _Kept(_equal)
_queries: _Kept[PhraseIndex] = _Kept()
_made: _Kept[Beginnings] = _Kept()


def _beginnings_load() -> Beginnings | None:
    """In the version thread when another lexicon comes: requests then find it made."""
    known = lexicon()
    return None if known is None else _made.of((known.base,), lambda: beginnings_of(known.base))


_beginnings: Snapshot[Beginnings | None] = Snapshot(
    "suggestions", _beginnings_load, versions=(f"artifact:{LEXICON_ARTIFACT}",)
)


def suggestion_sources() -> Sources:
    """What to look in now; no SQL once loaded, while the catalogue stays as it is."""
    snapshot = serving_snapshot()
    words = _words(snapshot)
    columns, scores = snapshot.columns, snapshot.features.get(POPULARITY_SCORE)
    stem = search_analysis().stem_of
    return Sources(
        snapshot=snapshot,
        words=words,
        queries=_popular_phrases(words),
        # Their order is as old as the artifact, or as the last brand that was new.
        shelves=_shelves.of(
            (snapshot.tree, columns.brands, snapshot.number),
            lambda: shelves_of(columns, snapshot.tree, scores, stem),
        ),
        live=_live.of(
            (columns.active, columns.category, columns.brand, snapshot.tree),
            lambda: live_counts(columns, snapshot.tree),
        ),
        popularity=_popularity.of(
            (snapshot.popularity_order, scores),
            lambda: Popularity(scores, snapshot.popularity_order, _places(snapshot)),
        ),
    )


def _words(snapshot: ServingSnapshot) -> Words | None:
    bound, _ = lexicon_bound(snapshot.columns)
    if bound is None:
        return None
    base = bound.lexicon.base
    made = _beginnings.get()
    if made is None or made.base is not base:
        made = _made.of((base,), lambda: beginnings_of(base))
    return Words(bound, made, spelling_of(base))


def _popular_phrases(words: Words | None) -> PhraseIndex:
    popular = popular_held()
    if words is None:
        stem = search_analysis().stem_of
        return _queries.of((popular, None), lambda: PhraseIndex(_phrases(popular), stem))
    known = words.lexicon

    def make() -> PhraseIndex:
        # What products no longer hold would be suggested in vain.
        held = [
            (text, count)
            for text, count in popular
            if all(known.document_frequency(word) for word in words_of(text))
        ]
        return PhraseIndex(_phrases(held), known.analysis.stem_of)

    return _queries.of((popular, known.base), make)


def _phrases(queries: Any) -> list[Phrase]:
    return [Phrase(text, float(shoppers)) for text, shoppers in queries]


def _places(snapshot: ServingSnapshot) -> Any:
    order = snapshot.popularity_order
    places = np.empty(len(order), dtype=np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    return places
