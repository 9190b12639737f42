"""What suggestions are found in, kept in this process and made anew when its sources move."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np

from apps.common.snapshots import Snapshot
from apps.features.contracts import POPULARITY_SCORE, ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.merchandising.contracts import SynonymIndex
from apps.merchandising.selectors import abbreviations, synonyms
from apps.search.domain.lexical.analysis import Analysis, words_of
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.matching import BoundLexicon
from apps.search.domain.spelling.index import SpellingIndex
from apps.search.domain.suggesting.items import Suggestion, SuggestionType
from apps.search.domain.suggesting.meaning import groups_foresee
from apps.search.domain.suggesting.phrases import Phrase, PhraseIndex
from apps.search.domain.suggesting.products import Popularity
from apps.search.domain.suggesting.shelves import Live, Shelves, live_counts, shelves_of
from apps.search.domain.suggesting.vocabulary import Beginnings, beginnings_of
from apps.search.selectors.barred import Barred
from apps.search.selectors.language import search_analysis
from apps.search.selectors.lexicon import LEXICON_ARTIFACT, lexicon, lexicon_bound
from apps.search.selectors.popular import Popular, popular_held
from apps.search.selectors.shelves import shelf_of
from apps.search.selectors.spelling import spelling_of

T = TypeVar("T")
# Query, lines and types of a request.
Asked = tuple[str, int, tuple[SuggestionType, ...]]


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
        analysis: how words become stems.
        synonyms, abbreviations: what else words mean.
        spans: stems of a category's name → its codes, from the first to before the last.
        barred: what rules keep out; None: nothing.
        answers: what was answered from just these sources; to be added to.
    """

    snapshot: ServingSnapshot
    words: Words | None
    queries: PhraseIndex
    shelves: Shelves
    live: Live
    popularity: Popularity
    analysis: Analysis
    synonyms: SynonymIndex
    abbreviations: SynonymIndex
    spans: Mapping[tuple[str, ...], tuple[int, int]]
    barred: Barred | None = None
    answers: dict[Asked, tuple[Suggestion, ...]] = field(default_factory=dict)


class _Kept(Generic[T]):
    """The last thing made, while what it was made from is the same."""

    def __init__(self, same: Callable[[Any, Any], bool] = lambda one, other: one is other) -> None:
        self._same = same
        self._lock = Lock()
        self._last: tuple[tuple[Any, ...], T] | None = None

    def of(self, sources: tuple[Any, ...], make: Callable[..., T]) -> T:
        last = self._last
        if last is None or not all(map(self._same, last[0], sources)):
            with self._lock:
                last = self._last
                if last is None or not all(map(self._same, last[0], sources)):
                    last = self._last = (sources, make(*sources))
        return last[1]


def _equal(one: Hashable, other: Hashable) -> bool:
    return one is other or one == other


_popularity: _Kept[Popularity] = _Kept()
_live: _Kept[Live] = _Kept()
_shelves: _Kept[Shelves] = _Kept(_equal)
_queries: _Kept[PhraseIndex] = _Kept()
_made: _Kept[Beginnings] = _Kept()
_words_held: _Kept[Words] = _Kept()
_sources: _Kept[Sources] = _Kept()


def _beginnings_load() -> Beginnings | None:
    """In the version thread when another lexicon comes: requests then find it made."""
    known = lexicon()
    return None if known is None else _made.of((known.base,), lambda _: _beginnings_made(known))


def _beginnings_made(known: Lexicon) -> Beginnings:
    made = beginnings_of(known.base)
    groups_foresee(known, made)
    return made


_beginnings: Snapshot[Beginnings | None] = Snapshot(
    "suggestions", _beginnings_load, versions=(f"artifact:{LEXICON_ARTIFACT}",)
)


def suggestion_sources() -> Sources:
    """What to look in now, the same object while nothing changes; no SQL once it is loaded."""
    snapshot = serving_snapshot()
    words, analysis = _words(snapshot), search_analysis()
    popular, same, short = popular_held(), synonyms(), abbreviations()
    return _sources.of(
        (snapshot, words, popular, analysis, same, short),
        lambda *_: _sources_made(
            snapshot, words, _popular_phrases(popular, words, analysis), (same, short)
        ),
    )


def _sources_made(
    snapshot: ServingSnapshot,
    words: Words | None,
    queries: PhraseIndex,
    vocabulary: tuple[SynonymIndex, SynonymIndex],
) -> Sources:
    analysis = search_analysis()
    columns, scores = snapshot.columns, snapshot.features.get(POPULARITY_SCORE)
    return Sources(
        snapshot=snapshot,
        words=words,
        queries=queries,
        # Their order is as old as the artifact, or as the last brand that was new.
        shelves=_shelves.of(
            (snapshot.tree, columns.brands, snapshot.number),
            lambda *_: shelves_of(columns, snapshot.tree, scores, analysis.stem_of),
        ),
        live=_live.of(
            (columns.active, columns.category, columns.brand, snapshot.tree),
            lambda *_: live_counts(columns, snapshot.tree),
        ),
        popularity=_popularity.of(
            (snapshot.popularity_order, scores),
            lambda *_: Popularity(scores, snapshot.popularity_order, _places(snapshot)),
        ),
        analysis=analysis,
        synonyms=vocabulary[0],
        abbreviations=vocabulary[1],
        spans={} if words is None else shelf_of(snapshot, words.lexicon).names.spans,
    )


def _words(snapshot: ServingSnapshot) -> Words | None:
    bound, _ = lexicon_bound(snapshot.columns)
    if bound is None:
        return None
    base = bound.lexicon.base
    made = _beginnings.get()
    if made is None or made.base is not base:
        made = _made.of((base,), lambda _: _beginnings_made(bound.lexicon))
    return _words_held.of((bound, made, spelling_of(base)), Words)


def _popular_phrases(popular: Popular, words: Words | None, analysis: Analysis) -> PhraseIndex:
    if words is None:
        return _queries.of(
            (popular, None), lambda *_: PhraseIndex(_phrases(popular), analysis.stem_of)
        )
    known = words.lexicon

    def make(*_: object) -> PhraseIndex:
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
