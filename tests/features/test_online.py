"""Reading features: what Redis answers, what stands in for it, and that all of them agree."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.common.redis import redis_client, redis_forget_connections
from apps.events.services.partitions import partitions_ensure
from apps.features.contracts_store import EntityUnknown
from apps.features.selectors import serving_snapshot
from apps.features.selectors_online import products_read, users_read
from apps.features.selectors_past import snapshot_past
from apps.features.selectors_state import store_state
from apps.features.services_check import features_check
from apps.jobs.services import job_run_now
from tests.features.catalogue import product_create
from tests.features.reading import IDS, counted, products, refresh, shop_with_a_past, users
from tests.features.shop import NOW, happen, shown
from tests.redis_writes import writes_recorded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    shop_with_a_past()


def test_a_batch_is_one_round_trip_and_no_statement(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert refresh().online == 6
    store_state()
    hits = counted("feature_values_total", feature="ctr@1.0.0", source="online")
    sent = writes_recorded(monkeypatch)
    with django_assert_num_queries(0):
        found = products_read(IDS, products())
    assert [write.count(b"MGET") for write in sent] == [1]
    assert (found.ids, found.degraded) == (IDS, ())
    assert counted("feature_values_total", feature="ctr@1.0.0", source="online") == hits + 3
    by_key = dict(zip(found.keys, found.values.T.tolist(), strict=True))
    assert by_key["freshness_score@1.0.0"] == [0.5, 1.0, 0.0]
    assert by_key["stock_pressure@1.0.0"][2] == 1.0
    assert by_key["popularity_score@1.0.0"][0] == 1.0
    chosen = products_read(IDS, products("price_band", "freshness_score"))
    assert chosen.values[:, 1].tolist() == [0.5, 1.0, 0.0]


def test_redis_matrix_and_offline_store_say_the_same() -> None:
    refresh()
    online = products_read(IDS, products()).values
    redis_client().flushdb()
    np.testing.assert_array_equal(products_read(IDS, products()).values, online)
    # Written back: the next reading is a hit.
    assert redis_client().ttl("features:product:a") > 3000
    report = features_check(repair=False)
    assert (report.products, report.online, report.consistent) == (6, 3, True)


def test_a_product_newer_than_the_run_gets_what_it_would_have_had() -> None:
    refresh()
    product_create("new", NOW)
    computed = counted("feature_fallback_computations_total", feature="ctr@1.0.0")
    found = products_read(("new",), products("ctr", "popularity_score", "freshness_score"))
    run = store_state().runs["ctr@1.0.0"]
    assert found.values[0].tolist() == pytest.approx([run.constants["overall"], 0.0, 1.0])
    assert counted("feature_fallback_computations_total", feature="ctr@1.0.0") == computed + 1
    with pytest.raises(EntityUnknown) as unknown:
        products_read(("a", "nothing"), products())
    assert unknown.value.ids == ("nothing",)


def test_with_redis_gone_the_matrix_answers(settings: Settings) -> None:
    refresh()
    online = products_read(IDS, products()).values
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    found = products_read(IDS, products())
    np.testing.assert_array_equal(found.values, online)
    assert found.degraded == ("redis",)
    assert users_read(["mara"], users()).degraded == ("redis",)


def test_users_are_read_from_the_store_and_then_from_redis(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    refresh()
    serving_snapshot()
    store_state()
    with django_assert_num_queries(1):
        first = users_read(["mara"], users())
    with django_assert_num_queries(0):
        again = users_read(["mara"], users())
    assert first.values == again.values
    assert first.values[0]["user_category_affinity@2.0.0"] == {"electronics/audio": 1.0}
    redis_client().set("features:user:mara", b"\xc1")
    assert users_read(["mara"], users()).values == first.values


def test_a_user_newer_than_the_run_is_computed_and_an_unseen_one_unknown() -> None:
    refresh(as_of=timezone.now() - timedelta(days=300))
    at = timezone.now()
    partitions_ensure(first=at, last=at)
    happen(("view", "d", 0), user_id="tom", occurred_at=at.isoformat(), received_at=at)
    computed = "user_category_affinity@2.0.0"
    before = counted("feature_fallback_computations_total", feature=computed)
    assert users_read(["tom"], users()).values[0][computed] == {"electronics": 1.0}
    assert counted("feature_fallback_computations_total", feature=computed) == before + 1
    with pytest.raises(EntityUnknown):
        users_read(["tom", "nobody"], users())


def test_an_unknown_user_costs_one_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written back of nobody: an empty write would wait until Redis counts as gone."""
    refresh()
    gone = counted("endcap_degraded_total", component="redis", reason="features")
    sent = writes_recorded(monkeypatch)
    with pytest.raises(EntityUnknown):
        users_read(["nobody"], users())
    assert [write.count(b"MGET") for write in sent] == [1]
    assert counted("endcap_degraded_total", component="redis", reason="features") == gone


