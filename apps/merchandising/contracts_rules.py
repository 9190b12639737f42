"""Merchandising rules as they cross this app's boundary. Positions are 1-based everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What a request says, as far as rules may ask.

    Attributes:
        words: of the query as typed, as `domain.rules.words.words_normalise` reads them; empty:
            browsing.
        corrected: likewise, of what is searched for in its place because its spelling was
            mended; empty: it was not. A rule's words may be in either.
        categories: paths of the filtered categories; else of the detected one, once known.
        attributes: what the caller says about the request.
        variants: experiment → variant that the request is in.
        as_of: aware.
        switches: of the arm.
    """

    words: tuple[str, ...]
    categories: tuple[str, ...]
    attributes: Mapping[str, str]
    variants: Mapping[str, str]
    as_of: datetime
    switches: RuleSwitches = RuleSwitches()
    corrected: tuple[str, ...] = ()


class WordsFrom(StrEnum):
    """Where the words stand that a rule asks for."""

    TYPED = "typed"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Outdone:
    """A consequence that gave way to another rule's.

    Attributes:
        rule: key of the rule that gave way.
        what: the consequence in words ("pin of 1234 to position 1").
        winner: key of the rule that has it.
        why: in words that follow "because" ("its priority is 20 against 10").
    """

    rule: str
    what: str
    winner: str
    why: str


@dataclass(frozen=True, slots=True)
class ActingRules:
    """What rules do to one request, conflicts settled.

    Attributes:
        rules: that match, in order of precedence.
        rewrites: (rule, rewrite), in order of precedence; they are carried out at once by
            `domain.rules.words.query_rewrite`, so that none rewrites what another has put in.
        redirect: (rule, redirect); None: none.
        banners: (rule, banner), one a slot.
        keeps: (rule, keep); a product must pass all.
        hides: (rule, hide).
        reweighs: (rule, reweigh); several on one product multiply.
        pins: (rule, pin) by position; each product and each position once.
        outdone: what gave way, and to whom.
    """

    rules: tuple[MerchandisingRule, ...] = ()
    rewrites: tuple[tuple[str, Rewrite], ...] = ()
    redirect: tuple[str, Redirect] | None = None
    banners: tuple[tuple[str, Banner], ...] = ()
    keeps: tuple[tuple[str, Keep], ...] = ()
    hides: tuple[tuple[str, Hide], ...] = ()
    reweighs: tuple[tuple[str, Reweigh], ...] = ()
    pins: tuple[tuple[str, Pin], ...] = ()
    outdone: tuple[Outdone, ...] = ()


NO_RULES_ACT = ActingRules()


class RuleBook(Protocol):
    """The live rules, compiled; pure look-ups that never go through all of them.

    Attributes:
        number: grows with every publish of any rule.
        attributes_read: names of the request's attributes that some rule asks for.
        experiments_read: keys of experiments that some rule asks for.
    """

    number: int
    attributes_read: frozenset[str]
    experiments_read: frozenset[str]

    def __len__(self) -> int:
        """How many rules."""
        ...

    def rules(self) -> tuple[MerchandisingRule, ...]:
        """All of them, in order of precedence."""
        ...

    def acting(self, context: RuleContext) -> ActingRules:
        """The rules whose conditions hold, conflicts settled."""
        ...

    def may_act(self, context: RuleContext, keys: frozenset[str]) -> bool:
        """Whether one of these rules (or campaigns) could act, in some category.

        Switches, reach, experiments' variants and categories are left aside: experiments ask
        this, and the answer must not depend on an arm.
        """
        ...

    def epoch(self, as_of: datetime) -> int:
        """How many starts and ends of rules lie behind; names a span in which no rule changes."""
        ...

    def narrowed(self, rules: tuple[MerchandisingRule, ...], gone: frozenset[str]) -> "RuleBook":
        """This book with some rules added or replaced and others gone; previews use it.

        Args:
            rules: added, or in place of those with the same keys.
            gone: keys of rules, or `campaign:<name>`.
        """
        ...
