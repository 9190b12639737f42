"""What the lexicon is asked, and what it answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import Float32, Int32, Int64

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
        pieces: stems of which a product that does not satisfy it may hold some; when a query
            is relaxed these lift it a little, without counting as the group.
    """

    text: str
    choices: tuple[Choice, ...]
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """A query in stems.

    Attributes:
        groups: at most MOST_GROUPS; group g is bit `1 << g` in masks. Stop words make none.
        part_numbers: joined windows of words that may be a part number.
    """

    groups: tuple[TermGroup, ...]
    part_numbers: tuple[str, ...] = ()

    @property
    def every(self) -> int:
        """The mask of all groups."""
        return (1 << len(self.groups)) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Documents of one segment, ascending, and what they hold.

    Attributes:
        docs: int32[m].
        scores: float32[m]: weight · idf · impact.
        fields: uint8[m]: mask of the fields.
    """

    docs: Int32
    scores: Float32
    fields: NDArray[np.uint8]

    def __len__(self) -> int:
        """How many documents."""
        return len(self.docs)


@dataclass(frozen=True, slots=True, eq=False)
class LexicalMatches:
    """Active products that hold the query's groups, and those whose part number is spelt.

    While enough products hold every group only those are here; else all that hold any. The
    arrays are aligned; each row stands once, in no order.

    Attributes:
        rows: int32[m], rows of the serving snapshot.
        scores: float32[m] in [0, 1): BM25F over the most that the query's groups could give;
            0 for a product found by its part number alone.
        groups: uint32[m], mask of the groups that the product satisfies.
        parts: bool[m], whether the query spells its part number.
        segments, docs: uint8[m], int32[m]: where in the lexicon the product stands.
        every: the mask of all groups.
        found: by segment and group, what was found; `evidence` reads it.
        most: the divisor of scores: what the groups could give at most.
        shares: of it, by group.
    """

    rows: Int32
    scores: Float32
    groups: NDArray[np.uint32]
    parts: NDArray[np.bool_]
    segments: NDArray[np.uint8]
    docs: Int32
    every: int
    found: tuple[tuple[Found, ...], ...]
    most: float
    shares: tuple[float, ...] = ()

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    @property
    def strict(self) -> NDArray[np.bool_]:
        """bool[m]: which hold every group."""
        if not self.every:
            return np.zeros(len(self.rows), dtype=np.bool_)
        held: NDArray[np.bool_] = self.groups == np.uint32(self.every)
        return held


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a few products hold of a query, in detail; for scoring the best ones.

    Attributes:
        scores: float32[k, groups]: each group's part of the score before it is divided by
            `LexicalMatches.most`; 0 where the product does not satisfy it.
        fields: uint8[k, groups]: mask of the fields that hold it.
        titles: int32[tokens], stem ids of the k titles, one after the other.
        title_offsets: int64[k + 1] into titles.
    """

    scores: Float32
    fields: NDArray[np.uint8]
    titles: Int32
    title_offsets: Int64
