"""The lived days: the shop answers as it does over HTTP, and what is played is stored once."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from pytest_django import Settings

from apps.demo.contracts import FloatArray, HistoryConfig, ShopperConfig
from apps.demo.domain import lived as days
from apps.demo.domain.browsing import SeenHit, hit_utilities, hits_play
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.domain.history import history_play
from apps.demo.domain.latents import loyalties
from apps.demo.domain.lived import LivedScene, LivedSearch, lived_days, lived_visits
from apps.demo.domain.lived_experiments import SEARCH_KEY, SHELF_KEY
from apps.demo.services import seed
from apps.demo.services.catalogue import catalogue_store
from apps.demo.services.credentials import credentials_ensure
from apps.demo.services.lived import TOO_SHORT, days_live, lived_from, recommender_before
from apps.demo.services.stages import DemoPlan
from apps.experiments.services.analysis import results_for
from apps.jobs.services import job_run_now

AS_OF = datetime(2026, 11, 21, 10, tzinfo=UTC)
PLAN = DemoPlan(products=80, days=8, seed=5, as_of=AS_OF)


def _nothing(_done: int, _total: int, _message: str) -> None:
    """Nobody watches."""


def _stored() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, count(*) FROM events_event GROUP BY 1")
        return dict(cursor.fetchall())


def test_a_quarter_of_the_days_is_lived_and_two_weeks_at_most() -> None:
    assert [lived_days(each) for each in (1, 8, 30, 60, 400)] == [0, 2, 7, 14, 14]
    assert (AS_OF - lived_from(PLAN)).days == 2


def test_visits_come_in_time_and_the_same_again() -> None:
    catalogue = catalogue_generate(seed=5, count_wanted=80, as_of=AS_OF)
    history = HistoryConfig(days=8, sessions_per_day=80, shoppers=300)
    config = ShopperConfig(seed=5)
    before, _ = history_play(catalogue, as_of=AS_OF, shopper=config, history=history)
    made = [
        lived_visits(
            catalogue,
            until=AS_OF.timestamp(),
            shopper=config,
            history=history,
            days=2,
            before=before,
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]
    moments = [visit.moment for visit in made[0]]
    assert len(moments) > 40
    # Who came often comes often.
    came = np.bincount(before.shopper, minlength=300)
    assert np.mean([came[visit.shopper] for visit in made[0]]) > 1.1 * came.mean()
    assert moments == sorted(moments)
    assert moments[0] > lived_from(PLAN).timestamp() - 60.0
    for visit in made[0]:
        looks = [look.moment for look in visit.looks]
        assert looks == sorted(looks)
        assert looks[-1] < AS_OF.timestamp()
        assert len({type(look) for look in visit.looks}) == 1
    searched = [isinstance(one.looks[0], LivedSearch) for one in made[0]]
    assert 0.4 < np.mean(searched) < 0.8
    # A habit is the shopper's, not the visit's.
    habits = {(one.shopper, found) for one, found in zip(made[0], searched, strict=True)}
    assert len(habits) == len({one.shopper for one in made[0]})
    paths = {product.category_path for product in catalogue.products}
    assert {visit.category for visit in made[0]} <= paths


@pytest.mark.django_db(transaction=True)
def test_the_days_are_lived_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    settings.RECOMMENDER_SEARCH_S = 0
    monkeypatch.setattr(days, "SESSIONS_PER_DAY", 30)
    credentials_ensure(origins=("http://127.0.0.1:8000",))
    catalogue = catalogue_generate(seed=5, count_wanted=80, as_of=AS_OF)
    catalogue_store(catalogue)
    seed._history_store(PLAN, catalogue, lambda _: None)
    job_run_now(job_name="features_refresh")
    assert "interactions" in recommender_before(PLAN)
    before = _stored()
    said = days_live(PLAN, catalogue, _nothing, workers=1)
    assert said.endswith("2 experiments")
    lived = {kind: count - before.get(kind, 0) for kind, count in _stored().items()}
    assert min(lived["impression"], lived["search"], lived["click"]) > 10
    assert lived["exposure"] > 60
    for key in (SEARCH_KEY, SHELF_KEY):
        results = results_for(key=key, as_of=AS_OF)
        assert len(results.variants) == 2
        assert min(results.units.values()) > 5
    stored = _stored()
    days_live(PLAN, catalogue, _nothing, workers=1)
    assert _stored() == stored


def test_a_short_history_is_not_lived() -> None:
    short = DemoPlan(products=80, days=2, seed=5, as_of=AS_OF)
    catalogue = catalogue_generate(seed=5, count_wanted=80, as_of=AS_OF)
    assert recommender_before(short) == days_live(short, catalogue, _nothing) == TOO_SHORT


def test_brands_and_products_that_a_shopper_comes_back_to_gain() -> None:
    catalogue = catalogue_generate(seed=5, count_wanted=80, as_of=AS_OF)
    config = ShopperConfig(seed=5, noise_scale=0.0)
    hits = [
        SeenHit(
            one.product_id,
            at,
            one.category_path,
            one.brand,
            float(one.price),
            None,
            "EUR",
            0.5,
            1.0,
        )
        for at, one in enumerate(catalogue.products, start=1)
    ]

    def utilities(config: ShopperConfig, *looked: str) -> FloatArray:
        rng = np.random.default_rng(1)
        return hit_utilities(rng, hits, shopper_id="a", config=config, looked=looked)

    plain = utilities(replace(config, loyalty=0.0))
    loyal = utilities(config) - plain
    brands = sorted({hit.brand for hit in hits})
    own = loyalties(5, ["a"], brands, config.loyal_share)[0]
    liked = {brand for brand, likes in zip(brands, own, strict=True) if likes}
    assert 0 < len(liked) < len(brands)
    assert loyal == pytest.approx([config.loyalty * (hit.brand in liked) for hit in hits])
    seen = utilities(config, hits[3].product_id) - utilities(config)
    assert seen == pytest.approx([config.comes_back * (at == 3) for at in range(len(hits))])


def test_nobody_wants_twice_in_a_visit_what_they_have_just_bought() -> None:
    hit = SeenHit("a", 1, "books/novels", "Acme", 10.0, None, "EUR", 1.0, 1.0)
    eager = ShopperConfig(seed=5, click_bias=50.0, cart_bias=50.0, purchase_chance=1.0)

    def units(*bought: str) -> int:
        rng = np.random.default_rng(1)
        played = hits_play(rng, [hit], shopper_id="a", config=eager, bought=bought)
        return int(played.units[0, 0])

    assert units() > 0
    assert units("a") == 0


def test_what_is_played_can_be_handed_to_another_process() -> None:
    catalogue = catalogue_generate(seed=5, count_wanted=80, as_of=AS_OF)
    scene = LivedScene(catalogue, (), AS_OF, AS_OF, 5, Path("somewhere"))
    assert pickle.loads(pickle.dumps(scene)) == scene  # noqa: S301 - our own, a moment ago
