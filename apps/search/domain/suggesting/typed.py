"""What was typed so far: complete words, and the beginning of the last one."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apps.search.domain.lexical.analysis import words_of
from apps.search.domain.normalise import normalise

_BARE = re.compile(r"[^a-z0-9]+")
_FEWEST_PART, _MOST_PART = 3, 40
_MOST_WORDS = 12
_MOST_READINGS = 2
# Groups of words: where each begins and ends, and what else it may be.
Expand = Callable[[tuple[str, ...]], Iterable[tuple[int, int, Iterable[str]]]]


@dataclass(frozen=True, slots=True)
class PartWindow:
    """The last words, joined: perhaps the beginning of a part number.

    Attributes:
        start: of the words before it; they are words of their own.
        prefix: letters and digits without anything between.
    """

    start: int
    prefix: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The words, folded.

    Attributes:
        words: all of them, at least one; the last may be incomplete.
        windows: what may be the beginning of a part number, the longest first.
    """

    words: tuple[str, ...]
    windows: tuple[PartWindow, ...]

    @property
    def earlier(self) -> tuple[str, ...]:
        """The complete words."""
        return self.words[:-1]

    @property
    def last(self) -> str:
        """The beginning of the last word."""
        return self.words[-1]


def typed_of(query: str) -> Typed | None:
    """What was typed; None where there is no letter and no digit in it."""
    normalised = normalise(query)
    words = words_of(normalised)[:_MOST_WORDS]
    if not words:
        return None
    return Typed(words, _windows(normalised.split()))


def readings_of(typed: Typed, expand: Expand) -> tuple[Typed, ...]:
    """The same with what some words may also be: `tv` as `television`; at most two.

    Args:
        typed: as typed.
        expand: from words to groups that cover them, with what else each may be.
    """
    found: list[Typed] = []
    for start, end, texts in expand(typed.words):
        for text in texts:
            words = (*typed.words[:start], *words_of(text), *typed.words[end:])
            found.append(Typed(words[:_MOST_WORDS], ()))
    return tuple(found[:_MOST_READINGS])


def _windows(runs: list[str]) -> tuple[PartWindow, ...]:
    """Of the last one to six runs; 3 to 40 characters with a digit."""
    found: list[PartWindow] = []
    starts = [0]
    for run in runs:
        starts.append(starts[-1] + len(words_of(run)))
    for at in range(max(len(runs) - 6, 0), len(runs)):
        joined = _BARE.sub("", "".join(runs[at:]))
        if _FEWEST_PART <= len(joined) <= _MOST_PART and any(map(str.isdigit, joined)):
            found.append(PartWindow(starts[at], joined))
    # `dv7 -` and `dv7` are the same beginning.
    unique = {window.prefix: window for window in found}
    return tuple(unique.values())
