"""Words written apart or as one: `usbc` and `usb c`, `head phones` and `headphones`."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.search.contracts_understanding import AlternativeKind

_FEWEST_JOINED = 3
_FEWEST_BEFORE_ONE = 3
_PLURAL = "s"
# The rarer way of writing a word counts from this share of the more usual one.
_JOINED_SHARE, _SPLIT_SHARE = 0.2, 0.05


class Counts(Protocol):
    """What spelling asks of the catalogue's words; `lexical.vocabulary.Vocabulary` is one."""

    @property
    def products(self) -> int:
        """How many products there are."""
        ...

    def count(self, word: str) -> int:
        """How many products hold the word as written."""
        ...

    def pair_count(self, first: str, second: str) -> int:
        """How many products hold both next to each other, in this order, in the title."""
        ...

    def document_frequency(self, word: str) -> int:
        """How many products hold any word of the same stem."""
        ...


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Other spacing of a few words of the query.

    Attributes:
        start, end: the words meant, `words[start:end]`; one or two.
        text: what may stand for them.
        kind: joined or split.
    """

    start: int
    end: int
    text: str
    kind: AlternativeKind


def joins_of(
    words: Sequence[str], vocabulary: Counts, protected: Container[str] = frozenset()
) -> tuple[Regrouped, ...]:
    """How the catalogue spaces the query's words otherwise, in the query's order.

    Two words are joined where the catalogue has the joined word: not much more rarely than the
    pair where titles have both, else at least as often as the rarer of the two. A word is split
    where titles have the two parts next to each other, not much more rarely than the word; with
    digits only between a letter and a digit.

    Args:
        words: of the query, folded; those with other than letters and digits stay as they are.
        vocabulary: of the catalogue.
        protected: words that are neither joined nor split.
    """
    found: list[Regrouped] = []
    for at, word in enumerate(words):
        if word in protected:
            continue
        split = best_split(word, vocabulary)
        if split is not None:
            text = " ".join(split)
            found.append(Regrouped(at, at + 1, text, AlternativeKind.SPLIT))
        after = words[at + 1] if at + 1 < len(words) else ""
        if after and after not in protected and _joined(word, after, vocabulary):
            found.append(Regrouped(at, at + 2, word + after, AlternativeKind.JOINED))
    return tuple(found)


def best_split(word: str, vocabulary: Counts) -> tuple[str, str] | None:
    """The two parts of a word that most titles have next to each other; None for none."""
    parts = [(word[:at], word[at:]) for at in range(1, len(word)) if _parts(word, at)]
    counted = [(vocabulary.pair_count(left, right), (left, right)) for left, right in parts]
    most, best = max(counted, default=(0, None))
    if not most or most < _SPLIT_SHARE * vocabulary.count(word):
        return None
    return best


def _parts(word: str, at: int) -> bool:
    """Whether a word may be split there: `usb|c`, `note|book`, `iphone|11`; never `shirt|s`."""
    if not word.isalnum():
        return False
    if not word.isalpha():
        return word[at - 1].isalpha() != word[at].isalpha()
    rest = len(word) - at
    if rest == 1:
        return at >= _FEWEST_BEFORE_ONE and word[at] != _PLURAL
    return at > 1


def _joined(left: str, right: str, vocabulary: Counts) -> bool:
    together = left + right
    if not together.isalnum() or together.isdigit() or len(together) < _FEWEST_JOINED:
        return False
    count = vocabulary.count(together)
    if not count:
        return False
    pair = vocabulary.pair_count(left, right)
    if pair:
        return count >= _JOINED_SHARE * pair
    return count >= min(vocabulary.count(left), vocabulary.count(right))
