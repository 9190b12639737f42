"""What the best products hold of a query, in detail."""

import numpy as np

from apps.search.domain.lexical.arrays import Int32, Int64, Segment
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.querying import Evidence, LexicalMatches
from apps.search.domain.lexical.runs import ragged


def evidence(lexicon: Lexicon, matches: LexicalMatches, at: Int64) -> Evidence:
    """What some of the matches hold of the query, in detail.

    Args:
        lexicon: the one that was searched.
        matches: its answer.
        at: int64[k], places in the matches.
    """
    groups = len(matches.found[0])
    scores = np.zeros((len(at), groups), dtype=np.float32)
    fields = np.zeros((len(at), groups), dtype=np.uint8)
    titles = _Titles(len(at))
    stands = matches.segments[at]
    for number, segment in enumerate(lexicon.segments):
        mine = np.flatnonzero(stands == number)
        if not len(mine):
            continue
        docs = matches.docs[at[mine]]
        for group, found in enumerate(matches.found[number]):
            if len(found):
                place = np.searchsorted(found.docs, docs)
                held = found.docs.take(place, mode="clip") == docs
                scores[mine[held], group] = found.scores[place[held]]
                fields[mine[held], group] = found.fields[place[held]]
        titles.note(mine, segment, docs)
    stems, offsets = titles.laid()
    return Evidence(scores=scores, fields=fields, titles=stems, title_offsets=offsets)


class _Titles:
    """The titles of some products of several segments, one after the other."""

    def __init__(self, count: int) -> None:
        self._lengths = np.zeros(count, dtype=np.int64)
        self._parts: list[tuple[Int64, Int32]] = []

    def note(self, places: Int64, segment: Segment, docs: Int32) -> None:
        lengths = segment.title_lengths[docs].astype(np.int64)
        self._lengths[places] = lengths
        text = segment.text_stems[ragged(segment.text_offsets[docs], lengths)]
        self._parts.append((places, text))

    def laid(self) -> tuple[Int32, Int64]:
        """int32[tokens] and int64[count + 1]."""
        offsets: Int64 = np.concatenate([np.zeros(1, np.int64), np.cumsum(self._lengths)])
        if len(self._parts) == 1:
            return self._parts[0][1], offsets
        stems = np.zeros(int(offsets[-1]), dtype=np.int32)
        for places, text in self._parts:
            stems[ragged(offsets[places], self._lengths[places])] = text
        return stems, offsets
