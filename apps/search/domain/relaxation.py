"""When no product holds every word: which words are given up, and what is left of the query.

As little of the query as can be: what stays says the most, by inverse document frequency, of
all that any one product holds. A part number, and the words of a filter that the query names
for certain, outweigh all others; and a word that says something has to stay.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.search.contracts_understanding import Extraction, ExtractionUse
from apps.search.domain.lexical.querying import LexicalQuery, TermGroup

_WORD = re.compile(r"[^\W_]+")
_LEAST_LETTERS = 2
_LEAST_CHARACTERS = 3
_LEAST_MIXED = 4
_LEAST_DIGITS = 5
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Spoken:
    """One term of the query, as far as giving it up goes.

    Attributes:
        text: as the shopper wrote it, normalised.
        share: of what the whole query says, by inverse document frequency, in [0, 1].
        firm: whether it outweighs all others: a part number, or words of a certain filter.
        telling: whether it may stand alone: a letter or a short number says nothing.
    """

    text: str
    share: float
    firm: bool
    telling: bool


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What was given up.

    Attributes:
        dropped: words, in the query's order.
        kept: mask of the groups that remain; 0: only pieces of words written as one are held.
    """

    dropped: tuple[str, ...] = ()
    kept: int = 0


def query_spoken(
    query: LexicalQuery, shares: Sequence[float], extracted: Sequence[Extraction]
) -> tuple[Spoken, ...]:
    """The query's groups, in order.

    Args:
        query: as the lexicon was asked.
        shares: of each group.
        extracted: what the query names; the words of filters are firm.
    """
    filters = (each.text for each in extracted if each.use is ExtractionUse.FILTER)
    certain = {word for text in filters for word in text.split()}
    return tuple(
        Spoken(
            group.text,
            share,
            firm=_is_part_number(group.text) or certain.issuperset(group.text.split()),
            telling=_tells(group),
        )
        for group, share in zip(query.groups, shares, strict=True)
    )


def relaxation_of(spoken: Sequence[Spoken], held: NDArray[np.uint32]) -> Relaxation | None:
    """The least that has to be given up for any product to hold the rest.

    Of two sets of words that say as much, the later words stay: the head noun is among them.

    Args:
        spoken: the query's groups.
        held: uint32[m], mask of the groups that each product holds.

    Returns:
        None: no word that any product holds says enough.
    """
    telling = np.uint32(sum(1 << at for at, each in enumerate(spoken) if each.telling))
    worth = held[(held & telling) > 0]
    if not len(worth):
        # Words written as one may still be held in pieces.
        pieces = len(held) > 0 and not held.any() and telling
        return Relaxation(tuple(each.text for each in spoken)) if pieces else None
    says = np.zeros(len(worth), dtype=np.float64)
    for at, each in enumerate(spoken):
        # Shares sum to 1: a firm word outweighs all the others together.
        says += ((worth >> np.uint32(at)) & np.uint32(1)) * (each.share + each.firm)
    kept = int(worth[says >= says.max() - _SAME].max())
    dropped = (each.text for at, each in enumerate(spoken) if not kept & (1 << at))
    return Relaxation(tuple(dropped), kept)


def _is_part_number(text: str) -> bool:
    """Letters and digits in one, or a long number."""
    for word in text.split():
        bare = "".join(_WORD.findall(word))
        if bare.isdigit() and len(bare) >= _LEAST_DIGITS:
            return True
        mixed = any(map(str.isdigit, bare)) and any(map(str.isalpha, bare))
        if mixed and len(bare) >= _LEAST_MIXED:
            return True
    return False


def _tells(group: TermGroup) -> bool:
    pieces = _WORD.findall(group.text)
    return any(
        len(piece) >= _LEAST_CHARACTERS or (piece.isalpha() and len(piece) >= _LEAST_LETTERS)
        for piece in pieces
    )
