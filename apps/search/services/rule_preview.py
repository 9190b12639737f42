"""A rule before it is published: the same search with and without it, and who moved and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.catalog.contracts import FilterSet
from apps.merchandising.contracts_rules import MerchandisingRule, Reach, RuleSwitches
from apps.merchandising.domain.rules.wording import outdone_words
from apps.merchandising.selectors import rule_book
from apps.ranking.domain.ruling import Ruling
from apps.search.contracts import Hit, SearchRequest
from apps.search.contracts_rules import RulesActed
from apps.search.domain.comparison import MovedHit
from apps.search.domain.contending import Arm, SearchPlan
from apps.search.selectors.acted import rules_acted
from apps.search.selectors.configuration import search_settings
from apps.search.services.core import Core, core_hits, search_core

SHOWN = 10
# How deep the other side is looked through for where a hit came from.
DEPTH = 100


@dataclass(frozen=True, slots=True)
class RuleOccasion:
    """A request that a rule is tried on.

    Attributes:
        query: as typed; empty browses.
        category: path that the shopper is in; empty: none.
        attributes: what the request says: `device`, `segment` …
        variants: experiment → variant.
    """

    query: str = ""
    category: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)

    def request(self) -> SearchRequest:
        """As a search that leaves nothing behind."""
        asked = {"category": (self.category,)} if self.category else {}
        return SearchRequest(
            query=self.query,
            per_page=DEPTH,
            filters=FilterSet(categories=asked.get("category", ())),
            filters_asked=asked,
            attributes=self.attributes,
            explain=True,
            logged=False,
            experimented=False,
        )


@dataclass(frozen=True, slots=True)
class RulePreview:
    """One occasion without the draft and with it.

    Attributes:
        occasion: what was asked.
        current: hits under what is published.
        proposed: hits under the draft, with how far each moved; their records say why.
        gone: hits of `current` that the draft's side no longer has, best first.
        found: products on both sides.
        acted: what rules did on the draft's side.
        acts: whether the draft is among them.
        outdone: what gave way there, in sentences.
    """

    occasion: RuleOccasion
    current: tuple[Hit, ...]
    proposed: tuple[MovedHit, ...]
    gone: tuple[Hit, ...]
    found: tuple[int, int]
    acted: RulesActed
    acts: bool
    outdone: tuple[str, ...]


def rule_preview(
    *, rule: MerchandisingRule, occasion: RuleOccasion, as_of: datetime
) -> RulePreview:
    """Run the search twice; nothing is logged, nothing is published.

    Args:
        rule: as it is to be; whatever of it is live leaves.
        occasion: query or category, and what the request says.
        as_of: aware; a rule that is not yet in its window is shown at its start.

    Raises:
        InvalidInput: a filter on an attribute that no product has.
    """
    request = occasion.request()
    before, after = rule_sides(rule=rule, occasion=occasion, as_of=as_of)
    current, proposed = core_hits(before, request), core_hits(after, request)
    places = {hit.document.product_id: hit.position for hit in current}
    stays = {hit.document.product_id for hit in proposed}
    acted = rules_acted(after.listing.sides, request)
    return RulePreview(
        occasion=occasion,
        current=current[:SHOWN],
        proposed=tuple(_moved(hit, places) for hit in proposed[:SHOWN]),
        gone=tuple(hit for hit in current if hit.document.product_id not in stays)[:SHOWN],
        found=(before.listing.found, after.listing.found),
        acted=acted,
        acts=rule.key in acted.keys,
        outdone=tuple(outdone_words(each) for each in acted.outdone),
    )


def rule_sides(
    *, rule: MerchandisingRule | None, occasion: RuleOccasion, as_of: datetime, key: str = ""
) -> tuple[Core, Core]:
    """The search as it is, and with the rule as it is to be.

    Args:
        rule: None: what is live of it leaves, and nothing comes instead.
        occasion: query or category, and what the request says.
        as_of: aware.
        key: of the rule that leaves.
    """
    request, book = occasion.request(), rule_book()
    starts = None if rule is None else rule.conditions.starts_at
    gone = frozenset({key}) if rule is None else frozenset[str]()
    narrowed = book.narrowed((rule,) if rule else (), gone)
    shown_at = max(as_of, starts) if starts is not None else as_of
    plans = [
        SearchPlan(Arm(search_settings(), switches=switches))
        for switches in (RuleSwitches(), _switches(rule))
    ]
    before = search_core(request, plans[0], Ruling(book, as_of, occasion.variants))
    after = search_core(request, plans[1], Ruling(narrowed, shown_at, occasion.variants))
    return before, after


def _switches(rule: MerchandisingRule | None) -> RuleSwitches:
    """A rule that waits for an experiment is shown as that experiment shows it."""
    if rule is None or rule.reach is Reach.EVERYONE:
        return RuleSwitches()
    return RuleSwitches(with_=frozenset({rule.key}))


def occasions_of(rule: MerchandisingRule, most: int) -> tuple[RuleOccasion, ...]:
    """Requests that the rule asks for: a query each, else its category, else browsing."""
    conditions = rule.conditions
    attributes = {name: values[0] for name, values in conditions.attributes.items()}
    for name, values in (("device", conditions.devices), ("segment", conditions.segments)):
        if values:
            attributes[name] = values[0]
    variants = {each.experiment: each.variants[0] for each in conditions.variants}
    texts = [_typed(each.text) for each in conditions.queries][:most] or [""]
    category = "" if conditions.queries else next(iter(conditions.categories), "")
    return tuple(RuleOccasion(text, category, attributes, variants) for text in texts)


def _typed(text: str) -> str:
    """A pattern as somebody may type it."""
    return " ".join(word for word in text.split() if word not in {"*", "..."})


def _moved(hit: Hit, before: Mapping[str, int]) -> MovedHit:
    place = before.get(hit.document.product_id)
    return MovedHit(hit, place, None if place is None else place - hit.position)
