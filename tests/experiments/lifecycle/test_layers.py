import pytest

from apps.common.errors import Conflict, InvalidInput
from apps.experiments.models import LayerClaim
from apps.experiments.selectors.layers import holdout_live, layer_view, layers_view
from apps.experiments.services.layers import (
    holdout_approve,
    holdout_draft,
    holdout_publish,
    holdout_reject,
    holdout_submit,
    holdout_withdraw,
    layer_create,
    layer_describe,
)
from apps.experiments.services.lifecycle import (
    experiment_complete,
)
from tests.experiments.factories import (
    experiment_running,
    people,
)
from tests.experiments.lifecycle.steps import KEY, after, change, phase_of

pytestmark = pytest.mark.django_db


def test_a_layer_is_held_and_given_back() -> None:
    maker, _ = people()
    made = layer_create(name="checkout", description="All of checkout.", actor=maker)
    assert made.free == ((0.0, 1.0),)
    with pytest.raises(Conflict) as caught:
        layer_create(name="checkout", actor=maker)
    assert caught.value.code == "layer_exists"
    with pytest.raises(InvalidInput) as bad:
        layer_create(name="no spaces", actor=maker)
    assert bad.value.extra["field"] == "name"
    assert layer_describe(name="checkout", description="Other", actor=maker).description == "Other"
    experiment_running(layer={"name": "checkout", "low": 0.1, "high": 0.35})
    (view,) = layers_view()
    assert view.free == ((0.0, 0.1), (0.35, 1.0))
    assert [(claim.experiment, claim.low, claim.high) for claim in view.claims] == [
        (KEY, 0.1, 0.35)
    ]
    with pytest.raises(Conflict) as missing:
        experiment_running("second", layer={"name": "checkout", "low": 0.3, "high": 0.5})
    assert [each["code"] for each in missing.value.extra["requirements"]] == ["layer_free"]
    moved = change(layer={"name": "checkout", "low": 0.5, "high": 0.6})
    assert phase_of(moved).layer == ("checkout", 0.5, 0.6)
    assert layer_view("checkout").claims[0].low == 0.5
    experiment_complete(key=KEY, actor=maker, reason="x", now=after(9))
    assert LayerClaim.objects.count() == 0


def holdout_set(share: float, *, redraw: bool = False) -> None:
    maker, checker = people()
    holdout_draft(share=share, redraw=redraw, actor=maker)
    holdout_submit(actor=maker)
    holdout_approve(actor=checker)
    holdout_publish(actor=maker, reason="a test")


def test_a_phase_freezes_the_holdout() -> None:
    assert holdout_live().share == 0
    holdout_set(0.05)
    salt = holdout_live().salt
    first = phase_of(experiment_running(coverage=0.1))
    assert (first.holdout_salt, first.holdout_share) == (salt, 0.05)
    assert phase_of(experiment_running("outside", holdout=False)).holdout_share == 0
    holdout_set(0.1)
    assert (holdout_live().salt, holdout_live().share) == (salt, 0.1)
    wider = phase_of(change(coverage=0.5))
    assert wider.holdout_share == 0.05
    moved = phase_of(change(2, coverage=0.5, targeting={"country": "NL"}))
    assert moved.holdout_share == 0.1
    holdout_set(0.1, redraw=True)
    assert holdout_live().salt != salt


def test_the_holdout_s_way() -> None:
    maker, checker = people()
    with pytest.raises(Conflict) as caught:
        holdout_submit(actor=maker)
    assert caught.value.code == "nothing_waits"
    holdout_draft(share=0.1, actor=maker)
    assert holdout_draft(share=0.2, actor=maker).number == 1
    assert holdout_draft(share=0.2, actor=checker).number == 2
    holdout_submit(actor=checker)
    with pytest.raises(Conflict):
        holdout_draft(share=0.3, actor=maker)
    holdout_withdraw(actor=checker)
    holdout_submit(actor=checker)
    holdout_reject(actor=maker, reason="Too much.")
    for share in (0.6, True):
        with pytest.raises(InvalidInput) as bad:
            holdout_draft(share=share, actor=maker)
        assert bad.value.extra["field"] == "share"
