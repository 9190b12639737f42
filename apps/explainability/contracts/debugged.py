"""The debug dashboard: what it is asked, all of it in the address, and what it draws."""

from dataclasses import dataclass

PUBLISHED = "published"
SIDES = ("a", "b")
TITLES = {"a": "A", "b": "B"}


@dataclass(frozen=True, slots=True)
class SideAsked:
    """One configuration; every field's default is what shoppers get.

    Attributes:
        weights: `published`; `global` whatever categories have; `<subject>@<number>`, a version
            that is or was live (time travel); `draft:<id>`.
        rules: whether merchandising rules act.
        fusion: `published`, or a method.
        experiment: `<key>:<variant>`; empty for none.
    """

    weights: str = PUBLISHED
    rules: bool = True
    fusion: str = PUBLISHED
    experiment: str = ""


@dataclass(frozen=True, slots=True)
class DebugAsked:
    """The page's whole state.

    Attributes:
        query: as typed; empty browses.
        category: path of a filter; empty for none.
        shown: hits a side.
        a, b: the two configurations.
    """

    query: str
    category: str
    shown: int
    a: SideAsked
    b: SideAsked


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a hit's score, as it is drawn.

    Attributes:
        feature: what it is.
        title: for people.
        tone: 0 to 5, its colour.
        value: the contribution.
        left, width: of 100.
    """

    feature: str
    title: str
    tone: int
    value: float
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class HitLine:
    """One hit of one side.

    Attributes:
        position: 1-based.
        product_id: as the shop names it.
        title: of the product.
        image: its address; empty for none.
        score: final.
        bars: parts of the score.
        other: its position on the other side; None: not among the hits there.
        moved: places better (positive) than on the other side; None likewise.
        steps: what moved it, in words.
        reason: why, in words.
    """

    position: int
    product_id: str
    title: str
    image: str
    score: float
    bars: tuple[Bar, ...]
    other: int | None
    moved: int | None
    steps: tuple[str, ...]
    reason: str

    @property
    def lower(self) -> int:
        """Places worse than on the other side."""
        return -(self.moved or 0)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a feature's values lie over all matches of one side.

    Attributes:
        feature: what it is.
        title: for people.
        tone: its colour.
        counts: of matches in equal bins from 0 to 1.
        heights: of 100, one a bin.
        mean: over the matches; None without any.
        median: likewise.
    """

    feature: str
    title: str
    tone: int
    counts: tuple[int, ...]
    heights: tuple[float, ...]
    mean: float | None
    median: float | None


@dataclass(frozen=True, slots=True)
class SidePicture:
    """One side of the page.

    Attributes:
        key: `a` or `b`.
        asked: its configuration.
        words: the same for people.
        found: matches over all pages.
        weights: title, weight, tone of each feature.
        weights_words: whose weights, in words.
        chain: link, subject, what was found, whether it answered.
        hits: the first ones.
        histograms: of every feature with a source.
        rules: names of rules that acted.
        degraded: what was missing.
    """

    key: str
    asked: SideAsked
    words: str
    found: int
    weights: tuple[tuple[str, float, int], ...]
    weights_words: str
    chain: tuple[tuple[str, str, str, bool], ...]
    hits: tuple[HitLine, ...]
    histograms: tuple[Histogram, ...]
    rules: tuple[str, ...]
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategoryWeights:
    """Which weights one category is ranked by.

    Attributes:
        path: of the category; `global` for all others.
        depth: 0 at the top.
        own: whether it has a set of its own.
        inherited_from: subject of the set that answers.
        number: its version; 0: the built-in default.
        weights: title, weight, tone.
    """

    path: str
    depth: int
    own: bool
    inherited_from: str
    number: int
    weights: tuple[tuple[str, float, int], ...]
