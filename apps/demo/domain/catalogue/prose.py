"""Titles and descriptions, put together from a leaf's sentences."""

import re
from collections.abc import Mapping

from numpy.random import Generator

from apps.demo.contracts import AttributeValue
from apps.demo.domain.catalogue.books import (
    FORENAMES,
    SEASONS,
    SURNAMES,
    TITLE_FIRST,
    TITLE_FORMS,
    TITLE_SECOND,
)
from apps.demo.domain.catalogue.parts import Leaf

_FLAGGED = re.compile(r"^\[(\w+)\] ")


def pick(rng: Generator, values: tuple[str, ...]) -> str:
    """One of `values`, all equally likely."""
    return values[int(rng.integers(len(values)))]


def words_of(attributes: Mapping[str, AttributeValue]) -> dict[str, str]:
    """Attributes as sentences say them: 14.0 is `14`, 15.6 is `15.6`."""
    return {
        key: f"{value:g}"
        if isinstance(value, float) and not isinstance(value, bool)
        else str(value)
        for key, value in attributes.items()
    }


def description_write(
    rng: Generator,
    leaf: Leaf,
    closings: tuple[str, ...],
    attributes: Mapping[str, AttributeValue],
    words: Mapping[str, str],
) -> str:
    """An opening, one or two sentences on what it is like, and a closing: 3 or 4 sentences."""
    sayable = [
        _FLAGGED.sub("", sentence)
        for sentence in leaf.details
        if (flag := _FLAGGED.match(sentence)) is None or attributes.get(flag[1]) is True
    ]
    order = rng.permutation(len(sayable))[: int(rng.integers(1, 3))]
    middle = [sayable[place] for place in sorted(int(place) for place in order)]
    sentences = [pick(rng, leaf.about), *middle, pick(rng, closings)]
    return " ".join(sentence.format_map(words) for sentence in sentences)


def book_title(rng: Generator) -> str:
    """A title such as `The Salt Road`."""
    title = pick(rng, TITLE_FORMS).format(
        first=pick(rng, TITLE_FIRST), second=pick(rng, TITLE_SECOND), season=pick(rng, SEASONS)
    )
    return re.sub(r"\bA (?=[AEIOU])", "An ", title)


def author_name(rng: Generator) -> str:
    return f"{pick(rng, FORENAMES)} {pick(rng, SURNAMES)}"
