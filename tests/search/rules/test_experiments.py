"""Rules under experiment: switched by variants, asked for by rules, exposed, shipped."""

import pytest
from django.utils import timezone

from apps.experiments.contracts.surfaces import Shipment, ShipRefused
from apps.merchandising.contracts_rules import RuleState
from apps.merchandising.selectors import rule_book
from apps.merchandising.selectors_rules import rule_view
from apps.search.services.surface import SearchSurface
from tests.experiments.factories import people
from tests.search.experimenting import left_behind, running
from tests.search.rules.conftest import Publish
from tests.search.rules.doing import banner, boost, hide, ids, pin
from tests.search.test_experiments import by_variant
from tests.search.types import Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")
OFF: Json = {"search": {"rules": {"enabled": False}}}


def exposed(*answers: Json) -> set[bool]:
    """Whether each answer exposed anybody."""
    _, events = left_behind()
    told = {event.query_id for event in events}
    return {answer["query_id"] in told for answer in answers}


@pytest.mark.parametrize(("query", "differ"), [("mouse", True), ("hub", False)])
def test_rules_on_against_off_is_exposed_where_a_rule_may_act(
    search: Search, publish: Publish, query: str, differ: bool
) -> None:
    publish("no-acme", hide(brand=["Acme"]), q="mouse")
    running("rules-off", None, OFF)
    found = by_variant(search, "rules-off", q=query)
    assert (ids(found["a"]) != ids(found["b"])) is differ
    assert found["a"]["applied_rules"] == (["no-acme"] if differ else [])
    assert found["b"]["applied_rules"] == []
    assert exposed(*found.values()) == {differ}


def test_a_rule_that_waits_for_an_experiment_acts_in_its_variant_only(
    search: Search, publish: Publish
) -> None:
    publish("trial", pin("p-1-1"), q="mouse", reach="experiments", campaign="autumn")
    publish("always", banner("top"), q="mouse")
    assert search(q="mouse")["applied_rules"] == ["always"]
    running("try", None, {"search": {"rules": {"with": ["campaign:autumn"]}}})
    found = by_variant(search, "try", q="mouse")
    assert found["a"]["applied_rules"] == ["always"]
    assert set(found["b"]["applied_rules"]) == {"always", "trial"}
    assert ids(found["b"])[0] == "p-1-1"
    assert exposed(*found.values()) == {True}


def test_a_rule_left_out_exposes_only_where_it_may_act(search: Search, publish: Publish) -> None:
    publish("mice", hide("p-0-0"), q="mouse")
    publish("hubs", hide("p-2-1"), q="hub")
    running("without", None, {"search": {"rules": {"without": ["mice"]}}})
    mouse = by_variant(search, "without", q="mouse")
    assert exposed(*mouse.values()) == {True}
    hub = by_variant(search, "without", q="hub")
    assert hub["a"]["applied_rules"] == hub["b"]["applied_rules"] == ["hubs"]
    assert exposed(*hub.values()) == {False}


def test_a_rule_may_ask_for_a_variant_of_an_experiment_that_turns_nothing_else(
    search: Search, publish: Publish
) -> None:
    running("page", {"button": "green"}, {"button": "blue"})
    asked = [{"experiment": "page", "variants": ["b"]}]
    publish("blue-only", pin("p-1-1"), conditions={
        "queries": [{"match": "exact", "text": "mouse"}], "variants": asked})  # fmt: skip
    found = by_variant(search, "page", q="mouse")
    assert found["a"]["applied_rules"] == []
    assert found["b"]["applied_rules"] == ["blue-only"]
    assert exposed(*found.values()) == {True}
    assert exposed(*by_variant(search, "page", q="hub").values()) == {False}


