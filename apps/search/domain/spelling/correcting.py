"""A query whose unknown words are read as the catalogue's."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.search.contracts_understanding import AlternativeKind, CorrectedWord, Correction
from apps.search.domain.lexical.analysis import fold
from apps.search.domain.spelling.channel import FURTHER, LEFT_OUT, slip_cost
from apps.search.domain.spelling.compounds import Counts, best_split, joins_of
from apps.search.domain.spelling.confidence import (
    LEAST_CONFIDENCE,
    Candidate,
    Judged,
    judged,
    likelihood,
)
from apps.search.domain.spelling.deletes import correctable, distance_allowed
from apps.search.domain.spelling.index import Suggestion

# A query with more unknown words than this is not one about our products.
MOST_UNKNOWN = 8
_CANDIDATES = 24
# So many of them are also looked at next to the words around.
_IN_CONTEXT = 8
_RUNS = re.compile(r"[^\W_]+")


# How often titles that hold the second word hold the first as well, in [0, 1].
Company = Callable[[str, str], float]


class Suggesting(Protocol):
    """Words near a word: a `SpellingIndex`."""

    def suggest(self, word: str, most: int) -> tuple[Suggestion, ...]:
        """The nearest words, nearest first."""
        ...


def _no_company(word: str, other: str) -> float:
    """Nothing is known of it."""
    del word, other
    return 0.0


@dataclass(slots=True)
class _Piece:
    """Letters or digits of the query between other characters.

    Attributes:
        word: which word of the query they are of.
        start, end: where in it.
        text: folded, or what was put in their place.
        known: whether the catalogue has it.
        telling: whether it says anything of its neighbours; stop words do not.
        candidates: what else may have been meant; none for what stays or was replaced.
        confidence: of what was put in their place; 0 for what stays.
    """

    word: int
    start: int
    end: int
    text: str
    known: bool
    telling: bool
    candidates: tuple[Candidate, ...] = ()
    confidence: float = 0.0


def correction_of(
    words: Sequence[str],
    vocabulary: Counts,
    spelling: Suggesting,
    protected: Container[str] = frozenset(),
    company: Company = _no_company,
) -> Correction | None:
    """The query as it was probably meant; None where nothing is surely amiss.

    Only what no product holds in any form is changed: letters (`usb-c` is two times letters),
    4 or more, in a word without digits, not protected, and not one of the catalogue's words
    when written together with its neighbour. The surest comes first, and is a neighbour of the
    others from then on. Correcting a corrected query changes nothing.

    Args:
        words: of the query, normalised.
        vocabulary: of the catalogue.
        spelling: suggestions from the same vocabulary.
        protected: folded words that stay: of synonyms, abbreviations, brands, stop words.
        company: which words keep company; it decides between `mode` and `mouse`.
    """
    pieces = _pieces(words, vocabulary)
    unknown = _unknown(words, pieces, vocabulary, protected)
    if not 0 < len(unknown) <= MOST_UNKNOWN:
        return None
    for piece in unknown:
        piece.candidates = _candidates(piece.text, vocabulary, spelling)
    while (surest := _surest(pieces, company)) is not None:
        piece, meant = surest
        piece.text, piece.confidence = meant.text, meant.confidence
        piece.telling, piece.candidates = True, ()
    return _correction(words, pieces)


def _pieces(words: Sequence[str], vocabulary: Counts) -> list[_Piece]:
    found: list[_Piece] = []
    for at, word in enumerate(words):
        for run in _RUNS.finditer(word):
            text = fold(run.group())
            held = vocabulary.document_frequency(text)
            telling = 0 < held < vocabulary.products
            found.append(_Piece(at, run.start(), run.end(), text, held > 0, telling))
    return found


def _unknown(
    words: Sequence[str], pieces: list[_Piece], vocabulary: Counts, protected: Container[str]
) -> list[_Piece]:
    """What may be changed."""
    unknown = [
        at
        for at, piece in enumerate(pieces)
        if not piece.known
        and piece.text not in protected
        and correctable(piece.text)
        and distance_allowed(len(piece.text))
        and not any(letter.isdigit() for letter in words[piece.word])
    ]
    joined = _joined(pieces, vocabulary) if unknown else set()
    return [pieces[at] for at in unknown if at not in joined]


def _joined(pieces: list[_Piece], vocabulary: Counts) -> set[int]:
    """Places of pieces that make a word of the catalogue with a neighbour."""
    return {
        at
        for each in joins_of([piece.text for piece in pieces], vocabulary)
        if each.kind is AlternativeKind.JOINED
        for at in range(each.start, each.end)
    }


def _candidates(typed: str, vocabulary: Counts, spelling: Suggesting) -> tuple[Candidate, ...]:
    """Words near what was typed, and two words that it may be without their blank."""
    products = max(vocabulary.products, 1)
    found = [
        Candidate(
            each.word,
            min(each.count / products, 1.0),
            slip_cost(typed, each.word) + FURTHER * (each.distance - 1),
        )
        for each in spelling.suggest(typed, _CANDIDATES)
    ]
    split = best_split(typed, vocabulary)
    if split is not None:
        share = min(vocabulary.pair_count(*split) / products, 1.0)
        found.append(Candidate(" ".join(split), share, LEFT_OUT))
    return tuple(sorted(found, key=likelihood, reverse=True))


def _surest(pieces: list[_Piece], company: Company) -> tuple[_Piece, Judged] | None:
    """What is meant most surely by any piece, if surely enough."""
    best: tuple[_Piece, Judged] | None = None
    for at, piece in enumerate(pieces):
        beside = _beside(pieces, at, company)
        meant = judged(piece.text, piece.candidates, beside)
        if meant is None or meant.confidence < LEAST_CONFIDENCE:
            continue
        if best is None or meant.confidence > best[1].confidence:
            best = piece, meant
    return best


def _beside(pieces: list[_Piece], at: int, company: Company) -> list[float]:
    """Of each candidate of a piece, how often it keeps company with what stands around it."""
    candidates = pieces[at].candidates
    beside = [0.0] * len(candidates)
    around = [_read(pieces[:at][::-1]), _read(pieces[at + 1 :])] if candidates else []
    for number, each in enumerate(candidates[:_IN_CONTEXT]):
        word = each.text.partition(" ")[0]
        shares = [
            trust * company(word, other) for other, trust in around if other not in {"", word}
        ]
        beside[number] = max(shares, default=0.0)
    return beside


def _read(neighbours: Sequence[_Piece]) -> tuple[str, float]:
    """The nearest neighbour that says anything: how it is read, and how sure that is."""
    for piece in neighbours:
        if piece.telling:
            return piece.text, 1.0
        meant = judged(piece.text, piece.candidates, [0.0] * len(piece.candidates))
        if meant is not None:
            return meant.text, meant.confidence
    return "", 0.0


def _correction(words: Sequence[str], pieces: list[_Piece]) -> Correction | None:
    changed = [piece for piece in pieces if piece.confidence]
    if not changed:
        return None
    corrected = list(words)
    for piece in reversed(changed):
        word = corrected[piece.word]
        corrected[piece.word] = word[: piece.start] + piece.text + word[piece.end :]
    changes = (
        CorrectedWord(words[each.word][each.start : each.end], each.text, each.confidence)
        for each in changed
    )
    return Correction(" ".join(words), " ".join(corrected), tuple(changes))
