"""Which word was meant, and how sure that is: a noisy channel with room for a new word.

How likely a word was meant is how usual it is, at all or together with the words around it,
times how likely the slips are that make what was typed of it. Against all candidates stands that
the shopper meant just what was typed and the catalogue lacks it; the longer the word, the less
likely that such a word looks like one of ours by chance. Confidence is the share of the best
candidate, and of other forms of it, in all of this: in [0, 1].

The four constants were chosen on typos made of words of two catalogues (recovered) and on words
that only one of the two has, looked up in the other (left alone): see docs/search.md, Spelling.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAST_CONFIDENCE = 0.8
# Of how usual a word is, the part that its neighbours in the query say.
FROM_NEIGHBOURS = 0.7
# Shoppers' words differ less in use than products' words do.
FLATTENED = 0.6
NOTHING_MEANT = 6.9
NOTHING_MEANT_PER_LETTER = 0.3
_STEM_LETTERS, _ENDING_LETTERS = 4, 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may have been meant.

    Attributes:
        text: one word of the catalogue, or two.
        share: of products that hold it, in [0, 1].
        cost: nats of the slips that make what was typed of it.
    """

    text: str
    share: float
    cost: float


@dataclass(frozen=True, slots=True)
class Judged:
    """The likeliest candidate.

    Attributes:
        text: the candidate's.
        confidence: in [0, 1].
    """

    text: str
    confidence: float


def judged(typed: str, candidates: Sequence[Candidate], beside: Sequence[float]) -> Judged | None:
    """The likeliest of the candidates; None without any.

    Args:
        typed: the word.
        candidates: what may have been meant by it.
        beside: of each candidate, how often it stands where the query's neighbours stand, in
            [0, 1].
    """
    weights = [
        math.exp(-each.cost)
        * ((1 - FROM_NEIGHBOURS) * each.share**FLATTENED + FROM_NEIGHBOURS * near)
        for each, near in zip(candidates, beside, strict=True)
    ]
    if not weights:
        return None
    best = max(range(len(weights)), key=weights.__getitem__)
    text = candidates[best].text
    whole = sum(weights) + math.exp(-NOTHING_MEANT - NOTHING_MEANT_PER_LETTER * len(typed))
    forms = _forms_of(text, zip(candidates, weights, strict=True))
    return Judged(text, min(forms / whole, 1.0))


def likelihood(candidate: Candidate, beside: float = 0.0) -> float:
    """How likely it is that the candidate was meant and typed so, up to a factor."""
    usual = math.pow(candidate.share, FLATTENED)
    usual = (1 - FROM_NEIGHBOURS) * usual + FROM_NEIGHBOURS * beside
    return math.exp(-candidate.cost) * usual


def _forms_of(text: str, weighed: Iterable[tuple[Candidate, float]]) -> float:
    """The weight of a candidate and of what differs from it in its ending only."""
    return sum(weight for each, weight in weighed if _one_word(each.text, text))


def _one_word(left: str, right: str) -> bool:
    """Whether two words differ in at most two letters at the end."""
    if left == right:
        return True
    common = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        common += 1
    longest = max(len(left), len(right))
    return common >= _STEM_LETTERS and longest - common <= _ENDING_LETTERS
