"""Synonyms as they cross this app's boundary."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_SUBJECT = "default"


class SynonymKind(StrEnum):
    """`two_way`: each term stands for every other. `one_way`: `source` also means the terms."""

    TWO_WAY = "two_way"
    ONE_WAY = "one_way"


class SynonymsInvalid(ValueError):
    """An entry that cannot be used.

    Attributes:
        line: 1-based number of the entry.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"Entry {line}: {message}")
        self.line = line


@dataclass(frozen=True, slots=True)
class SynonymEntry:
    """One rule; terms are normalised phrases, words separated by one blank.

    Attributes:
        kind: one-way or two-way.
        terms: two-way: all of them; one-way: what the source also means.
        source: one-way only; empty otherwise.
    """

    kind: SynonymKind
    terms: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class TermGroup:
    """Some following words of the query, and what they may also be.

    Attributes:
        start: index of the first word.
        end: index after the last word.
        alternatives: phrases that mean the same, without the words themselves; empty when
            there are none (then the group is one word).
        written_out: phrases that the words abbreviate, or abbreviations of them; likewise.
    """

    start: int
    end: int
    alternatives: tuple[str, ...]
    written_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SynonymIndex:
    """Published synonyms, ready to expand queries with; pure look-ups.

    Attributes:
        phrases: words of a phrase → what it may also be.
        longest: words of the longest phrase.
        number: the version; 0 when none is published.
    """

    phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    longest: int
    number: int

    def expand(self, words: tuple[str, ...]) -> tuple[TermGroup, ...]:
        """Cut the query into groups, left to right, the longest known phrase first.

        Args:
            words: normalised words of the query.

        Returns:
            Groups that cover every word once, in order.
        """
        return words_expand(words, self, NO_SYNONYMS)

    def phrase_end(self, words: tuple[str, ...], start: int) -> int:
        """Index after the longest known phrase that begins at `start`; after one word if none."""
        for end in range(min(len(words), start + self.longest), start, -1):
            if words[start:end] in self.phrases:
                return end
        return start + 1


NO_SYNONYMS = SynonymIndex({}, 0, 0)


def words_expand(
    words: tuple[str, ...], synonyms: SynonymIndex, abbreviations: SynonymIndex
) -> tuple[TermGroup, ...]:
    """Cut the query into groups, left to right, the longest phrase that either knows first.

    Args:
        words: normalised words of the query.
        synonyms: what means the same.
        abbreviations: what is short for what; a phrase that both tell is a synonym.

    Returns:
        Groups that cover every word once, in order.
    """
    groups: list[TermGroup] = []
    start = 0
    while start < len(words):
        end = max(synonyms.phrase_end(words, start), abbreviations.phrase_end(words, start))
        same = synonyms.phrases.get(words[start:end], ())
        written_out = abbreviations.phrases.get(words[start:end], ())
        if same:
            written_out = tuple(one for one in written_out if one not in same)
        groups.append(TermGroup(start, end, same, written_out))
        start = end
    return tuple(groups)
