"""Search as a surface of experiments: the form, the checks, the words, and what is shipped."""

from typing import Any

import pytest
from pytest_django import Settings

from apps.common.errors import InvalidInput
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.surfaces import Shipment, ShipRefused, surface_named
from apps.publishing.selectors import live_version, subject_versions
from apps.publishing.services import draft_create, version_publish, version_rollback
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS
from apps.ranking_weights.selectors import published_weight_sets
from apps.ranking_weights.services import weights_draft_create
from apps.recommendations.contracts import Personalisation
from apps.search.contracts import FusionMethod
from apps.search.domain.fusion import Fusion
from apps.search.domain.overrides import SearchSettings
from apps.search.selectors.configuration import search_settings
from apps.search.services.surface import SearchSurface
from tests.experiments.factories import people
from tests.search.experimenting import FRESH, GLOBAL, MATCH, weights_publish
from tests.search.types import Search

pytestmark = pytest.mark.usefixtures("catalogue")
surface = SearchSurface()


def shipment(payload: Any, **changes: Any) -> Shipment:
    maker, checker = people()
    values: dict[str, Any] = {
        "experiment": "fresh", "variant": "b", "payload": payload, "maker_id": maker.pk,
        "checker_id": checker.pk, "actor_id": maker.pk, "reason": "It sold better.",
    }  # fmt: skip
    return Shipment(**{**values, **changes})


def test_it_is_registered() -> None:
    found = surface_named("search")
    assert found is not None
    assert (found.name, found.title) == ("search", "Search")


def test_the_form_offers_what_is_published_and_drafted() -> None:
    weights_publish("electronics", FRESH)
    draft = weights_draft_create(subject="fashion", weights=MATCH, actor=None)
    fields = {field.name: field for field in surface.payload_fields()}
    choices = dict(fields["weights_from"].choices)
    assert choices["version:1:electronics"] == "electronics, version 1"
    assert f"draft:{draft.id}" in choices
    assert {"", "global", "own"} <= set(choices)
    assert ("fashion/shoes", "fashion/shoes") in fields["weights_for"].choices
    copied = surface.payload_from_form({"weights_from": f"draft:{draft.id}"})
    assert copied == {"ranking": {"weights": MATCH, "subject": "fashion"}}
    assert surface.payload_check(copied) == ()
    filled = surface.payload_to_form(copied)
    assert (filled["weights_from"], filled["weights_for"]) == ("own", "fashion")
    assert surface.payload_from_form(filled) == copied
    picked = surface.payload_from_form({"weights_from": "version:1:electronics"})
    assert picked == {"ranking": {"weight_set": {"subject": "electronics", "number": 1}}}
    assert surface.payload_check(picked) == ()
    chosen = surface.payload_to_form(picked)
    assert chosen["weights_from"] == "version:1:electronics"
    assert surface.payload_from_form(chosen) == picked
    assert surface.payload_from_form({"weights_from": "draft:0"}) is None
    assert surface.payload_to_form({"ranking": 1}) == {}


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ("green", ""),
        ({"search": {"semantic": 1}}, "search.semantic"),
        ({"ranking": {"weight_set": {"subject": "global", "number": 9}}}, "ranking.weight_set"),
        ({"ranking": {"weights": FRESH, "subject": "nowhere"}}, "ranking.subject"),
    ],
)
def test_what_cannot_be_used_is_named(payload: Json, field: str) -> None:
    (problem,) = surface.payload_check(payload)
    assert problem.field == field
    assert problem.message


def test_what_can_be_used() -> None:
    weights_publish("global", FRESH)
    usable: list[Any] = [
        None,
        GLOBAL,
        {"button": "green"},
        {"ranking": {"weight_set": {"subject": "global", "number": 1}}},
        {"ranking": {"weights": FRESH, "subject": "electronics/mice"}},
    ]
    for payload in usable:
        assert surface.payload_check(payload) == ()
    assert surface.payload_words(None) == "Search stays as it is."
    assert "global weights" in surface.payload_words(GLOBAL)
    read: Any = {"search": {"understanding": False, "spelling": True}}
    assert surface.payload_words(read) == (
        "Query understanding is off. Spelling correction is on."
    )
    assert surface.payload_words({"search": 1}).startswith("Cannot be used: search")


