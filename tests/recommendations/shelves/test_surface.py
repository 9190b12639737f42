"""Recommendations as a surface of experiments: checked, told, filled, shipped."""

from typing import Any

import pytest

from apps.access.models import User
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.surfaces import Shipment, ShipRefused, surface_named
from apps.experiments.services.qa_tokens import qa_link_make
from apps.publishing.selectors import live_version
from apps.recommendations.contracts import Mix, PlacementName, StrategyName
from apps.recommendations.selectors.placements import placement_named
from apps.recommendations.services.shelf_surface import RecommendationsSurface
from tests.recommendations.shelves.conftest import Shelf
from tests.recommendations.shelves.test_serving import exposures, shelves
from tests.search.rules.conftest import Publish, publish  # noqa: F401 - a fixture, by its name
from tests.search.rules.doing import hide

SURFACE = RecommendationsSurface()
PAYLOAD: dict[str, Json] = {
    "recommendations": {
        "placements": ["home"],
        "strategies": ["popular", {"name": "trending", "weight": 0.5}],
        "mix": "blend",
        "diversity": 0.6,
    }
}


def shipped(payload: Json) -> Any:
    maker, checker = (User.objects.create_user(name) for name in ("maker", "checker"))
    return SURFACE.ship(Shipment("e", "b", payload, maker.pk, checker.pk, checker.pk, "it won"))


def test_it_is_registered() -> None:
    assert isinstance(surface_named("recommendations"), RecommendationsSurface)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (None, None),
        (PAYLOAD, None),
        ("text", ""),
        ({"recommendations": {"mix": "no"}}, "recommendations.mix"),
        ({"recommendations": {"rules": {"without": ["gone"]}}}, "recommendations.rules.without"),
        ({"ranking": {"weight_set": {"subject": "global", "number": 9}}}, "ranking.weight_set"),
    ],
)
def test_payloads_are_checked(payload: Json, field: str | None) -> None:
    assert [one.field for one in SURFACE.payload_check(payload)] == (
        [] if field is None else [field]
    )


@pytest.mark.django_db
def test_the_form_and_back() -> None:
    names = {field.name for field in SURFACE.payload_fields()}
    filled = SURFACE.payload_to_form(PAYLOAD)
    assert set(filled) <= names
    assert SURFACE.payload_from_form(filled) == PAYLOAD
    assert SURFACE.payload_to_form({"recommendations": 3}) == {}
    assert "Strategies: popular, trending:0.5." in SURFACE.payload_words(PAYLOAD)
    assert SURFACE.payload_words({"recommendations": 3}).startswith("Cannot be used")


@pytest.mark.django_db
def test_a_winner_becomes_the_placement() -> None:
    receipt = shipped(PAYLOAD)
    assert receipt.message == "Placement home version 1 is published."
    live = placement_named(PlacementName.HOME)
    assert [use.name for use in live.strategies] == [StrategyName.POPULAR, StrategyName.TRENDING]
    assert (live.mix, live.diversity, live.number) == (Mix.BLEND, 0.6, 1)
    assert live_version(kind="placements", subject="cart") is None


@pytest.mark.django_db
def test_what_cannot_ship_says_why() -> None:
    with pytest.raises(ShipRefused, match="setting of the installation"):
        shipped({"personalisation": {"session": False}})
    person = User.objects.create_user("other")
    refused: list[tuple[Json, str]] = [
        ({"recommendations": 3}, "must be an object"),
        ({"recommendations": {"rules": {"enabled": False}}}, "no rules at all"),
    ]
    for payload, why in refused:
        with pytest.raises(ShipRefused, match=why):
            SURFACE.ship(Shipment("e", "b", payload, None, None, person.pk, "it won"))


@pytest.mark.django_db
def test_nothing_changed_publishes_nothing() -> None:
    assert shipped(None).message == "The variant leaves shelves as it is: nothing is published."


@pytest.mark.usefixtures("catalogue")
def test_rules_may_ask_for_a_variant_and_that_exposes(shelf: Shelf, publish: Publish) -> None:  # noqa: F811 - the fixture of that name
    shelves("rules", None, None)
    publish(
        "hides",
        hide(category=["fashion"]),
        conditions={"variants": [{"experiment": "rules", "variants": ["b"]}]},
    )
    seen = {}
    for number in range(12):
        answer = shelf(client_id=f"c{number}", k=100)
        paths = {item["category"] for item in answer["items"]}
        seen[answer["experiments"][0]["variant"]] = "fashion/shoes" in paths
    assert seen == {"a": True, "b": False}
    assert len(exposures()) == 12


@pytest.mark.usefixtures("catalogue")
def test_switched_rules_expose_where_one_may_act(shelf: Shelf, publish: Publish) -> None:  # noqa: F811 - likewise
    shelves("off", None, {"recommendations": {"rules": {"enabled": False}}})
    shelf(client_id="c1")
    assert not exposures()
    publish("hides", hide("p-3-0"), conditions={"categories": ["fashion"]})
    shelf(client_id="c1")
    shelf(client_id="c1", category="fashion")
    assert len(exposures()) == 2  # whatever the category: it may be the arm's own doing


@pytest.mark.usefixtures("catalogue")
def test_weights_expose_where_they_differ(shelf: Shelf) -> None:
    fresh = {"ranking": {"weights": {"freshness_score": 1.0}}}
    shelves("differ", None, fresh)
    shelves("same", fresh, fresh)
    shelf(client_id="c1")
    assert [one.experiment for one in exposures()] == ["differ"]


@pytest.mark.usefixtures("catalogue")
def test_what_qa_asks_for_is_shown_and_not_counted(shelf: Shelf) -> None:
    shelves("looks", None, {"recommendations": {"diversity": 0.1}})
    token = qa_link_make(key="looks", variant="b", actor=None).token
    answer = shelf(client_id="c1", qa=token)
    assert answer["experiments"][0]["variant"] == "b"
    assert answer["experiments"][0]["forced"] is True
    assert not exposures()
