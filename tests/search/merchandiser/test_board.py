"""The board: both sides come from the pipeline that answers shoppers."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.merchandising.contracts_rules import MerchandisingRule
from apps.merchandising.domain.rules.content import rule_parse
from apps.search.domain.board import Board
from apps.search.services.merchandising_board import board_compute
from apps.search.services.rule_preview import RuleOccasion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
QUERY = "wireless mouse"


def rule(*consequences: dict[str, Any], **more: Any) -> MerchandisingRule:
    content = {
        "title": "Mice",
        "conditions": {"queries": [{"match": "exact", "text": QUERY}], **more.pop("when", {})},
        "consequences": list(consequences),
        **more,
    }
    return rule_parse("mice", 0, content)


def board(given: MerchandisingRule | None, query: str = QUERY, **about: Any) -> Board:
    return board_compute(
        occasion=RuleOccasion(query, **about), key="mice", rule=given, as_of=timezone.now()
    )


def ids(cards: Any) -> list[str]:
    return [card.document.product_id for card in cards]


def test_without_a_rule_both_sides_are_the_same() -> None:
    found = board(None)
    assert len(found.current) > 4
    assert ids(found.current) == ids(found.proposed)
    assert {card.moved for card in found.proposed} == {0}
    assert not found.rule_acts
    assert found.hidden == ()


def test_a_pin_stands_where_it_says_and_tells_who_moved() -> None:
    third = ids(board(None).current)[2]
    found = board(rule({"do": "pin", "product": third, "position": 1}))
    first = found.proposed[0]
    assert first.document.product_id == third
    assert (first.before, first.moved, first.pinned_to) == (3, 2, 1)
    assert any("mice" in each for each in first.why)
    assert (found.proposed[1].moved, found.proposed[1].lost) == (-1, 1)
    assert ids(found.current)[2] == third
    assert found.rule_acts


def test_what_is_hidden_is_told_with_the_place_that_it_leaves() -> None:
    best = ids(board(None).current)[0]
    found = board(rule({"do": "hide", "products": [best]}))
    assert best not in ids(found.proposed)
    assert ids(found.hidden) == [best]
    assert (found.hidden[0].before, found.hidden[0].hidden_by) == (1, "mice")
    assert found.found == (found.found[0], found.found[0] - 1)


def test_boost_and_bury_are_marked_on_their_cards() -> None:
    order = ids(board(None).current)
    found = board(
        rule(
            {"do": "boost", "products": [order[3]], "factor": 100},
            {"do": "bury", "products": [order[0]], "factor": -100},
        )
    )
    by_id = {card.document.product_id: card for card in found.proposed}
    assert by_id[order[3]].factor == 100
    assert by_id[order[0]].factor == -100
    assert found.proposed[0].document.product_id == order[3]
    assert (by_id[order[0]].moved or 0) < 0


def test_a_rule_about_something_else_says_that_it_does_not_act() -> None:
    found = board(rule({"do": "pin", "product": "p-0-1", "position": 1}), query="shoes")
    assert not found.rule_acts
    assert ids(found.current) == ids(found.proposed)


def test_a_rule_of_tomorrow_is_shown_as_it_will_be() -> None:
    starts = (timezone.now() + timedelta(days=1)).isoformat()
    last = ids(board(None).current)[-1]
    pin = {"do": "pin", "product": last, "position": 1}
    assert ids(board(rule(pin, when={"starts_at": starts})).proposed)[0] == last


def test_a_rule_for_experiments_only_is_shown_as_its_variant_would() -> None:
    last = ids(board(None).current)[-1]
    pin = {"do": "pin", "product": last, "position": 1}
    assert ids(board(rule(pin, reach="experiments")).proposed)[0] == last


def test_category_and_device_count() -> None:
    mobile = {"categories": ["electronics/mice"], "queries": [], "devices": ["mobile"]}
    given = rule({"do": "pin", "product": "p-0-3", "position": 1}, when=mobile)
    inside = board(given, query="", category="electronics/mice", attributes={"device": "mobile"})
    assert ids(inside.proposed)[0] == "p-0-3"
    assert not board(given, query="", category="electronics/mice").rule_acts
    assert all(card.document.category_path == "electronics/mice" for card in inside.current)


def test_redirects_and_rewrites_are_told() -> None:
    found = board(
        rule(
            {"do": "redirect", "url": "/mice"},
            {"do": "rewrite", "find": "wireless", "replace": "gaming"},
        )
    )
    assert found.redirect == "/mice"
    assert found.searched == "gaming mouse"
