"""Which words keep company in titles: `wireless mouse`, rather than `wireless mode`."""

from collections.abc import Callable

import numpy as np

from apps.search.domain.lexical.arrays import Field, Int32, Segment
from apps.search.domain.lexical.lexicon import Lexicon

# Looked at of the titles that hold the one word, evenly over the catalogue: bounds the time.
MOST_TITLES = 2_000
_TITLE = 1 << Field.TITLE


def title_company(lexicon: Lexicon) -> Callable[[str, str], float]:
    """How often titles that hold the second word hold the first as well, in [0, 1].

    In the lexicon's base: what changed since says too little to tell words apart by.
    """

    def company(word: str, other: str) -> float:
        segment = lexicon.base.segment
        return share_together(
            segment,
            lexicon.stem_id(lexicon.analysis.stem_of(word)),
            lexicon.stem_id(lexicon.analysis.stem_of(other)),
        )

    return company


def share_together(segment: Segment, stem: int, other: int) -> float:
    """Of the titles that hold the stem `other`, the share that holds `stem` as well.

    Args:
        segment: whose titles.
        stem: its id; -1 for none.
        other: the same.
    """
    looked_at, held = _titles(segment, other), _titles(segment, stem)
    if not len(looked_at) or not len(held):
        return 0.0
    looked_at = looked_at[:: -(-len(looked_at) // MOST_TITLES)]
    places = np.minimum(np.searchsorted(held, looked_at), len(held) - 1)
    return float(np.count_nonzero(held[places] == looked_at) / len(looked_at))


def _titles(segment: Segment, stem: int) -> Int32:
    """int32[t], ascending: documents with the stem in the title."""
    begin, end = segment.postings(stem)
    held: Int32 = segment.docs[begin:end][(segment.fields[begin:end] & _TITLE) > 0]
    return held
