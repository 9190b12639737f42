"""What a merchandising rule is. Positions are 1-based everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

JsonValue = str | float | int | bool | None | list["JsonValue"] | dict[str, "JsonValue"]

LEAST_FACTOR = -100
"""A reweighing's smallest factor: behind everything else."""
MOST_FACTOR = 100


class QueryMatch(StrEnum):
    """How a condition's text is compared with the query; all on normalised words.

    `exact`: the query is the text. `phrase`: its words follow each other in the query.
    `contains`: every word of it is in the query, in any order. `pattern`: words, where `*`
    stands for any one word and a leading or trailing `...` for any number of them.
    """

    EXACT = "exact"
    PHRASE = "phrase"
    CONTAINS = "contains"
    PATTERN = "pattern"


class Reach(StrEnum):
    """Whom a live rule reaches: everyone, or only variants of experiments that ask for it."""

    EVERYONE = "everyone"
    EXPERIMENTS = "experiments"


class RuleState(StrEnum):
    """Where a rule stands at one moment."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"
    LIVE = "live"
    EXPIRED = "expired"
    RETIRED = "retired"


class RuleInvalid(ValueError):
    """Content that no rule may have; `field` is a dotted path such as `consequences.2.factor`."""

    def __init__(self, field_path: str, message: str) -> None:
        super().__init__(message)
        self.field = field_path
        self.message = message


@dataclass(frozen=True, slots=True)
class QueryCondition:
    """One text that the query is compared with."""

    match: QueryMatch
    text: str


@dataclass(frozen=True, slots=True)
class VariantCondition:
    """The request is in one of these variants of an experiment on the search surface."""

    experiment: str
    variants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a rule acts: every kind that is given must hold; inside a kind one is enough.

    Attributes:
        queries: texts; empty: any query, and browsing.
        categories: paths; the filtered category, else the detected one, is one or below one.
        segments: values of `attributes[segment]`.
        devices: values of `attributes[device]`.
        attributes: any other attribute of the request → its values.
        variants: experiments' variants (each that is given must hold).
        starts_at: aware; None: at once.
        ends_at: aware, exclusive; None: never.
        time_zone: IANA name in which a person gave both; they are instants.
    """

    queries: tuple[QueryCondition, ...] = ()
    categories: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variants: tuple[VariantCondition, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Target:
    """Some products: those named, or those that pass all filters; never both.

    Attributes:
        products: their external ids, in order.
        filters: as `filter[<name>]` of the search API takes them: `brand`, `category` (with
            descendants), `availability`, `price`, attributes; AND between, OR inside.
    """

    products: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pin:
    """The product stands at this position, whatever its score; it is fetched when not found."""

    product: str
    position: int


@dataclass(frozen=True, slots=True)
class Reweigh:
    """Boost (factor 1 to 100) or bury (-1 to -100).

    A score is multiplied by `1 + factor / 50` when it is boosted (+50 doubles, +100 triples) and
    by `1 + factor / 100` when it is buried (-50 halves, -100 puts behind everything else).
    """

    target: Target
    factor: int


@dataclass(frozen=True, slots=True)
class Hide:
    """The products never appear."""

    target: Target


@dataclass(frozen=True, slots=True)
class Keep:
    """Only these products appear (a filter that the answer names)."""

    target: Target


@dataclass(frozen=True, slots=True)
class Redirect:
    """The storefront is told to go there: a path of the shop, or an https address."""

    url: str


@dataclass(frozen=True, slots=True)
class Banner:
    """Something to show in a slot of the page; the payload is the storefront's own."""

    slot: str
    payload: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Words of the query become others; no `find`: the whole query; no `replace`: they go."""

    find: str
    replace: str


Consequence = Pin | Reweigh | Hide | Keep | Redirect | Banner | Rewrite


@dataclass(frozen=True, slots=True)
class MerchandisingRule:
    """One published rule.

    Attributes:
        key: its slug, which names it for good; answers, steps and logs carry it.
        number: the version that is published.
        title: for people.
        priority: -1000 to 1000; the higher wins.
        campaign: groups rules; experiments may switch a campaign as a whole; empty: none.
        reach: whom it reaches.
        conditions: when it acts.
        consequences: what it does, in the order given.
    """

    key: str
    number: int
    title: str
    priority: int
    campaign: str
    reach: Reach
    conditions: Conditions
    consequences: tuple[Consequence, ...]


@dataclass(frozen=True, slots=True)
class RuleSwitches:
    """What an experiment's variant (or a preview) changes about which rules act.

    Attributes:
        off: no rule acts.
        without: keys of rules, or `campaign:<name>`, that do not act.
        with_: likewise, that act although their reach is `experiments`.
    """

    off: bool = False
    without: frozenset[str] = frozenset()
    with_: frozenset[str] = frozenset()
