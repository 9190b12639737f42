"""How likely a slip of the fingers or of memory turns one word into another.

The costs are nats: e^-cost is how much rarer such a slip is than typing a letter right, on a
scale of their own. They order slips as studies of misspellings do (a letter left out or
doubled, two swapped, a neighbouring key are common; the first letter is rarely wrong) and are
not fitted to any catalogue.

Source: M. Kernighan, K. Church, W. Gale, "A spelling correction program based on a noisy
channel model", COLING 1990; K. Kukich, "Techniques for automatically correcting words in text",
ACM Computing Surveys 24 (1992), section 2.
"""

from itertools import pairwise

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_SOUNDS = ("aeiouy", "ck", "cs", "sz", "fv", "gj", "dt", "bp", "mn")

# Every slip after the first costs this more: one word seldom holds two.
FURTHER = 0.8
SWAPPED = 1.0
DOUBLED = 0.8
LEFT_OUT = 1.2
NEIGHBOUR = 1.2
SOUNDS_ALIKE = 1.5
OTHER = 2.5
FIRST_LETTER = 2.0


def _neighbours() -> frozenset[tuple[str, str]]:
    """Keys that touch, on the QWERTY keyboard: beside each other, or half a key below."""
    beside = [pair for row in _ROWS for pair in pairwise(row)]
    for upper, lower in pairwise(_ROWS):
        beside += [*zip(upper, lower, strict=False), *zip(upper[1:], lower, strict=False)]
    return frozenset(beside) | frozenset((right, left) for left, right in beside)


def _alike() -> frozenset[tuple[str, str]]:
    return frozenset((a, b) for group in _SOUNDS for a in group for b in group if a != b)


_NEIGHBOURS = _neighbours()
_ALIKE = _alike()


def slip_cost(typed: str, meant: str) -> float:
    """Nats of the likeliest slips that turn `meant` into `typed`; 0 for equal words.

    Only what lies between the common beginning and the common end is looked at.
    """
    start = _common(typed, meant)
    end = _common(typed[start:][::-1], meant[start:][::-1])
    rows = range(start, len(typed) - end + 1)
    columns = range(start, len(meant) - end + 1)
    costs: dict[tuple[int, int], float] = {(start, start): 0.0}
    for i in rows:
        for j in columns:
            if i > start or j > start:
                costs[i, j] = _least(typed, meant, i, j, costs)
    return costs[rows[-1], columns[-1]]


def _common(left: str, right: str) -> int:
    """How many letters both begin with."""
    for at, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return at
    return min(len(left), len(right))


def _least(typed: str, meant: str, i: int, j: int, costs: dict[tuple[int, int], float]) -> float:
    """The least cost of i typed letters for j meant ones."""
    ways: list[float] = []
    if (before := costs.get((i - 1, j - 1))) is not None:
        ways.append(before + _replaced(typed, meant, i - 1, j - 1))
    if (before := costs.get((i - 1, j))) is not None:
        ways.append(before + _put_in(typed, meant, i - 1, j))
    if (before := costs.get((i, j - 1))) is not None:
        ways.append(before + _left_out(meant, j - 1))
    if (before := costs.get((i - 2, j - 2))) is not None and (
        typed[i - 2 : i] == meant[j - 2 : j][::-1]
    ):
        ways.append(before + SWAPPED + _first(i - 2))
    return min(ways)


def _first(at: int) -> float:
    return 0.0 if at else FIRST_LETTER


def _replaced(typed: str, meant: str, i: int, j: int) -> float:
    pair = (typed[i], meant[j])
    if pair[0] == pair[1]:
        return 0.0
    cost = NEIGHBOUR if pair in _NEIGHBOURS else SOUNDS_ALIKE if pair in _ALIKE else OTHER
    return cost + _first(j)


def _put_in(typed: str, meant: str, i: int, j: int) -> float:
    """A letter too many: one of its neighbours twice, a key beside one of them, or any."""
    around = meant[max(j - 1, 0) : j + 1]
    if typed[i] in around:
        return DOUBLED
    beside = any((typed[i], each) in _NEIGHBOURS for each in around)
    return (NEIGHBOUR if beside else OTHER) + _first(i)


def _left_out(meant: str, j: int) -> float:
    """A letter too few: one of two equal ones, or any."""
    if meant[j] in {meant[j - 1 : j], meant[j + 1 : j + 2]}:
        return DOUBLED
    return LEFT_OUT + _first(j)
