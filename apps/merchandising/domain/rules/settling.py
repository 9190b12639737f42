"""What several rules come to together: who has each position, slot and word, and who gave way.

Decided without looking at products: hiding and keeping by filter meets pinning only where
products are known, and wins there likewise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from apps.merchandising.contracts_acting import ActingRules, Outdone
from apps.merchandising.contracts_rules import (
    Banner,
    Consequence,
    Hide,
    Keep,
    MerchandisingRule,
    Pin,
    Redirect,
    Reweigh,
    Rewrite,
)
from apps.merchandising.domain.rules.precedence import why_wins
from apps.merchandising.domain.rules.wording import consequence_words
from apps.merchandising.domain.rules.words import Words, phrase_places

HIDING_WINS = "hiding always wins, whatever the priority"
KEEPING_WINS = "nothing but what it keeps appears, whatever the priority"

_Kind = TypeVar("_Kind", Banner, Hide, Keep, Pin, Redirect, Reweigh, Rewrite)


def rules_settle(rules: Sequence[MerchandisingRule], words: Words) -> ActingRules:
    """What they do together.

    Args:
        rules: all that act, in order of precedence.
        words: of the query as typed; rewrites whose words are not in it do nothing.
    """
    claims = _Claims()
    hides, keeps = _all(rules, Hide), _all(rules, Keep)
    hidden = _first_hiding(hides)
    redirects = [
        (rule, each) for rule, each in _all(rules, Redirect) if claims.take(rule, each, "redirect")
    ]
    return ActingRules(
        rules=tuple(rules),
        rewrites=_named(_rewrites(_all(rules, Rewrite), words, claims)),
        redirect=_named(redirects)[0] if redirects else None,
        banners=_named(
            [
                (rule, each)
                for rule, each in _all(rules, Banner)
                if claims.take(rule, each, f"slot {each.slot}")
            ]
        ),
        keeps=_named(keeps),
        hides=_named(hides),
        reweighs=_named(_reweighs(_all(rules, Reweigh), hidden, claims)),
        pins=_named(_pins(_all(rules, Pin), hidden, keeps, claims)),
        outdone=tuple(claims.outdone),
    )


@dataclass(slots=True)
class _Claims:
    """Who has what, and who gave way; the first to ask has it."""

    taken: dict[str, MerchandisingRule] = field(default_factory=dict)
    outdone: list[Outdone] = field(default_factory=list)

    def take(self, rule: MerchandisingRule, each: Consequence, *wanted: str) -> bool:
        """Whether all that is wanted was free, and now is this rule's."""
        for name in wanted:
            if name in self.taken:
                winner = self.taken[name]
                self.lose(rule, each, winner, why_wins(winner, rule))
                return False
        self.taken.update(dict.fromkeys(wanted, rule))
        return True

    def lose(
        self, rule: MerchandisingRule, each: Consequence, winner: MerchandisingRule, why: str
    ) -> None:
        """Write down that a consequence gave way."""
        self.outdone.append(Outdone(rule.key, consequence_words(each), winner.key, why))


def _all(
    rules: Sequence[MerchandisingRule], kind: type[_Kind]
) -> list[tuple[MerchandisingRule, _Kind]]:
    return [(rule, each) for rule in rules for each in rule.consequences if isinstance(each, kind)]


def _named(
    pairs: Sequence[tuple[MerchandisingRule, _Kind]],
) -> tuple[tuple[str, _Kind], ...]:
    return tuple((rule.key, each) for rule, each in pairs)


def _first_hiding(hides: Sequence[tuple[MerchandisingRule, Hide]]) -> dict[str, MerchandisingRule]:
    """Product → the first rule that hides it by name."""
    found: dict[str, MerchandisingRule] = {}
    for rule, hide in hides:
        for product in hide.target.products:
            found.setdefault(product, rule)
    return found


def _rewrites(
    pairs: Sequence[tuple[MerchandisingRule, Rewrite]], words: Words, claims: _Claims
) -> list[tuple[MerchandisingRule, Rewrite]]:
    """Those that have a word to themselves; the whole query is all of its words."""
    found: list[tuple[MerchandisingRule, Rewrite]] = []
    for rule, each in pairs:
        phrase = tuple(each.find.split()) or words
        places = [
            [f"word {place}" for place in range(start, start + len(phrase))]
            for start in (phrase_places(phrase, words) if phrase else ())
        ]
        free = [names for names in places if claims.taken.keys().isdisjoint(names)]
        if free:
            claims.take(rule, each, *(name for names in free for name in names))
            found.append((rule, each))
        elif places:
            claims.take(rule, each, *places[0])
    return found


def _reweighs(
    pairs: Sequence[tuple[MerchandisingRule, Reweigh]],
    hidden: dict[str, MerchandisingRule],
    claims: _Claims,
) -> list[tuple[MerchandisingRule, Reweigh]]:
    found: list[tuple[MerchandisingRule, Reweigh]] = []
    for rule, each in pairs:
        products = each.target.products
        if products and hidden.keys() >= set(products):
            claims.lose(rule, each, hidden[products[0]], HIDING_WINS)
        else:
            found.append((rule, each))
    return found


def _pins(
    pairs: Sequence[tuple[MerchandisingRule, Pin]],
    hidden: dict[str, MerchandisingRule],
    keeps: Sequence[tuple[MerchandisingRule, Keep]],
    claims: _Claims,
) -> list[tuple[MerchandisingRule, Pin]]:
    """In order of their positions."""
    found: list[tuple[MerchandisingRule, Pin]] = []
    for rule, each in pairs:
        keeper = _kept_out(each.product, keeps)
        if each.product in hidden:
            claims.lose(rule, each, hidden[each.product], HIDING_WINS)
        elif keeper is not None:
            claims.lose(rule, each, keeper, KEEPING_WINS)
        elif claims.take(rule, each, f"product {each.product}", f"position {each.position}"):
            found.append((rule, each))
    return sorted(found, key=lambda pair: pair[1].position)


def _kept_out(
    product: str, keeps: Sequence[tuple[MerchandisingRule, Keep]]
) -> MerchandisingRule | None:
    """The first rule that keeps only products by name, and not this one."""
    for rule, keep in keeps:
        if keep.target.products and product not in keep.target.products:
            return rule
    return None
