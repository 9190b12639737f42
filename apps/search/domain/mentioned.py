"""Products that only mention the query's words, where none is called so.

`netflix` finds televisions whose descriptions name it, `iphone 11` chargers for one: all of the
words are there, but in no title, brand, part number or category, which say what a product is.
"""

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import Field, Int32
from apps.search.domain.lexical.querying import Found, LexicalMatches

_NAMING = np.uint8(
    1 << Field.TITLE | 1 << Field.BRAND | 1 << Field.IDENTIFIER | 1 << Field.CATEGORY
)
# Most queries are answered by a look at a few.
_FEW = 64


def only_mentioned(matches: LexicalMatches) -> bool:
    """Whether products hold every word, and none of them where it says what it is.

    Args:
        matches: of the query.
    """
    strict = np.flatnonzero(matches.strict)
    if not len(strict) or matches.parts.any():
        return False
    return not (_any_named(matches, strict[:_FEW]) or _any_named(matches, strict[_FEW:]))


def _any_named(matches: LexicalMatches, places: NDArray[np.intp]) -> bool:
    segments, docs = matches.segments[places], matches.docs[places]
    for number, groups in enumerate(matches.found):
        held = np.sort(docs[segments == number])
        for group in groups:
            if not len(held):
                break
            held = held[_named(group, held)]
        if len(held):
            return True
    return False


def _named(group: Found, docs: Int32) -> NDArray[np.bool_]:
    """bool[docs]: which of the documents, that all hold the group, are called so."""
    named: NDArray[np.bool_] = (group.fields[np.searchsorted(group.docs, docs)] & _NAMING) > 0
    return named
