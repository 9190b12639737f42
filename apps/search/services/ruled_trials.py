"""Where rules and experiments meet: variants that rules ask for, and whom that exposes."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from apps.events.domain.query_codec import Exposed
from apps.experiments.contracts.serving import Served
from apps.merchandising.contracts_acting import RuleBook
from apps.merchandising.contracts_rules import Reach
from apps.ranking.domain.ruling import Ruling
from apps.ranking.domain.switching import names_toggled
from apps.search.contracts import SearchRequest
from apps.search.domain.exposing import Steering
from apps.search.domain.overrides import Knob
from apps.search.domain.ruling import context_of
from apps.search.services.contenders import Participant

NONE_ASKED: tuple[Served, ...] = ()


def served_asked(
    book: RuleBook, entered: Sequence[Participant], winners: Sequence[str]
) -> tuple[Served, ...]:
    """Those that rules ask for, of the experiments that a request is in.

    One that gives way to another does not act here. One that interleaves shows both variants:
    each of its two rankings has its own.

    Args:
        book: the rules.
        entered: what the request is in.
        winners: for each the key of the one that it gives way to; empty for none.
    """
    asked = book.experiments_read
    if not asked:
        return NONE_ASKED
    return tuple(
        one.served
        for one, winner in zip(entered, winners, strict=True)
        if one.served.assignment.key in asked
        and not winner
        and not (one.contender is not None and one.contender.interleaves)
    )


def variants_of(asked: Iterable[Served]) -> dict[str, str]:
    """Experiment → variant."""
    return {one.assignment.key: one.assignment.variant for one in asked}


def experiments_ruled(
    counted: Sequence[Steering],
    request: SearchRequest,
    ruling: Ruling,
    corrected: tuple[str, ...] = (),
) -> frozenset[str]:
    """Keys of experiments between whose variants rules may make a difference on a request.

    Whatever arm the request is in: by what is published, and by what the request says.

    Args:
        counted: experiments that act.
        request: as asked.
        ruling: the rules of the request.
        corrected: words of the query as it was corrected.
    """
    if not len(ruling.book):
        return frozenset()
    read = ruling.book.experiments_read
    steering = [each for each in counted if Knob.RULES in each.knobs or each.contender.key in read]
    if not steering:
        return frozenset()
    context = context_of(request, ruling, corrected=corrected)
    return frozenset(
        each.contender.key
        for each in steering
        if ruling.book.may_act(context, _names_of(each, ruling.book))
    )


def exposures_asked(
    asked: Iterable[Served],
    told: Mapping[str, object],
    request: SearchRequest,
    ruling: Ruling,
    corrected: tuple[str, ...] = (),
) -> list[Exposed]:
    """Exposures of experiments that turn nothing of search but that a rule asks for.

    Args:
        asked: of the request.
        told: keys of experiments whose exposure is settled already.
        request: as asked.
        ruling: the rules of the request.
        corrected: words of the query as it was corrected.
    """
    category = request.filters.categories[0] if request.filters.categories else None
    context = context_of(request, ruling, corrected=corrected)
    return [
        Exposed(found.key, found.variant, found.phase, category)
        for found in (one.assignment for one in asked)
        if not found.forced
        and found.key not in told
        and ruling.book.may_act(context, _asking(ruling.book, found.key))  # type: ignore[arg-type]  # books hash by identity
    ]


def _names_of(steering: Steering, book: RuleBook) -> frozenset[str]:
    """Names of the rules that not all variants of an experiment treat alike."""
    names = _asking(book, steering.contender.key)  # type: ignore[arg-type]  # books hash by identity
    if Knob.RULES not in steering.knobs:
        return names
    toggled = names_toggled(each.rules for each in steering.contender.overrides)
    every = _everyones(book) if toggled is None else toggled  # type: ignore[arg-type]  # likewise
    return names | every


# A book is few: the live one, the one before it, a preview's.
@lru_cache(maxsize=4)
def _everyones(book: RuleBook) -> frozenset[str]:
    """Keys of all rules that act unless a variant turns rules off."""
    return frozenset(rule.key for rule in book.rules() if rule.reach is Reach.EVERYONE)


@lru_cache(maxsize=64)
def _asking(book: RuleBook, experiment: str) -> frozenset[str]:
    """Keys of the rules that ask for an experiment's variant."""
    if experiment not in book.experiments_read:
        return frozenset()
    return frozenset(
        rule.key
        for rule in book.rules()
        if any(each.experiment == experiment for each in rule.conditions.variants)
    )