def test_numbers_become_a_published_set_with_maker_and_checker() -> None:
    maker, checker = people()
    receipt = surface.ship(shipment({"ranking": {"weights": FRESH, "subject": "electronics"}}))
    live = live_version(kind="ranking_weights", subject="electronics")
    assert live is not None
    assert live.content == {"weights": FRESH}
    assert (live.created_by, live.reviewed_by) == (maker.username, checker.username)
    assert live.reason == "It sold better."
    assert receipt.record == {
        "published": [
            {"kind": "ranking_weights", "subject": "electronics", "number": 1, "new": True}
        ]
    }
    again = surface.ship(shipment({"ranking": {"weights": FRESH, "subject": "electronics"}}))
    assert "live already" in again.message
    assert len(subject_versions(kind="ranking_weights", subject="electronics")) == 1


def test_a_former_version_becomes_the_live_one_again() -> None:
    weights_publish("global", FRESH)
    weights_publish("global", MATCH)
    surface.ship(shipment({"ranking": {"weight_set": {"subject": "global", "number": 1}}}))
    assert published_weight_sets()["global"].weights == FRESH
    assert published_weight_sets()["global"].number == 3


def test_global_everywhere_gives_every_category_the_global_numbers() -> None:
    weights_publish("electronics", FRESH)
    weights_publish("fashion", MATCH)
    receipt = surface.ship(shipment(GLOBAL))
    sets = published_weight_sets()
    assert {subject: one.weights for subject, one in sets.items()} == {
        "electronics": DEFAULT_WEIGHTS,
        "fashion": DEFAULT_WEIGHTS,
    }
    assert receipt.message.count("published") == 2


def test_overrides_become_published_settings(search: Search, settings: Settings) -> None:
    settings.SEARCH_FUSION = "max"
    assert search_settings() == SearchSettings(Fusion(FusionMethod.MAX))
    receipt = surface.ship(shipment({"search": {"semantic": False}}))
    expected = SearchSettings(Fusion(FusionMethod.MAX), semantic=False, number=1)
    assert search_settings() == expected
    assert receipt.message == "Search settings version 1 is published."
    answer = search(q="mouse")
    assert answer["matching"]["semantic"] is False
    assert answer["degraded"] == []
    surface.ship(shipment({"search": {"semantic": True}}))
    assert search(q="mouse")["degraded"] == ["semantic"]
    version_rollback(
        kind="search_settings", subject="default", to_number=1, actor=None, reason="worse"
    )
    assert search_settings().semantic is False


def test_what_follows_the_shopper_is_shipped_as_it_was_tried_and_rolled_back() -> None:
    surface.ship(shipment({"search": {"synonyms": False}}))
    surface.ship(shipment({"personalisation": {"revisit_weight": 0.4}}))
    assert search_settings().personalisation == Personalisation(revisit_weight=0.4)
    assert search_settings().synonyms is False
    version_rollback(
        kind="search_settings", subject="default", to_number=1, actor=None, reason="worse"
    )
    assert search_settings().personalisation == Personalisation()


def test_a_variant_that_changes_nothing_publishes_nothing() -> None:
    receipt = surface.ship(shipment(None))
    assert receipt.record == {"published": []}
    assert "nothing is published" in receipt.message


def test_publishings_rule_of_two_people_holds(settings: Settings) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    payload = {"ranking": {"weights": FRESH}, "search": {"semantic": False}}
    maker, _ = people()
    for checker in (None, maker.pk):
        with pytest.raises(ShipRefused):
            surface.ship(shipment(payload, checker_id=checker))
    assert live_version(kind="ranking_weights", subject="global") is None
    surface.ship(shipment(payload))
    assert search_settings().semantic is False


@pytest.mark.parametrize(
    "payload",
    [{"ranking": 1}, {"ranking": {"weight_set": {"subject": "global", "number": 9}}}],
)
def test_what_cannot_be_shipped_is_refused(payload: Json) -> None:
    with pytest.raises(ShipRefused):
        surface.ship(shipment(payload))


def test_a_system_without_people_ships_where_no_review_is_required() -> None:
    surface.ship(
        shipment({"search": {"synonyms": False}}, maker_id=None, checker_id=None, actor_id=None)
    )
    assert search_settings().synonyms is False


def test_settings_are_versions_like_any_other(settings: Settings) -> None:
    with pytest.raises(InvalidInput):
        draft_create(
            kind="search_settings", subject="other", content={"semantic": False}, actor=None
        )
    with pytest.raises(InvalidInput):
        draft_create(
            kind="search_settings", subject="default", content={"keyword_weight": 2}, actor=None
        )
    draft = draft_create(
        kind="search_settings", subject="default", content={"fusion": "weighted"}, actor=None
    )
    assert search_settings().number == 0
    version_publish(kind="search_settings", version_id=draft.id, actor=None, reason="a test")
    assert search_settings().fusion.method is FusionMethod.WEIGHTED
