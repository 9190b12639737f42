"""Which experiments an answered shelf exposed: asked the same way in every arm (ADR 14)."""

from uuid import UUID

from apps.events.contracts import Event
from apps.features.contracts import CF_SCORE, SEARCH_SCORE
from apps.merchandising.contracts_acting import RuleBook, RuleContext
from apps.merchandising.contracts_rules import Reach, RuleSwitches
from apps.ranking.domain.switching import names_toggled
from apps.ranking_weights.selectors import weights_differ
from apps.recommendations.contracts_answers import RecommendationRequest
from apps.recommendations.domain.affinities import NO_HISTORY
from apps.recommendations.domain.recommending import Recommended
from apps.recommendations.domain.shelf_contending import ShelfContender, ShelfFacts, could_differ
from apps.recommendations.domain.shelf_overrides import ShelfKnob
from apps.recommendations.domain.shelf_rules import book_without_queries, shelf_context
from apps.recommendations.selectors.personalised import personalisation_flags
from apps.recommendations.services.shelf_trials import ShelfTrial, exposure_of


def shelf_exposures(
    *, trial: ShelfTrial, request: RecommendationRequest, shelf: Recommended, query_id: UUID
) -> tuple[Event, ...]:
    """One exposure for each acting experiment whose variants could have differed here."""
    keys = [
        one.key
        for one in trial.contenders
        if not one.forced and could_differ(one, _facts(one, trial, shelf))
    ]
    told = {one.key for one in trial.contenders}
    keys += [
        found.key
        for found in (one.assignment for one in trial.asked)
        if not found.forced
        and found.key not in told
        and _may_act(shelf, _asking(shelf, found.key))
    ]
    answer = (query_id, shelf.world.as_of, shelf.about)
    return tuple(exposure_of(key, trial, request, answer) for key in keys)


def _facts(contender: ShelfContender, trial: ShelfTrial, shelf: Recommended) -> ShelfFacts:
    session = shelf.ask.shopper.session
    entries = () if session is None else session.entries
    return ShelfFacts(
        placement=trial.published,
        personalisation=personalisation_flags(),
        visited=any(each.product_id is not None for each in entries),
        known=_known(shelf),
        ruled=_may_act(shelf, _toggled(contender, shelf)),
        weighed=_weighed(contender, trial, shelf),
    )


def _known(shelf: Recommended) -> bool:
    """Where a history cannot be read, the factors of training may know the shopper."""
    shopper = shelf.ask.shopper
    return len(shopper.history) > 0 or NO_HISTORY in shopper.degraded


def _weighed(contender: ShelfContender, trial: ShelfTrial, shelf: Recommended) -> bool:
    """Whether any two arms weigh this shelf differently."""
    if ShelfKnob.WEIGHTS not in contender.knobs:
        return False
    choices = frozenset(each.weights for each in contender.overrides)
    if trial.published.weights is not None and None in choices:
        return True  # a set of the placement's own against a variant's
    available = {SEARCH_SCORE, *shelf.world.snapshot.features}
    if _known(shelf):
        available.add(CF_SCORE)
    return weights_differ(choices, category_path=shelf.about, available=frozenset(available))


def _toggled(contender: ShelfContender, shelf: Recommended) -> frozenset[str]:
    """Keys of the rules, and campaigns, that not all variants treat alike."""
    names = _asking(shelf, contender.key)
    book = shelf.world.book
    if ShelfKnob.RULES not in contender.knobs or book is None:
        return names
    toggled = names_toggled(each.rules for each in contender.overrides)
    if toggled is None:
        everyone = (rule.key for rule in book.rules() if rule.reach is Reach.EVERYONE)
        toggled = frozenset(everyone)
    return names | toggled


def _asking(shelf: Recommended, experiment: str) -> frozenset[str]:
    """Keys of the rules that ask for an experiment's variant."""
    book = shelf.world.book
    if book is None or experiment not in book.experiments_read:
        return frozenset()
    return frozenset(
        rule.key
        for rule in book.rules()
        if any(each.experiment == experiment for each in rule.conditions.variants)
    )


def _may_act(shelf: Recommended, names: frozenset[str]) -> bool:
    book = shelf.world.book
    if book is None or not names:
        return False
    return _shelf_book(book).may_act(_context(shelf), names)


def _shelf_book(book: RuleBook) -> RuleBook:
    return book_without_queries(book)  # type: ignore[arg-type]  # books hash by identity


def _context(shelf: Recommended) -> RuleContext:
    """What the request says, whatever the arm."""
    return shelf_context(
        placement=shelf.world.placement.name,
        categories=() if shelf.about is None else (shelf.about,),
        attributes=shelf.ask.attributes,
        variants={},
        as_of=shelf.world.as_of,
        switches=RuleSwitches(),
    )