def test_a_user_is_known_whichever_feature_is_asked_for() -> None:
    """Nothing that she did has a brand: she has none, and is nobody unknown for it."""
    refresh()
    brands = "user_brand_affinity@1.0.0"
    for _online in (False, True):
        assert users_read(["mara"], users("user_brand_affinity")).values == ({brands: {}},)
    with pytest.raises(EntityUnknown):
        users_read(["nobody"], users("user_brand_affinity"))


def test_a_user_without_values_is_known_all_the_same(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Nothing that tom did has a category or brand, kim was here long ago, and ada only searched."""
    happen(("view", "f", 1), user_id="tom")
    happen(("view", "a", 150), user_id="kim")
    shown(["a"], 1, user_id="ada")
    refresh()
    names = ["tom", "kim", "ada"]
    nothing: dict[str, dict[str, float]] = {each.spec.key: {} for each in users()}
    assert users_read(names, users()).values == (nothing,) * 3
    with django_assert_num_queries(0):
        assert users_read(names, users()).values == (nothing,) * 3


def test_only_what_is_due_is_computed() -> None:
    first = refresh()
    assert len(first.computed) == 9
    assert refresh(due_only=True, as_of=NOW + timedelta(seconds=100)).computed == ()
    soon = refresh(due_only=True, as_of=NOW + timedelta(seconds=290))
    assert set(soon.computed) == {"popularity_score@1.0.0", "freshness_score@1.0.0"}
    # What was not computed is published all the same, from the offline store.
    snapshot = serving_snapshot()
    assert set(snapshot.unweighed) == {
        f"{name}@1.0.0"
        for name in ("ctr", "conversion_rate", "price_band", "return_rate", "stock_pressure")
    }
    assert snapshot.number == 3


def test_a_feature_that_fails_keeps_its_former_values(monkeypatch: pytest.MonkeyPatch) -> None:
    refresh()
    before = products_read(IDS, products("ctr")).values

    def broken(*_arguments: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr("apps.features.selectors_compute.propensities_estimate", broken)
    report = refresh(as_of=NOW + timedelta(hours=1))
    assert report.failed == ("ctr@1.0.0",)
    assert len(report.computed) == 8
    np.testing.assert_array_equal(products_read(IDS, products("ctr")).values, before)
    assert store_state().runs["ctr@1.0.0"].as_of == NOW


def test_the_job_says_what_it_did() -> None:
    outcome = job_run_now(job_name="features_refresh")
    assert (outcome["version"], outcome["products"], outcome["failed"]) == (1, 6, "")
    assert "ctr@1.0.0" in str(outcome["computed"])


def test_a_moment_gone_by_is_weighed_as_it_was() -> None:
    past = NOW - timedelta(days=1.5)
    happen(("purchase", "c", 2))
    then = snapshot_past(past).features
    rows = serving_snapshot().columns.product_ids
    assert set(then) == {"popularity_score", "freshness_score"}
    assert then["popularity_score"][rows.row_of("c")] == 1.0
    # Bought half a day later.
    assert then["popularity_score"][rows.row_of("a")] == 0.0
    refresh(as_of=past)
    for name, values in serving_snapshot().features.items():
        np.testing.assert_array_equal(values, then[name])
