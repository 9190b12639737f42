"""A small catalogue's words, and typos made of them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from apps.common.domain.string_table import TextBlob
from apps.search.domain.spelling.deletes import spelling_build
from apps.search.domain.spelling.index import SpellingIndex

COUNTS = {
    "wireless": 400, "mouse": 160, "mode": 40, "mice": 30, "keyboard": 310, "keyboards": 10,
    "headphones": 170, "headphone": 20, "head": 12, "phones": 25, "bluetooth": 250, "speaker": 120,
    "usb": 900, "c": 60, "usbc": 5, "hub": 80, "wi": 40, "fi": 40, "wifi": 90, "router": 70,
    "notebook": 600, "note": 9, "book": 14, "laptop": 500, "charger": 60, "monitor": 220,
    "printer": 280, "toner": 400, "cartridge": 380, "black": 2000, "iphone": 38, "11": 50,
    "for": 0, "cable": 900, "gaming": 90, "garmin": 1, "ear": 2, "earphones": 4,
}  # fmt: skip
PAIRS = {
    ("usb", "c"): 60, ("wi", "fi"): 40, ("wireless", "mouse"): 70, ("note", "book"): 1,
    ("iphone", "11"): 12, ("gaming", "mouse"): 30, ("bluetooth", "speaker"): 40,
}  # fmt: skip
STOP_WORDS = frozenset(("for", "with", "the"))


@dataclass(frozen=True)
class Shelf:
    """A vocabulary as the lexicon is one, of 3,000 products."""

    counts: Mapping[str, int] = field(default_factory=lambda: COUNTS)
    pairs: Mapping[tuple[str, str], int] = field(default_factory=lambda: PAIRS)
    products: int = 3000

    def count(self, word: str) -> int:
        return self.counts.get(word, 0)

    def pair_count(self, first: str, second: str) -> int:
        return self.pairs.get((first, second), 0)

    def document_frequency(self, word: str) -> int:
        """Plurals are one word; stop words are known."""
        if word in STOP_WORDS:
            return self.products
        plural = "" if word.endswith("s") else word + "s"
        return max(self.count(word), self.count(word.removesuffix("s")), self.count(plural))

    def company(self, word: str, other: str) -> float:
        pairs = self.pair_count(word, other) + self.pair_count(other, word)
        return min(pairs / max(self.count(other), 1), 1.0)


def index_of(counts: Mapping[str, int]) -> SpellingIndex:
    words = sorted(counts)
    numbers = np.array([counts[word] for word in words], dtype=np.int32)
    return SpellingIndex(spelling_build(words, numbers), TextBlob.of(words), numbers)


def edited(word: str, chance: random.Random) -> str:
    """One edit away: a letter left out, put in, replaced, or two swapped."""
    at, letter = chance.randrange(len(word)), chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
        )
    )


def alignment_distance(left: str, right: str) -> int:
    """Optimal string alignment by its definition, cell by cell."""
    rows = [[i + j for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i, a in enumerate(left, 1):
        for j, b in enumerate(right, 1):
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]