def test_interleaving_with_and_without_a_rule_leaves_common_pins_alone(
    search: Search, publish: Publish
) -> None:
    publish("pinned", pin("p-3-0", 2), pin("p-3-1", 5), q="mouse")
    publish("belmont", boost(100, brand=["Belmont"]), q="mouse")
    payload: Json = {"search": {"rules": {"without": ["belmont"]}}}
    running("draft", None, payload, kind="interleaving")
    drafts = set()
    for number in range(12):
        answer = search(q="mouse", client_id=f"c{number}", explain="true", per_page=10)
        found = ids(answer)
        assert (found[1], found[4]) == ("p-3-0", "p-3-1")
        assert len(set(found)) == len(found) == 10
        steps = answer["hits"][1]["explanation"]["steps"]
        assert (steps[-1]["from_rank"], steps[-1]["detail"]) == (2, "both lists agree")
        drafts.add(tuple(found))
    assert len(drafts) > 1
    assert set(answer["applied_rules"]) == {"pinned", "belmont"}
    entries, _ = left_behind()
    teams = entries[0].experiments[0]["teams"]
    assert isinstance(teams, dict)
    assert not {"p-3-0", "p-3-1"} & set(teams)


def test_payloads_are_checked_told_and_filled_in(publish: Publish) -> None:
    surface = SearchSurface()
    publish("known", hide("p-0-0"), campaign="autumn")
    good: Json = {"search": {"rules": {"enabled": True, "without": ["known", "campaign:autumn"]}}}
    assert surface.payload_check(good) == ()
    told = "Without the rules of campaign 'autumn', known."
    assert surface.payload_words(good) == told
    form = dict(surface.payload_to_form(good))
    assert form == {
        "rules": "on", "rules_without": "campaign:autumn known", "rules_with": "",
    }  # fmt: skip
    assert surface.payload_check(surface.payload_from_form(form)) == ()
    assert surface.payload_from_form({"rules": "off"}) == OFF
    fields = {field.name: field for field in surface.payload_fields()}
    assert "known, campaign:autumn" in fields["rules_without"].help
    for payload, field in (
        ({"without": ["nobody"]}, "search.rules.without"),
        ({"with": ["campaign:none"]}, "search.rules.with"),
        ({"with": "known"}, "search.rules.with"),
        ({"with": ["Not a key"]}, "search.rules.with.0"),
        ({"enabled": 1}, "search.rules.enabled"),
        ({"enabled": False, "with": ["known"]}, "search.rules.enabled"),
        ({"with": ["known"], "without": ["known"]}, "search.rules.with"),
        ({"only": []}, "search.rules.only"),
        ([], "search.rules"),
    ):
        (problem,) = surface.payload_check({"search": {"rules": payload}})  # type: ignore[dict-item]  # wrong on purpose
        assert problem.field == field, payload


def test_the_winners_rules_reach_everyone_or_are_retired(publish: Publish, search: Search) -> None:
    publish("trial", pin("p-1-1"), q="mouse", reach="experiments")
    publish("old", pin("p-1-4"), q="mouse")
    maker, checker = people()

    def shipment(rules: Json) -> Shipment:
        return Shipment("try", "b", {"search": {"rules": rules}}, maker.pk, checker.pk, maker.pk,
                        "It sold better.")  # fmt: skip

    receipt = SearchSurface().ship(shipment({"with": ["trial"], "without": ["old"]}))
    assert receipt.message == "Rule trial version 2 is published. Rule old version 2 is published."
    assert [rule.key for rule in rule_book().rules()] == ["trial"]
    assert ids(search(q="mouse"))[0] == "p-1-1"
    assert rule_view("old", as_of=timezone.now()).state is RuleState.RETIRED
    with pytest.raises(ShipRefused, match="one by one"):
        SearchSurface().ship(shipment({"enabled": False}))
    with pytest.raises(ShipRefused, match="not published any more"):
        SearchSurface().ship(shipment({"without": ["old"]}))
    assert SearchSurface().ship(shipment({"with": ["trial"]})).record == {"published": []}
