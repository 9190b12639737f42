"""What shoppers type: a pool of queries for each intent, Zipf-distributed, some mistyped."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from apps.demo.contracts import DemoProduct, FloatArray

_NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o",
    "q": "w", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
    "y": "tu", "z": "x",
}  # fmt: skip
_SHORTEST_MISTYPED = 4
POOL_MAX = 24


@dataclass(frozen=True, slots=True)
class Query:
    """A query and what its shopper has in mind; empty means anything.

    Attributes:
        text: as typed without mistakes.
        brand, colour: what a result must have to be wholly relevant.
    """

    text: str
    brand: str = ""
    colour: str = ""


def zipf_shares(size: int, exponent: float) -> FloatArray:
    """Shares of ranks 1 … size, proportional to rank ** -exponent; they sum to 1."""
    weights = np.arange(1, size + 1, dtype=np.float64) ** -exponent
    shares: FloatArray = weights / weights.sum()
    return shares


def query_pool(leaf_name: str, products: Sequence[DemoProduct]) -> tuple[Query, ...]:
    """Queries of one leaf category, the most frequent first.

    The category's own name leads; then come its brands and colours, and what stands in titles.
    """
    name = leaf_name.lower()
    brands = _frequent(product.brand for product in products)
    colours = _frequent(str(product.attributes.get("color", "")) for product in products)
    nouns = _frequent(_noun(product) for product in products)
    pool = [Query(name), *(Query(noun) for noun in nouns if noun != name)]
    pool += [Query(f"{colour.lower()} {name}", colour=colour) for colour in colours[:4]]
    pool += [Query(f"{brand.lower()} {name}", brand=brand) for brand in brands[:5]]
    pool += [Query(brand.lower(), brand=brand) for brand in brands[:3]]
    pool += [
        Query(f"{brand.lower()} {colour.lower()} {name}", brand=brand, colour=colour)
        for brand, colour in zip(brands[:2], colours[:2], strict=False)
    ]
    return tuple(pool[:POOL_MAX])


def typo_make(rng: Generator, text: str) -> str:
    """`text` with one mistake in its longest word: letters swapped, one lost, or one hit wrong."""
    words = text.split(" ")
    longest = max(range(len(words)), key=lambda place: len(words[place]))
    word = words[longest]
    if len(word) < _SHORTEST_MISTYPED:
        return text
    place = int(rng.integers(1, len(word) - 1))
    kind = int(rng.integers(3))
    if kind == 0:
        word = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    elif kind == 1:
        word = word[:place] + word[place + 1 :]
    else:
        near = _NEIGHBOURS.get(word[place], "e")
        word = word[:place] + near[int(rng.integers(len(near)))] + word[place + 1 :]
    words[longest] = word
    return " ".join(words)


def _noun(product: DemoProduct) -> str:
    """The last two words before the first comma of a title: `over-ear headphones`."""
    return " ".join(product.title.split(",")[0].lower().split(" ")[-2:])


def _frequent(values: Iterable[str]) -> list[str]:
    """Distinct values, the most frequent first; ties in alphabetical order."""
    counts = Counter(value for value in values if value)
    return sorted(counts, key=lambda value: (-counts[value], value))[:8]
