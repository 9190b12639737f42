"""What the typed words may be, in the catalogue's own words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.merging import blob_strings
from apps.search.domain.spelling.index import SpellingIndex
from apps.search.domain.suggesting.phrases import WordForms
from apps.search.domain.suggesting.products import MOST_STEMS, StemGroup
from apps.search.domain.suggesting.typed import PartWindow, Typed
from apps.search.domain.suggesting.vocabulary import (
    Beginnings,
    LastWord,
    prefixes_meant,
    words_beginning,
    words_meant,
)

# A word that only begins so, beside the word itself.
_BEGUN = 0.85
# Beginnings that are looked for beforehand: half a second for 20,000 products.
_FORESEEN, _FORESEEN_LETTERS = 2_048, 4


@dataclass(frozen=True, slots=True)
class Meant:
    """The query read so far.

    Attributes:
        forms: of every word that says something, the last one at the end.
        groups: the same as stems for products; None where no product can hold them all.
        parts: what may be the beginning of a part number, with the groups of the words before.
        earlier: complete words as they were probably meant, stop words among them; None where
            one of them is not the catalogue's.
        prefixes: beginnings of the last word.
        stems: of the complete words, for marking.
        heads: stems that the last word may be.
        before: stems of the complete words, in order.
    """

    forms: tuple[WordForms, ...]
    groups: tuple[StemGroup, ...] | None
    parts: tuple[tuple[PartWindow, tuple[StemGroup, ...]], ...]
    earlier: tuple[str, ...] | None
    prefixes: tuple[str, ...]
    stems: frozenset[str]
    heads: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


def meant_plainly(typed: Typed) -> Meant:
    """The words as they were typed, where there is no lexicon."""
    forms = (*(WordForms((word,)) for word in typed.earlier), WordForms((), (typed.last,)))
    return Meant(forms, None, (), None, (typed.last,), frozenset())


def meant_by(
    lexicon: Lexicon, beginnings: Beginnings, spelling: SpellingIndex, typed: Typed
) -> Meant:
    """The words as the catalogue has them; what it does not have is read as its nearest word.

    Args:
        lexicon: the catalogue's words.
        beginnings: of its base.
        spelling: of its base.
        typed: by the shopper.
    """
    stop_words, stem_of = lexicon.analysis.stop_words, lexicon.analysis.stem_of
    complete = [
        (word,) if word in stop_words else words_meant(lexicon, spelling, word)
        for word in typed.earlier
    ]
    last, ends, heads = _read_last(lexicon, beginnings, typed.last)
    telling = [
        (word, meanings)
        for word, meanings in zip(typed.earlier, complete, strict=True)
        if word not in stop_words
    ]
    known = all(complete)
    groups = [_complete(lexicon, meanings) for _, meanings in telling] if known else []
    ended = tuple(
        None if word in stop_words or not meanings else _complete(lexicon, meanings)
        for word, meanings in zip(typed.earlier, complete, strict=True)
    )
    marks = {stem_of(each) for word, meanings in telling for each in (word, *meanings)}
    return Meant(
        forms=(*(WordForms((*meanings, word)) for word, meanings in telling), last),
        groups=(*groups, ends) if known and ends.stems else None,
        parts=_parts(typed, complete, ended),
        earlier=tuple(meanings[0] for meanings in complete) if known else None,
        prefixes=last.prefixes,
        stems=frozenset(marks),
        heads=heads,
        before=tuple(stem_of(meanings[0]) for _, meanings in telling if meanings),
    )


def _read_last(lexicon: Lexicon, beginnings: Beginnings, typed: str) -> LastWord:
    return beginnings.read_once(lexicon, typed, lambda: _last(lexicon, beginnings, typed))


def _last(lexicon: Lexicon, beginnings: Beginnings, typed: str) -> LastWord:
    """The last word: what may be its beginning, and the stems of the words that begin so."""
    whole = lexicon.document_frequency(typed) > 0
    prefixes = (typed,) if whole else prefixes_meant(lexicon, beginnings, typed)
    stem_of, weights = lexicon.analysis.stem_of, dict[str, float]()
    if whole and typed not in lexicon.analysis.stop_words:
        weights[stem_of(typed)] = 1.0
    for prefix in prefixes:
        for word in words_beginning(lexicon, beginnings, prefix, MOST_STEMS):
            weights.setdefault(stem_of(word), _BEGUN)
    words = (typed,) if whole else ()
    group = StemGroup(tuple(map(lexicon.stem_id, weights)), tuple(weights.values()))
    # Queries of other shoppers may hold words that no product does.
    return WordForms(words, prefixes or (typed,)), group, tuple(weights)


def groups_foresee(lexicon: Lexicon, beginnings: Beginnings) -> None:
    """Look for what the most usual short beginnings hold before anybody types them.

    Every query begins with one, and they are the widest.
    """
    usual = Counter[str]()
    words, counts = lexicon.base.words, lexicon.base.word_counts.tolist()
    for raw, held in zip(blob_strings(words), counts, strict=True):
        word = raw.decode()
        for letters in range(1, min(len(word), _FORESEEN_LETTERS) + 1):
            usual[word[:letters]] += held
    for prefix, _ in usual.most_common(_FORESEEN):
        group = _read_last(lexicon, beginnings, prefix)[1]
        if group.stems:
            beginnings.groups.foresee(lexicon.base.segment, group)


def _complete(lexicon: Lexicon, meanings: Sequence[str]) -> StemGroup:
    stems = dict.fromkeys(lexicon.stem_id(lexicon.analysis.stem_of(word)) for word in meanings)
    return StemGroup(tuple(stems), (1.0,) * len(stems))


def _parts(
    typed: Typed, complete: Sequence[tuple[str, ...]], groups: Sequence[StemGroup | None]
) -> tuple[tuple[PartWindow, tuple[StemGroup, ...]], ...]:
    return tuple(
        (window, tuple(each for each in groups[: window.start] if each is not None))
        for window in typed.windows
        if all(complete[: window.start])
    )
