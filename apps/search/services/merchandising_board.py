"""The visual merchandiser's board: the same pipeline, run with and without the rule at hand."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from apps.merchandising.contracts_rules import MerchandisingRule
from apps.merchandising.domain.rules.wording import outdone_words
from apps.ranking.domain.records import step_sentence
from apps.search.contracts import Hit
from apps.search.domain.board import (
    NO_MARKS,
    SHOWN,
    Board,
    BoardCard,
    OwnMarks,
    card_of,
    marks_of,
)
from apps.search.selectors.acted import rules_acted
from apps.search.selectors.presenting import page_documents
from apps.search.services.core import Core, core_hits
from apps.search.services.rule_preview import RuleOccasion, rule_sides


def board_compute(
    *, occasion: RuleOccasion, key: str, rule: MerchandisingRule | None, as_of: datetime
) -> Board:
    """Both sides of the board; nothing is logged, and nothing is published.

    Args:
        occasion: query or category, and what the request says.
        key: of the rule that is worked on, whatever of it is live.
        rule: as it is to be; None: without it.
        as_of: aware; a rule that starts later is shown at its start.

    Raises:
        InvalidInput: a filter on an attribute that no product has.
    """
    request = occasion.request()
    now, then = rule_sides(rule=rule, occasion=occasion, as_of=as_of, key=key)
    current, proposed = core_hits(now, request), core_hits(then, request)
    before = {hit.document.product_id: hit.position for hit in current}
    marks, acted = marks_of(rule), rules_acted(then.listing.sides, request)
    return Board(
        current=tuple(_card(hit, before, NO_MARKS) for hit in current[:SHOWN]),
        proposed=tuple(_card(hit, before, marks) for hit in proposed[:SHOWN]),
        hidden=_hidden(then),
        found=(now.listing.found, then.listing.found),
        acting=now.scored.ranking.applied_rules,
        rule_acts=rule is not None and key in acted.keys,
        outdone=tuple(outdone_words(each) for each in acted.outdone),
        redirect=acted.redirect.url if acted.redirect else "",
        searched=acted.rewritten.rewritten if acted.rewritten else "",
    )


def _card(hit: Hit, before: Mapping[str, int], marks: OwnMarks) -> BoardCard:
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
