"""What the lexicon is asked, and what it answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import Float32, Int32

MOST_GROUPS = 32


@dataclass(frozen=True, slots=True)
class Part:
    """One word, or words that must stand next to each other.

    Attributes:
        stems: in order; more than one must be neighbours in the same field.
        joined: a single stem that says the same (`usbc` for `usb`, `c`); empty for none.
    """

    stems: tuple[str, ...]
    joined: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to satisfy a group: a product must hold all its parts.

    Attributes:
        parts: at least one.
        weight: of what it says, against 1 for the shopper's own words.
    """

    parts: tuple[Part, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TermGroup:
    """One term of the query: any of its choices satisfies it.

    Attributes:
        text: as the shopper wrote it, normalised.
        choices: the shopper's own words first; at least one.
    """

    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """A query in stems.

    Attributes:
        groups: at most MOST_GROUPS; group g is bit `1 << g` in masks. Stop words make none.
        part_numbers: joined windows of words that may be a part number.
    """

    groups: tuple[TermGroup, ...]
    part_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LexicalMatches:
    """Active products that hold any group, and those whose part number is spelt.

    Row-aligned, unordered; each row once.

    Attributes:
        rows: int32[m], rows of the serving snapshot.
        scores: float32[m] in [0, 1): BM25F over the most that the query's groups could give;
            0 for a product found by its part number alone.
        groups: uint32[m], mask of the groups that the product holds.
        parts: bool[m], whether the query spells its part number.
        every: uint32, the mask of all groups.
    """

    rows: Int32
    scores: Float32
    groups: NDArray[np.uint32]
    parts: NDArray[np.bool_]
    every: int

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a few products hold of a query, in detail; for scoring the best ones.

    Attributes:
        scores: float32[k, groups]: the group's share of the score before normalisation
            (weight · idf · impact); 0 where the product does not hold it.
        fields: uint8[k, groups]: mask of the fields that hold it.
        titles: int32[tokens], stem ids of the k titles, one after the other.
        title_offsets: int64[k + 1] into titles.
        group_stems: by group, by choice, by part: the stem ids (-1: in no product).
        idf: float32[groups]: of the group's own words, in nats.
    """

    scores: Float32
    fields: NDArray[np.uint8]
    titles: Int32
    title_offsets: NDArray[np.int64]
    group_stems: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]
    idf: Float32
