"""Spelling by the lexicon's own words."""

from collections.abc import Sequence
from threading import Lock

from apps.common.domain.string_table import TextBlob
from apps.merchandising.contracts import SynonymIndex
from apps.merchandising.selectors import abbreviations, synonyms
from apps.search.contracts_understanding import Correction
from apps.search.domain.lexical.analysis import fold
from apps.search.domain.lexical.arrays import LexicalIndex
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.merging import blob_strings
from apps.search.domain.normalise import part_number_spans
from apps.search.domain.spelling.company import title_company
from apps.search.domain.spelling.compounds import Regrouped, joins_of
from apps.search.domain.spelling.correcting import correction_of
from apps.search.domain.spelling.deletes import spelling_build
from apps.search.domain.spelling.index import SpellingIndex
from apps.search.selectors.lexicon import lexicon


def words_corrected(words: Sequence[str]) -> Correction | None:
    """The query's words as they were probably meant; None where nothing is surely amiss.

    No SQL once the lexicon is loaded. Words of published synonyms and abbreviations and of the
    catalogue's part numbers stay, and so does everything where there is no lexicon.
    """
    known = lexicon()
    if known is None:
        return None
    spelling, protected = _spelling.of(known.base), _protected.now() | _part_words(words, known)
    return correction_of(words, known, spelling, protected, title_company(known))


def words_respaced(words: Sequence[str]) -> tuple[Regrouped, ...]:
    """How the catalogue spaces the query's words otherwise; no SQL once the lexicon is loaded."""
    known = lexicon()
    if known is None:
        return ()
    return joins_of(words, known, known.analysis.stop_words)


def _part_words(words: Sequence[str], known: Lexicon) -> frozenset[str]:
    """Words of a part number that a product has, however it is spaced: `abcd` in `abcd 1211`."""
    return frozenset(
        fold(word)
        for joined, start, end in part_number_spans(words)
        if end - start > 1 and any(_has_part(each.part_keys, joined) for each in known.segments)
        for word in words[start:end]
    )


def _has_part(keys: TextBlob, text: str) -> bool:
    return keys.found(text, 0, len(keys)) >= 0


def spelling_of(base: LexicalIndex) -> SpellingIndex:
    """The spelling index over a base's words; made once where the base came without."""
    return _spelling.of(base)


class _Spelling:
    """The spelling index of the base that was asked for last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[LexicalIndex, SpellingIndex] | None = None

    def of(self, base: LexicalIndex) -> SpellingIndex:
        last = self._last
        if last is None or last[0] is not base:
            with self._lock:
                last = self._last
                if last is None or last[0] is not base:
                    last = self._last = (base, _index(base))
        return last[1]


def _index(base: LexicalIndex) -> SpellingIndex:
    arrays = base.spelling
    if not arrays:
        words = [raw.decode() for raw in blob_strings(base.words)]
        arrays = spelling_build(words, base.word_counts)
    return SpellingIndex(arrays, base.words, base.word_counts)


class _Protected:
    """Words of the published vocabulary, gathered once for each version of it."""

    def __init__(self) -> None:
        self._last: tuple[SynonymIndex, SynonymIndex, frozenset[str]] | None = None

    def now(self) -> frozenset[str]:
        """Words that a merchandiser wrote into a synonym, or that are an abbreviation."""
        same, short, last = synonyms(), abbreviations(), self._last
        if last is None or last[0] is not same or last[1] is not short:
            last = self._last = (same, short, _words_of(same) | _words_of(short))
        return last[2]


def _words_of(index: SynonymIndex) -> frozenset[str]:
    sources = (word for phrase in index.phrases for word in phrase)
    meant = (word for others in index.phrases.values() for each in others for word in each.split())
    return frozenset(sources) | frozenset(meant)


_spelling, _protected = _Spelling(), _Protected()
