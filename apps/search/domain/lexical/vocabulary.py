"""What the catalogue's own words say, to whoever reads a query by them."""

from typing import Protocol


class Vocabulary(Protocol):
    """Every word of the active products, as written but folded and in lower case.

    A word is what `analysis.words_of` gives: `USB-C` counts as `usb`, `c` and `usbc`.
    """

    @property
    def products(self) -> int:
        """How many products there are."""
        ...

    def knows(self, word: str) -> bool:
        """Whether any product holds the word as written (not just another of its stem)."""
        ...

    def count(self, word: str) -> int:
        """How many products hold the word as written; 0 for an unknown one."""
        ...

    def pair_count(self, first: str, second: str) -> int:
        """How often titles hold both words next to each other, in this order."""
        ...

    def document_frequency(self, word: str) -> int:
        """How many products hold any word of the same stem."""
        ...

    def informativeness(self, word: str) -> float:
        """Inverse document frequency of the word's stem, in nats; greatest for an unknown one."""
        ...

    def starting_with(self, prefix: str, most: int) -> tuple[tuple[str, int], ...]:
        """At most `most` words that begin so, with their counts, greatest count first."""
        ...
