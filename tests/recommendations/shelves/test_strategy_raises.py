"""A strategy that raises costs its own products, never the shelf."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.recommendations.contracts import Mix, Shopper, Shopping, Sourced
from apps.recommendations.contracts_answers import Fallback, ShelfAsk
from apps.recommendations.domain.recommending import recommend
from apps.recommendations.domain.shelf_comparison import ShelfOccasion
from apps.recommendations.selectors.strategies import strategies_known
from apps.recommendations.services.evaluating import stage_set
from apps.recommendations.services.evaluating_served import lists_served
from apps.recommendations.services.placement_preview import shelf_preview
from apps.recommendations.services.viewed import viewed_items
from tests.recommendations.shelves.conftest import Shelf
from tests.recommendations.shelves.stage import Finds, S, placement_of, world_of
from tests.recommendations.shelves.test_domain_recommending import ids
from tests.recommendations.taste_groups import PRODUCTS, purchases_ingest
from tests.recommendations.test_recsys_eval import catalogue_of


class Broken:
    """A plug-in with a bug."""

    title = "Broken"

    def __init__(self, name: S) -> None:
        self.name = name

    def __call__(self, shopping: Shopping) -> Sourced:
        raise ZeroDivisionError(len(shopping.context))


def counted(name: str) -> float:
    labels = {"component": "recommendations", "reason": f"strategy:{name}"}
    return REGISTRY.get_sample_value("endcap_degraded_total", labels) or 0.0


@pytest.mark.parametrize("mix", list(Mix))
def test_the_others_make_the_shelf(mix: Mix) -> None:
    placement = placement_of(S.TRENDING, S.SIMILAR, mix=mix)
    world = world_of(Finds(S.SIMILAR, "p3"), placement=placement)
    both = {**world.strategies, S.TRENDING: Broken(S.TRENDING)}
    found = recommend(ShelfAsk(k=1), replace(world, strategies=both))
    assert ids(found) == ["p3"]
    assert [(each.name, type(each.error)) for each in found.failed] == [
        (S.TRENDING, ZeroDivisionError)
    ]
    assert not found.fallback


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The strategies that every shipped shelf of these tests begins with."""
    for name in (S.FOR_YOU, S.RECENTLY_VIEWED, S.SIMILAR):
        monkeypatch.setitem(strategies_known(), name, Broken(name))


@pytest.mark.usefixtures("catalogue", "broken")
def test_the_route_answers_says_so_and_counts(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("for_you")
    answer = shelf("home")
    assert answer["items"]
    assert answer["degraded"] == ["strategy:for_you"]
    assert answer["fallback"] == [Fallback.POPULAR.value]
    assert counted("for_you") == before + 1
    assert "strategy_raised" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.usefixtures("catalogue", "broken")
def test_what_was_viewed_and_previews_bear_it() -> None:
    before = counted("recently_viewed")
    assert viewed_items(shopper=Shopper(), k=3, as_of=timezone.now()) == ()
    assert counted("recently_viewed") == before + 1
    compared = shelf_preview(draft=placement_of(S.FOR_YOU), occasion=ShelfOccasion())
    assert compared.draft.items
    assert "Failed, and found nothing: strategy:for_you." in compared.notes


@pytest.mark.django_db
@pytest.mark.usefixtures("broken")
def test_an_evaluation_does_not_judge_what_is_broken() -> None:
    now = timezone.now()
    catalogue_of(PRODUCTS)
    purchases_ingest(now)
    with pytest.raises(ZeroDivisionError):
        lists_served(stage_set(cut=now - timedelta(days=20)))
