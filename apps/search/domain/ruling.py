"""Which rules one arm of a search asks, and what they make of the query. No I/O."""

from dataclasses import dataclass, replace
from functools import lru_cache

from apps.merchandising.contracts_acting import ActingRules, RuleBook, RuleContext
from apps.merchandising.contracts_rules import Rewrite, RuleSwitches
from apps.merchandising.domain.rules.words import query_rewrite, words_normalise
from apps.ranking.domain.ruling import Ruling
from apps.search.contracts import SearchRequest, Sort
from apps.search.contracts_rules import RewrittenQuery
from apps.search.domain.normalise import normalise


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """One arm's rules on one request.

    Attributes:
        book: that is asked.
        typed: the query in its normal form.
        context: what they may ask, without a detected category.
        rewrites: (rule, rewrite), carried out before the query was understood.
        rewritten: the query that they made; None: they left it.
        places: whether boosts, buries and pins act: hits stand by relevance.
        mended: the query of which they rewrote the correction; None: they did not.
    """

    book: RuleBook
    typed: str
    context: RuleContext
    rewrites: tuple[tuple[str, Rewrite], ...]
    rewritten: RewrittenQuery | None
    places: bool
    mended: str | None = None

    def settled(self, detected: str | None) -> ActingRules:
        """All that acts, once the category is known.

        A shopper's own category comes before a detected one. What rewrote the query has done
        so already, and is the same whatever category that led to.
        """
        context = self.context
        if detected is not None and not context.categories:
            context = replace(context, categories=(detected,))
        found = self.book.acting(context)
        if found.rewrites == self.rewrites:
            return found
        return replace(found, rewrites=self.rewrites)

    def corrected(self, correction: str) -> "Ruled":
        """The same once the query is known to be searched for as it was corrected.

        Rules that ask for words of the correction act too; those among them that rewrite have
        it before them, unless they have rewritten what was typed: nothing is done twice.
        """
        normalised = normalise(correction)
        context = replace(self.context, corrected=corrected_words(correction))
        rewriting = _rewriting(self.book)  # type: ignore[arg-type]  # books hash by identity
        found: tuple[tuple[str, Rewrite], ...] = ()
        if len(rewriting):
            done = {rule for rule, _ in self.rewrites}
            acting = rewriting.acting(replace(self.context, words=context.corrected))
            found = tuple(each for each in acting.rewrites if each[0] not in done)
        again = _rewritten(normalised, found)
        if again is None:
            return replace(self, context=context)
        before = self.rewritten
        mended = before.rewritten if before else self.typed
        rewritten = RewrittenQuery(
            original=before.original if before else self.typed,
            rewritten=again.rewritten,
            rules=(*(before.rules if before else ()), *again.rules),
        )
        rewrites = (*self.rewrites, *found)
        return replace(
            self, context=context, rewrites=rewrites, rewritten=rewritten, mended=mended
        )


# A book is few: the live one, the one before it, a preview's.
@lru_cache(maxsize=4)
def _rewriting(book: RuleBook) -> RuleBook:
    """The rules that rewrite queries: they are asked alone, before anything else is known."""
    others = (
        rule.key
        for rule in book.rules()
        if not any(isinstance(each, Rewrite) for each in rule.consequences)
    )
    return book.narrowed((), frozenset(others))


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
    rewriting = _rewriting(ruling.book)  # type: ignore[arg-type]  # books hash by identity
    rewrites = rewriting.acting(context).rewrites if len(rewriting) else ()
    return Ruled(
        book=ruling.book,
        typed=normalise(request.query),
        context=context,
        rewrites=rewrites,
        rewritten=_rewritten(request.query, rewrites),
        places=request.sort is Sort.RELEVANCE,
    )


def context_of(
    request: SearchRequest,
    ruling: Ruling,
    switches: RuleSwitches | None = None,
    corrected: tuple[str, ...] = (),
) -> RuleContext:
    """What a request says, as far as rules may ask; `corrected` as in `RuleContext`."""
    # From the normal form: spellings of one query that share a kept answer share their words.
    return RuleContext(
        words=words_normalise(normalise(request.query)),
        categories=request.filters.categories,
        attributes=request.attributes,
        variants=ruling.variants,
        as_of=ruling.as_of,
        switches=switches or RuleSwitches(),
        corrected=corrected,
    )


def corrected_words(correction: str) -> tuple[str, ...]:
    """Words of a corrected query, as rules ask for them."""
    return words_normalise(normalise(correction))


def _rewritten(query: str, rewrites: tuple[tuple[str, Rewrite], ...]) -> RewrittenQuery | None:
    """The query with its words replaced; one of which nothing would be left stays as it is."""
    if not rewrites:
        return None
    original = normalise(query)
    rewritten = normalise(query_rewrite(original, [each for _, each in rewrites]))
    if not rewritten or rewritten == original:
        return None
    rules = dict.fromkeys(rule for rule, _ in rewrites)
    return RewrittenQuery(original, rewritten, tuple(rules))


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
