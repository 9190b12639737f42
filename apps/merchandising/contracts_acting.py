"""Rules at work: what they are asked of a request, and what they answer. Positions are 1-based."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from apps.merchandising.contracts_rules import (
    Banner,
    Hide,
    Keep,
    MerchandisingRule,
    Pin,
    Redirect,
    Reweigh,
    Rewrite,
    RuleSwitches,
)

_AS_PUBLISHED = RuleSwitches()


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
    switches: RuleSwitches = _AS_PUBLISHED
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
