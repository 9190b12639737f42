"""What rules did to an answer, read off the rankings that it is made of."""

from collections.abc import Iterator, Sequence

from apps.merchandising.contracts_acting import ActingRules, Outdone, WordsFrom
from apps.merchandising.contracts_rules import (
    Consequence,
    MerchandisingRule,
    Redirect,
    Reweigh,
    Rewrite,
)
from apps.merchandising.domain.rules.matching import words_from
from apps.merchandising.domain.rules.wording import consequence_words
from apps.search.contracts import SearchRequest
from apps.search.contracts_rules import (
    NO_RULES_ACTED,
    NO_RULES_EXPLAINED,
    AppliedRule,
    RuledBanner,
    RuledFilter,
    RuledRedirect,
    RulesActed,
)
from apps.search.metrics import step_timed
from apps.search.selectors.scoring import Scored


def rules_acted(sides: Sequence[Scored], request: SearchRequest) -> RulesActed:
    """What an answer tells of rules; of two rankings the first one's redirect and banners.

    Args:
        sides: what was found; two that are interleaved.
        request: whether it wants to be told why.
    """
    if all(side.ruled is None for side in sides):
        return NO_RULES_EXPLAINED if request.explain else NO_RULES_ACTED
    with step_timed("rules"):
        return _told(sides, request)


def _told(sides: Sequence[Scored], request: SearchRequest) -> RulesActed:
    first = sides[0]
    acting = first.effect.acting if first.effect is not None else ActingRules()
    redirect, rewritten = acting.redirect, first.ruled.rewritten if first.ruled else None
    did = [pair for side in sides for pair in _did(side)]
    return RulesActed(
        rewritten=rewritten,
        redirect=None if redirect is None else RuledRedirect(redirect[1].url, redirect[0]),
        banners=tuple(
            RuledBanner(banner.slot, key, dict(banner.payload)) for key, banner in acting.banners
        ),
        filters=tuple(
            RuledFilter(key, keep.target.products, dict(keep.target.filters))
            for key, keep in acting.keeps
        ),
        keys=_keys(sides, did),
        consequences=tuple(dict.fromkeys(_kind(each) for _, each in did)),
        applied=_applied(sides, did) if request.explain else (),
        outdone=_outdone(sides) if request.explain else (),
        explained=request.explain,
    )


def _did(side: Scored) -> Iterator[tuple[str, Consequence]]:
    """Each consequence that did something to one ranking, and whose it is."""
    if side.ruled is not None and side.ruled.rewritten is not None:
        yield from side.ruled.rewrites
    if side.effect is None:
        return
    acting, moved = side.effect.acting, frozenset(side.ranking.applied_rules)
    pinned = {(pin.rule, pin.position) for pin in side.effect.pins}
    if acting.redirect is not None:
        yield acting.redirect
    yield from acting.banners
    yield from acting.keeps
    yield from (each for each in acting.hides if each[0] in moved)
    if side.effect.reweighs and not side.retrieved.popular_in:
        yield from (each for each in acting.reweighs if each[0] in moved)
    yield from (each for each in acting.pins if (each[0], each[1].position) in pinned)


def _rules(sides: Sequence[Scored]) -> dict[str, MerchandisingRule]:
    """Every rule that matched, in order of precedence."""
    return {
        rule.key: rule
        for side in sides
        if side.effect is not None
        for rule in side.effect.acting.rules
    }


def _keys(sides: Sequence[Scored], did: Sequence[tuple[str, Consequence]]) -> tuple[str, ...]:
    acted = {key for key, _ in did}
    return tuple(key for key in _rules(sides) if key in acted)


def _applied(
    sides: Sequence[Scored], did: Sequence[tuple[str, Consequence]]
) -> tuple[AppliedRule, ...]:
    unpinned = [each for side in sides if side.effect is not None for each in side.effect.unpinned]
    told = []
    for key, rule in _rules(sides).items():
        words = [consequence_words(each) for whose, each in did if whose == key]
        words += [f"no pin: {why}" for whose, why in unpinned if whose == key]
        if words:
            told.append(
                AppliedRule(
                    key=key,
                    number=rule.number,
                    title=rule.title,
                    priority=rule.priority,
                    did=tuple(dict.fromkeys(words)),
                    words=_words_from(sides, rule),
                )
            )
    return tuple(told)


def _words_from(sides: Sequence[Scored], rule: MerchandisingRule) -> WordsFrom | None:
    contexts = (side.ruled.context for side in sides if side.ruled is not None)
    found = (words_from(rule.conditions, context) for context in contexts)
    return next((each for each in found if each is not None), None)


def _outdone(sides: Sequence[Scored]) -> tuple[Outdone, ...]:
    found = (side.effect.acting.outdone for side in sides if side.effect is not None)
    return tuple(dict.fromkeys(each for outdone in found for each in outdone))


def _kind(consequence: Consequence) -> str:
    if isinstance(consequence, Reweigh):
        return "boost" if consequence.factor > 0 else "bury"
    if isinstance(consequence, (Redirect, Rewrite)):
        return "redirect" if isinstance(consequence, Redirect) else "rewrite"
    return type(consequence).__name__.lower()
