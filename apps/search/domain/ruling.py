"""Which rules one arm of a search asks, and what they make of the query. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from apps.merchandising.contracts_rules import (
    ActingRules,
    Reweigh,
    RuleBook,
    RuleContext,
    RuleSwitches,
)
from apps.merchandising.domain.rules.words import query_rewrite, words_normalise
from apps.search.contracts import SearchRequest, Sort
from apps.search.contracts_rules import RewrittenQuery
from apps.search.domain.normalise import normalise

_BOOSTED, _BURIED = 50.0, 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Ruling:
    """The rules of one request.

    Attributes:
        book: live, or a preview's.
        as_of: aware; what is live is live at this moment.
        variants: experiment → variant, of those that rules ask for.
    """

    book: RuleBook
    as_of: datetime
    variants: Mapping[str, str] = field(default_factory=dict)

    def of_variant(self, experiment: str, variant: str) -> "Ruling":
        """The same with another variant of an experiment, if rules ask for it at all."""
        if experiment not in self.book.experiments_read:
            return self
        return replace(self, variants={**self.variants, experiment: variant})


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """One arm's rules on one request.

    Attributes:
        book: that is asked.
        context: what they may ask, without a detected category.
        early: what they did before the query was understood: only rewrites are taken from it.
        rewritten: the query that they made; None: they left it.
        places: whether boosts, buries and pins act: hits stand by relevance.
    """

    book: RuleBook
    context: RuleContext
    early: ActingRules
    rewritten: RewrittenQuery | None
    places: bool

    def settled(self, detected: str | None) -> ActingRules:
        """All that acts, once the category is known.

        A shopper's own category comes before a detected one. What rewrote the query has done
        so already, and is the same whatever category that led to.
        """
        if detected is None or self.context.categories:
            return self.early
        late = self.book.acting(replace(self.context, categories=(detected,)))
        return replace(late, rewrites=self.early.rewrites)


def ruled_of(request: SearchRequest, ruling: Ruling, switches: RuleSwitches) -> Ruled | None:
    """The rules of one arm; None: there are none.

    Args:
        request: as asked.
        ruling: the rules of the request.
        switches: of the arm.
    """
    if switches.off or not len(ruling.book):
        return None
    context = context_of(request, ruling, switches)
    early = ruling.book.acting(context)
    return Ruled(
        book=ruling.book,
        context=context,
        early=early,
        rewritten=_rewritten(request.query, early),
        places=request.sort is Sort.RELEVANCE,
    )


def context_of(
    request: SearchRequest, ruling: Ruling, switches: RuleSwitches | None = None
) -> RuleContext:
    """What a request says, as far as rules may ask."""
    # From the normal form: spellings of one query that share a kept answer share their words.
    return RuleContext(
        words=words_normalise(normalise(request.query)),
        categories=request.filters.categories,
        attributes=request.attributes,
        variants=ruling.variants,
        as_of=ruling.as_of,
        switches=switches or RuleSwitches(),
    )


def _rewritten(query: str, acting: ActingRules) -> RewrittenQuery | None:
    """The query with its words replaced; one of which nothing would be left stays as it is."""
    if not acting.rewrites:
        return None
    original = normalise(query)
    rewritten = normalise(query_rewrite(original, [each for _, each in acting.rewrites]))
    if not rewritten or rewritten == original:
        return None
    rules = dict.fromkeys(rule for rule, _ in acting.rewrites)
    return RewrittenQuery(original, rewritten, tuple(rules))


def multiplier_of(reweigh: Reweigh) -> float:
    """What a score is multiplied by; 0 puts behind everything else."""
    factor = reweigh.factor
    return 1.0 + factor / (_BOOSTED if factor > 0 else _BURIED)


def names_in_key(ruling: Ruling, request: SearchRequest) -> tuple[object, ...]:
    """What a kept answer's name says of rules, beside the book's own number.

    The span between two starts or ends of rules, and of the request only what a rule asks for.
    """
    book = ruling.book
    if not len(book):
        return ()
    attributes = request.attributes
    return (
        book.epoch(ruling.as_of),
        [(name, attributes[name]) for name in sorted(book.attributes_read) if name in attributes],
        sorted(ruling.variants.items()),
    )
