"""A query as search understands it."""

from dataclasses import dataclass, replace
from enum import StrEnum


class AlternativeKind(StrEnum):
    """Why a phrase may stand for the shopper's own words."""

    SYNONYM = "synonym"
    ABBREVIATION = "abbreviation"
    JOINED = "joined"
    SPLIT = "split"
    CORRECTION = "correction"


OWN_WEIGHT = 1.0
# What a match by each kind counts against a match of the shopper's own words.
ALTERNATIVE_WEIGHTS = {
    AlternativeKind.SYNONYM: 0.8,
    AlternativeKind.ABBREVIATION: 0.9,
    AlternativeKind.JOINED: 0.9,
    AlternativeKind.SPLIT: 0.9,
    AlternativeKind.CORRECTION: 0.8,
}


@dataclass(frozen=True, slots=True)
class Alternative:
    """A phrase that may stand for some words of the query.

    Attributes:
        text: normalised words, separated by one blank.
        weight: what a match by it counts against a match of the words themselves, in (0, 1].
        kind: why it may.
    """

    text: str
    weight: float
    kind: AlternativeKind

    @classmethod
    def of(cls, text: str, kind: AlternativeKind) -> "Alternative":
        """With the weight of its kind."""
        return cls(text, ALTERNATIVE_WEIGHTS[kind], kind)


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One word of the query, or some that belong together, and what may stand for it.

    Attributes:
        text: the word, or the phrase that alternatives replace; it weighs 1.0.
        alternatives: phrases that may stand for it, each once, never the text itself.
    """

    text: str
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectedWord:
    """One word that no product holds, and what was searched for in its place.

    Attributes:
        word: as typed, normalised.
        replacement: one word of the catalogue, or several (a split).
        confidence: in [0, 1].
    """

    word: str
    replacement: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Correction:
    """A query whose spelling was mended.

    Attributes:
        original: the normalised query as typed.
        corrected: what was searched for in its place.
        words: what was replaced, in the query's order.
    """

    original: str
    corrected: str
    words: tuple[CorrectedWord, ...]


class QueryClass(StrEnum):
    """What a shopper is after: one thing, to learn, or to buy something of a kind."""

    NAVIGATIONAL = "navigational"
    INFORMATIONAL = "informational"
    TRANSACTIONAL = "transactional"


class ExtractionUse(StrEnum):
    """What an extraction does: leave others out, or lift those that have it."""

    FILTER = "filter"
    BOOST = "boost"


@dataclass(frozen=True, slots=True)
class Extraction:
    """A brand, category, attribute or price that the query names.

    Attributes:
        field: of a filter: `brand`, `category`, `price`, `attr.<key>`.
        value: what `filter[<field>]=` takes.
        text: the words of the query that say so.
        use: what it does.
        label: for people.
    """

    field: str
    value: str
    text: str
    use: ExtractionUse
    label: str

    @property
    def name(self) -> str:
        """What `drop=` takes."""
        return f"{self.field}:{self.value}"

    def softened(self) -> "Extraction":
        """The same as a boost."""
        return replace(self, use=ExtractionUse.BOOST)


@dataclass(frozen=True, slots=True)
class Understanding:
    """The query as it is searched for.

    Attributes:
        normalised: one normal form of what was typed, lower case, single spaces.
        searched: what is searched for: corrected, without the words of a price; empty browses.
        words: its words.
        terms: the words as groups of alternatives.
        part_numbers: joined windows of words that may be a part number.
        correction: how the spelling was mended; None: as typed.
        query_class: what the shopper is after; None: not asked, or nothing was typed.
        signals: why that class, in words.
        extracted: what the query names, filters and boosts.
        dropped: names of what it would have been, had the shopper not dropped it.
    """

    normalised: str
    searched: str
    words: tuple[str, ...] = ()
    terms: tuple[QueryTerm, ...] = ()
    part_numbers: tuple[str, ...] = ()
    correction: Correction | None = None
    query_class: QueryClass | None = None
    signals: tuple[str, ...] = ()
    extracted: tuple[Extraction, ...] = ()
    dropped: tuple[str, ...] = ()

    def alternatives(self, kind: AlternativeKind) -> tuple[tuple[str, str], ...]:
        """The words and what stands for them, of one kind, in the query's order."""
        return tuple(
            (term.text, other.text)
            for term in self.terms
            for other in term.alternatives
            if other.kind is kind
        )


UNREAD = Understanding("", "")
