"""Which merchandising rules did something to a shelf."""

from collections.abc import Iterator

from apps.ranking.domain.rule_effects import Effect
from apps.recommendations.domain.recommending import Recommended


def rules_acted(shelf: Recommended) -> tuple[str, ...]:
    """Keys of the rules that acted, in order of precedence."""
    if shelf.effect is None:
        return ()
    acted = frozenset(_acted(shelf, shelf.effect))
    return tuple(rule.key for rule in shelf.effect.acting.rules if rule.key in acted)


def _acted(shelf: Recommended, effect: Effect) -> Iterator[str]:
    yield from (key for key, _ in effect.acting.keeps)
    # What they hide never became a candidate: a hide acted if it took anything away.
    others = shelf.allowing.rows(frozenset({"hidden"}))
    yield from (hide.name for hide in effect.hides if others[hide.rows].any())
    yield from (pin.rule for pin in effect.pins)
    yield from shelf.ranking.applied_rules
