"""Rules and a query whose spelling was mended: they act by what is searched for, too."""

import pytest
from django.utils import timezone

from apps.merchandising.domain.rules.content import rule_parse
from apps.search.services.merchandising_board import board_compute
from apps.search.services.rule_preview import RuleOccasion, rule_preview
from tests.search.experimenting import running
from tests.search.rules.conftest import Publish
from tests.search.rules.doing import boost, ids, pin, redirect, rewrite
from tests.search.rules.test_experiments import OFF, exposed
from tests.search.test_experiments import by_variant
from tests.search.types import Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")
TYPED, MEANT = "wireles mose", "wireless mouse"
SHOE = "p-3-0"


def words_of(answer: Json) -> dict[str, str | None]:
    return {each["key"]: each["words"] for each in answer["rules"]["applied"]}


def test_a_rule_acts_by_what_is_searched_for_and_says_so(search: Search, publish: Publish) -> None:
    publish("meant", pin(SHOE), q=MEANT)
    publish("typed", boost(20, brand=["Acme"]), q=TYPED)
    publish("any", boost(20, brand=["Belmont"]))
    answer = search(q=TYPED, explain="true")
    assert (answer["corrected_query"], ids(answer)[0]) == (MEANT, SHOE)
    assert words_of(answer) == {"meant": "corrected", "typed": "typed", "any": None}
    assert words_of(search(q=MEANT, explain="true")) == {"meant": "typed", "any": None}


def test_who_insists_on_the_spelling_meets_no_rule_of_the_correction(
    search: Search, publish: Publish
) -> None:
    publish("meant", pin(SHOE), redirect("/mice"), q=MEANT)
    found = search(q=TYPED)
    assert (found["redirect"]["url"], found["applied_rules"]) == ("/mice", ["meant"])
    insisting = search(q=TYPED, spell="false")
    assert (insisting["redirect"], insisting["applied_rules"]) == (None, [])


def test_a_kept_answer_says_the_same(search: Search, publish: Publish) -> None:
    before = search(q=TYPED)
    publish("meant", pin(SHOE), q=MEANT)
    first, second = search(q=TYPED), search(q=TYPED)
    assert ids(first) == ids(second) != ids(before)
    assert first["applied_rules"] == second["applied_rules"] == ["meant"]


def test_words_of_the_correction_are_rewritten(search: Search, publish: Publish) -> None:
    publish("hubs", rewrite("wireless mouse", "hub"), q=MEANT)
    answer = search(q=TYPED, explain="true")
    assert answer["rewrite"] == {"original": TYPED, "rewritten": "hub", "rules": ["hubs"]}
    assert ids(answer) == ids(search(q="hub"))
    assert words_of(answer) == {"hubs": "corrected"}


def test_no_rule_rewrites_twice(search: Search, publish: Publish) -> None:
    either = [{"match": "contains", "text": text} for text in ("mose", "mouse")]
    publish(
        "one", rewrite("mose", "mouse"), rewrite("mouse", "hub"), conditions={"queries": either}
    )
    answer = search(q=TYPED, explain="true")
    assert answer["rewritten_query"] == "wireles mouse"
    assert (answer["corrected_query"], answer["applied_rules"]) == (MEANT, ["one"])
    # Another one may: what the first put in is what is searched for.
    publish("two", rewrite("wireless mouse", "hub"), q=MEANT)
    answer = search(q=TYPED)
    assert answer["rewrite"] == {"original": TYPED, "rewritten": "hub", "rules": ["one", "two"]}


def test_whoever_could_meet_it_is_exposed_in_either_arm(search: Search, publish: Publish) -> None:
    publish("meant", rewrite("wireless mouse", "hub"), q=MEANT)
    running("rules-off", None, OFF)
    found = by_variant(search, "rules-off", q=TYPED)
    assert {arm: each["applied_rules"] for arm, each in found.items()} == {"a": ["meant"], "b": []}
    assert exposed(*found.values()) == {True}


@pytest.mark.parametrize(
    ("knob", "put_in"), [("spelling", "hub"), ("understanding", "hub under 40")]
)
def test_an_experiment_on_reading_exposes_in_either_arm_what_a_rule_rewrote(
    search: Search, publish: Publish, knob: str, put_in: str
) -> None:
    """Whether arms differ in what is corrected, or in how they read what a rule makes of it."""
    typed, meant = "wireles", "wireless"
    publish("meant", rewrite(meant, put_in), q=meant)
    running("reading", None, {"search": {knob: False}})
    found = by_variant(search, "reading", q=typed)
    assert found["a"]["rewrite"]["rewritten"] == put_in
    assert ids(found["a"]) != ids(found["b"])
    assert exposed(*found.values()) == {True}


def test_a_rule_that_asks_for_a_variant_exposes_by_the_correction(
    search: Search, publish: Publish
) -> None:
    running("page", {"button": "green"}, {"button": "blue"})
    publish("blue-only", pin(SHOE), conditions={
        "queries": [{"match": "exact", "text": MEANT}],
        "variants": [{"experiment": "page", "variants": ["b"]}]})  # fmt: skip
    found = by_variant(search, "page", q=TYPED)
    assert {arm: each["applied_rules"] for arm, each in found.items()} == {
        "a": [], "b": ["blue-only"],
    }  # fmt: skip
    assert exposed(*found.values()) == {True}
    assert exposed(*by_variant(search, "page", q="hub").values()) == {False}


def test_preview_and_board_show_it(search: Search) -> None:
    """Before it is published."""
    search(q=TYPED)
    content: Json = {
        "title": "Meant",
        "conditions": {"queries": [{"match": "exact", "text": MEANT}]},
        "consequences": [pin(SHOE)],
    }
    rule, now = rule_parse("meant", 1, content), timezone.now()
    preview = rule_preview(rule=rule, occasion=RuleOccasion(TYPED), as_of=now)
    assert preview.acts
    assert preview.proposed[0].hit.document.product_id == SHOE
    assert [each.words for each in preview.acted.applied] == ["corrected"]
    board = board_compute(occasion=RuleOccasion(TYPED), key="meant", rule=rule, as_of=now)
    assert (board.rule_acts, board.proposed[0].document.product_id) == (True, SHOE)
