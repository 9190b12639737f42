"""The visual merchandiser's board: the same pipeline, run with and without the rule at hand."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from apps.catalog.contracts import FilterSet
from apps.merchandising.contracts_rules import MerchandisingRule, Reach, RuleSwitches
from apps.merchandising.domain.rules.wording import outdone_words
from apps.merchandising.selectors import rule_book
from apps.ranking.domain.records import step_sentence
from apps.search.contracts import Hit, SearchRequest
from apps.search.domain.board import (
    NO_MARKS,
    SHOWN,
    Board,
    BoardCard,
    OwnMarks,
    card_of,
    marks_of,
)
from apps.search.domain.contending import Arm, SearchPlan
from apps.search.domain.ruling import Ruling
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.presenting import page_documents
from apps.search.services.core import Core, core_hits, search_core

# How deep the other side is looked through for where a product came from.
DEPTH = 100


@dataclass(frozen=True, slots=True)
class BoardRequest:
    """What the board is about.

    Attributes:
        query: as typed; empty: browsing.
        category: path that the shopper is in; empty: none.
        attributes: what the request says (`device`, `segment` …).
    """

    query: str = ""
    category: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    def search(self) -> SearchRequest:
        """As a search that nothing is logged of."""
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


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    core: Core
    hits: tuple[Hit, ...]

    def places(self) -> dict[str, int]:
        return {hit.document.product_id: hit.position for hit in self.hits}


def board_compute(
    *, about: BoardRequest, key: str, rule: MerchandisingRule | None, as_of: datetime
) -> Board:
    """Both sides of the board; nothing is logged, and nothing is published.

    Args:
        about: query or category.
        key: of the rule that is worked on, whatever of it is live.
        rule: as it is to be; None: without it.
        as_of: aware; a rule that starts later is shown at its start.

    Raises:
        InvalidInput: a filter on an attribute that no product has.
    """
    request, book = about.search(), rule_book()
    starts = rule.conditions.starts_at if rule else None
    own = frozenset({key}) if rule else frozenset[str]()
    current = _side(request, Ruling(book, as_of), RuleSwitches())
    proposed = _side(
        request,
        Ruling(
            book.narrowed((rule,) if rule else (), frozenset({key}) - own),
            max(as_of, starts) if starts else as_of,
        ),
        _switches(rule),
    )
    marks, before = marks_of(rule), current.places()
    ruled = proposed.core.scored
    acting = None if ruled.effect is None else ruled.effect.acting
    return Board(
        current=tuple(_card(hit, before, NO_MARKS) for hit in current.hits[:SHOWN]),
        proposed=tuple(_card(hit, before, marks) for hit in proposed.hits[:SHOWN]),
        hidden=_hidden(proposed.core),
        found=(current.core.listing.found, proposed.core.listing.found),
        acting=current.core.scored.ranking.applied_rules,
        rule_acts=acting is not None and any(each.key == key for each in acting.rules),
        outdone=() if acting is None else tuple(outdone_words(each) for each in acting.outdone),
        redirect=acting.redirect[1].url if acting and acting.redirect else "",
        searched=proposed.core.asked.query if proposed.core.asked.query != about.query else "",
    )


def _switches(rule: MerchandisingRule | None) -> RuleSwitches:
    """A rule that only experiments ask for is asked for here."""
    if rule is None or rule.reach is Reach.EVERYONE:
        return RuleSwitches()
    return RuleSwitches(with_=frozenset({rule.key}))


def _side(request: SearchRequest, ruling: Ruling, switches: RuleSwitches) -> _Side:
    core = search_core(request, SearchPlan(Arm(search_settings(), switches=switches)), ruling)
    return _Side(core, core_hits(core, request))


def _card(hit: Hit, before: dict[str, int], marks: OwnMarks) -> BoardCard:
    steps = () if hit.record is None else hit.record.steps
    return card_of(hit, before, marks, tuple(step_sentence(step) for step in steps))


def _hidden(core: Core) -> tuple[BoardCard, ...]:
    """What rules take out of the places that are shown, best first."""
    ranking = core.scored.ranking
    gone = sorted((each for each in ranking.hidden if each.from_rank <= SHOWN),
                  key=lambda each: each.from_rank)  # fmt: skip
    rows = np.array([each.row for each in gone], dtype=np.int32)
    documents, _fresh = page_documents(core.scored.retrieved.snapshot, rows)
    return tuple(
        BoardCard(0, documents[each.row], before=each.from_rank, hidden_by=each.rule)
        for each in gone
        if each.row in documents
    )
