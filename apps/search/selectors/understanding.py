"""What a query means: its words, what may stand for them, and what they name."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.merchandising.contracts import NO_SYNONYMS, SynonymIndex, words_expand
from apps.merchandising.selectors import abbreviations, synonyms
from apps.search.contracts_understanding import (
    Correction,
    Extraction,
    ExtractionUse,
    QueryClass,
    Understanding,
)
from apps.search.domain.lexical.analysis import Analysis
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.normalise import normalise, part_number_windows, words
from apps.search.domain.overrides import SearchSettings
from apps.search.domain.understanding.classes import Named, query_class
from apps.search.domain.understanding.dictionaries import Key
from apps.search.domain.understanding.extraction import Reading, names_read
from apps.search.domain.understanding.prices import PricePhrase, price_read
from apps.search.domain.understanding.spellings import spellings_added
from apps.search.domain.understanding.terms import terms_of
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.dictionaries import catalogue_knowledge
from apps.search.selectors.language import search_analysis
from apps.search.selectors.lexicon import lexicon
from apps.search.selectors.spelling import words_corrected, words_respaced

_TWO = 2  # words that the catalogue may write as one
_KEPT = 2000  # readings; each takes about a kilobyte
# All that a reading is made from: whoever changes any of it puts another object there.
Source = tuple[ServingSnapshot, SynonymIndex, SynonymIndex, Lexicon | None, Analysis]


@dataclass(frozen=True, slots=True)
class Insisting:
    """What the shopper said about how to understand the query.

    Attributes:
        spelling: whether it may be corrected.
        extraction: whether filters and boosts may be read out of it.
        dropped: names of extractions that are not wanted.
        filtered: fields that the shopper filters by: they need no reading.
    """

    spelling: bool = True
    extraction: bool = True
    dropped: frozenset[str] = frozenset()
    filtered: frozenset[str] = frozenset()


Asked = tuple[str, tuple[bool, bool, bool], Insisting]


def query_understanding(
    query: str, settings: SearchSettings | None = None, insisting: Insisting | None = None
) -> Understanding:
    """The query as it is searched for; no SQL once everything is loaded.

    Read once while catalogue, vocabulary, lexicon and language stay as they are.

    Args:
        query: as typed.
        settings: how search works; None: as published.
        insisting: what the shopper said about it.
    """
    how, asked = settings or search_settings(), insisting or Insisting()
    kept = _readings.of(
        (serving_snapshot(), synonyms(), abbreviations(), lexicon(), search_analysis())
    )
    key = (query, how.reading, asked)
    found = kept.get(key)
    if found is None:
        if len(kept) >= _KEPT:
            kept.clear()
        found = kept[key] = _understood(query, how, asked)
    return found


class _Readings:
    """Queries as they were read from one state of what they are read from."""

    def __init__(self) -> None:
        self._last: tuple[Source, dict[Asked, Understanding]] | None = None

    def of(self, source: Source) -> dict[Asked, Understanding]:
        """What was read from just these objects; to be added to."""
        last = self._last
        if last is None or any(
            one is not other for one, other in zip(last[0], source, strict=True)
        ):
            last = self._last = (source, {})
        return last[1]


class _Spellings:
    """The abbreviations with other ways to write them, made once for each version."""

    def __init__(self) -> None:
        self._last: tuple[SynonymIndex, SynonymIndex] | None = None

    def of(self, index: SynonymIndex) -> SynonymIndex:
        """The index with what is written otherwise."""
        last = self._last
        if last is None or last[0] is not index:
            last = self._last = (index, spellings_added(index))
        return last[1]


_readings, _spellings = _Readings(), _Spellings()


def _understood(query: str, how: SearchSettings, asked: Insisting) -> Understanding:
    normalised = normalise(query)
    same = synonyms() if how.synonyms else NO_SYNONYMS
    short = _spellings.of(abbreviations()) if how.understanding else NO_SYNONYMS
    reads = how.understanding and asked.extraction
    price = price_read(normalised) if reads else None
    searched = normalised if price is None else price.rest
    spells = how.spelling and asked.spelling
    correction = words_corrected(words(searched)) if spells else None
    searched = searched if correction is None else correction.corrected
    found = words(searched)
    reading = _reading(found, same, short) if reads else Reading((), found)
    if reading.words != found:
        found, searched = reading.words, " ".join(reading.words)
    groups = words_expand(found, same, short)
    joins = words_respaced(found) if spells else ()
    wanted, dropped = _wanted(reading, price, asked)
    kind, signals = (None, ()) if not how.understanding else _class(normalised, reading, price)
    return Understanding(
        normalised=normalised,
        searched=searched,
        words=found,
        terms=terms_of(found, groups, joins),
        part_numbers=part_number_windows(found),
        correction=_of_the_whole(correction, normalised, price),
        query_class=kind,
        signals=signals,
        extracted=_fitting(wanted, kind),
        dropped=dropped,
    )


def _reading(found: tuple[str, ...], same: SynonymIndex, short: SynonymIndex) -> Reading:
    def meant(key: Key) -> Iterable[str]:
        joined = ("".join(key),) if len(key) == _TWO else ()
        return (*joined, *same.phrases.get(key, ()), *short.phrases.get(key, ()))

    return names_read(found, catalogue_knowledge(serving_snapshot(), meant))


def _wanted(
    reading: Reading, price: PricePhrase | None, asked: Insisting
) -> tuple[tuple[Extraction, ...], tuple[str, ...]]:
    """What is extracted, and the names of what would be, had the shopper not dropped it."""
    named = [*reading.extracted]
    if price is not None:
        use = ExtractionUse.FILTER
        named.append(Extraction("price", price.value, price.text, use, price.label))
    found = [each for each in named if each.field not in asked.filtered]
    wanted = tuple(each for each in found if each.name not in asked.dropped)
    return wanted, tuple(each.name for each in found if each.name in asked.dropped)


def _class(
    normalised: str, reading: Reading, price: PricePhrase | None
) -> tuple[QueryClass | None, tuple[str, ...]]:
    typed = normalised if price is None else price.rest
    named = Named(price is not None, reading.brand, reading.brand_alone, reading.category)
    return query_class(words(typed), named)


def _fitting(wanted: tuple[Extraction, ...], kind: QueryClass | None) -> tuple[Extraction, ...]:
    """Whoever compares brands wants to see both, and what stands beside them."""
    if kind is not QueryClass.INFORMATIONAL:
        return wanted
    return tuple(each if each.field == "price" else each.softened() for each in wanted)


def _of_the_whole(
    correction: Correction | None, normalised: str, price: PricePhrase | None
) -> Correction | None:
    """A correction of the query with the words of its price."""
    if correction is None or price is None:
        return correction
    corrected = f"{correction.corrected} {price.text}"
    return Correction(normalised, corrected, correction.words)
