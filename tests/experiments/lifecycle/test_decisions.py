from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import ExperimentView, Outcome
from apps.experiments.contracts.surfaces import surface_unregister
from apps.experiments.models import Analysis
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.experiments import experiment_view, serving_rows
from apps.experiments.services.decision import experiment_decide, experiment_ship
from apps.experiments.services.lifecycle import experiment_complete
from tests.experiments.factories import NOW, experiment_make, experiment_running, people
from tests.experiments.lifecycle.surface import Shelf, shelf_registered

pytestmark = pytest.mark.django_db
KEY = "weights-test"
LATER = NOW + timedelta(days=14)


def analysed(view: ExperimentView) -> Analysis:
    return Analysis.objects.create(
        experiment_id=view.id,
        as_of=LATER,
        computed_at=LATER,
        action="ship",
        health="ok",
        document={"read": "on the day of the decision"},
    )


def variants(rows: int) -> list[dict[str, Any]]:
    return [
        {"key": "control", "weight": 0.5},
        {"key": "treatment", "weight": 0.5, "payload": {"rows": rows}},
    ]


def decide(**changes: Any) -> ExperimentView:
    maker, _ = people()
    values: dict[str, Any] = {
        "key": KEY,
        "outcome": "ship",
        "variant": "treatment",
        "text": "It sells more.",
        "actor": maker,
        "now": LATER,
    }
    return experiment_decide(**{**values, **changes})


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with shelf_registered() as surface:
        yield surface


def test_a_decision_ends_the_run_and_freezes_what_it_was_taken_on() -> None:
    latest = analysed(experiment_running())
    view = decide()
    assert (view.status, view.ended_at, view.phase) == (Status.COMPLETED, LATER, None)
    decision = view.decision
    assert decision is not None
    assert (decision.outcome, decision.variant, decision.text, decision.decided_by) == (
        Outcome.SHIP,
        "treatment",
        "It sells more.",
        "mara",
    )
    assert decision.analysis_id != latest.pk
    frozen = Analysis.objects.get(pk=decision.analysis_id)
    assert (frozen.frozen, frozen.latest, frozen.document) == (True, False, latest.document)
    Analysis.objects.filter(pk=latest.pk).update(document={})
    assert Analysis.objects.get(pk=frozen.pk).document
    assert [row.decision for row in serving_rows()] == [decision]
    line = activity(KEY)[-1]
    assert line.changes["decision.outcome"] == (None, "ship")


def test_shipping_hands_the_payload_to_its_surface(shelf: Shelf) -> None:
    maker, checker = people()
    analysed(experiment_running(surface="shelf", variants=variants(4)))
    view = decide(ship=True, actor=checker)
    (shipment,) = shelf.shipped
    assert (shipment.payload, shipment.maker_id, shipment.checker_id, shipment.actor_id) == (
        {"rows": 4},
        maker.pk,
        checker.pk,
        checker.pk,
    )
    assert "It sells more." in shipment.reason
    assert view.decision is not None
    assert view.decision.shipped == {"message": "4 rows from now on.", "rows": 4}
    assert activity(KEY)[-1].action == "shipped"
    with pytest.raises(Conflict) as caught:
        experiment_ship(key=KEY, actor=maker)
    assert caught.value.code == "shipped_already"


def test_a_refused_shipment_decides_nothing(shelf: Shelf) -> None:
    analysed(experiment_running(surface="shelf", variants=variants(12)))
    with pytest.raises(Conflict) as caught:
        decide(ship=True)
    assert (caught.value.code, caught.value.message) == (
        "ship_refused",
        "A shelf holds nine rows at most.",
    )
    view = experiment_view(KEY)
    assert (view.status, view.decision) == (Status.RUNNING, None)
    assert not Analysis.objects.filter(frozen=True).exists()
    decide()
    with pytest.raises(Conflict) as again:
        experiment_ship(key=KEY, actor=None)
    assert again.value.code == "ship_refused"
    surface_unregister(shelf.name)
    with pytest.raises(Conflict):
        experiment_ship(key=KEY, actor=None)


def test_shipping_later_and_without_a_surface() -> None:
    maker, _ = people()
    analysed(experiment_running())
    with pytest.raises(Conflict) as caught:
        experiment_ship(key=KEY, actor=maker)
    assert caught.value.code == "nothing_to_ship"
    experiment_complete(key=KEY, actor=maker, reason="long enough", now=LATER)
    decide()
    view = experiment_ship(key=KEY, actor=maker, now=LATER)
    assert view.decision is not None
    assert view.decision.shipped["served_as"] == "flag"


@pytest.mark.parametrize("outcome", ["roll_back", "inconclusive"])
def test_without_shipping_control_stays(outcome: str) -> None:
    analysed(experiment_running())
    view = decide(outcome=outcome, variant="")
    assert view.decision is not None
    assert view.decision.variant == "control"
    with pytest.raises(Conflict) as caught:
        decide()
    assert [each["code"] for each in caught.value.extra["requirements"]] == ["undecided"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "maybe"}, "outcome"),
        ({"variant": "nobody"}, "variant"),
        ({"variant": "control"}, "variant"),
        ({"outcome": "roll_back"}, "variant"),
        ({"text": " "}, "text"),
        ({"outcome": "roll_back", "variant": "", "ship": True}, "ship"),
    ],
)
def test_a_decision_that_does_not_fit_names_the_field(change: dict[str, Any], field: str) -> None:
    analysed(experiment_running())
    with pytest.raises(InvalidInput) as caught:
        decide(**change)
    assert caught.value.extra["field"] == field
    assert experiment_view(KEY).status is Status.RUNNING


def test_nothing_is_decided_without_a_run_and_an_analysis() -> None:
    experiment_make("draft")
    with pytest.raises(Conflict) as caught:
        decide(key="draft")
    assert caught.value.code == "status_refused"
    experiment_running()
    with pytest.raises(Conflict) as missing:
        decide()
    assert [each["code"] for each in missing.value.extra["requirements"]] == ["analysis"]


def test_payloads_are_read_by_their_surface(shelf: Shelf) -> None:
    del shelf
    wrong = [{"key": "control"}, {"key": "treatment", "payload": {"colour": "red"}}]
    with pytest.raises(InvalidInput) as caught:
        experiment_make(surface="shelf", variants=wrong)
    assert caught.value.extra["field"] == "variants[1].payload.rows"
    assert caught.value.extra["problems"][0]["message"] == "Say how many rows."
