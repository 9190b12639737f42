"""Popular lists and single features: in memory first, then Redis, never an older version's."""

import msgspec
import pytest
from django.utils import timezone

from apps.catalog.models import Product
from apps.common.redis import redis_client, redis_forget_connections
from apps.common.snapshots import snapshots_forget
from apps.features import selectors_kept
from apps.features.contracts import FRESHNESS_SCORE
from apps.features.selectors import serving_snapshot
from apps.features.selectors_kept import popular_in_category, product_features
from apps.features.services import features_refresh
from tests.search.catalogue import catalogue_create

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _catalogue(settings: object, tmp_path: object) -> None:
    settings.ARTIFACT_STORE = f"{tmp_path}/store"  # type: ignore[attr-defined]  # pytest-django's
    settings.ARTIFACT_CACHE = f"{tmp_path}/cache"  # type: ignore[attr-defined]  # the same
    catalogue_create()
    features_refresh(as_of=timezone.now(), progress=lambda _done, _total, _note: None)
    selectors_kept._lists.of = None


def names(path: str, k: int) -> list[str]:
    columns = serving_snapshot().columns
    rows = columns.row_of_pk[popular_in_category(path, k)].tolist()
    return [columns.product_ids.get(row) for row in rows]


def another_process() -> None:
    """Nothing is in memory any more; Redis keeps what it has."""
    snapshots_forget()
    selectors_kept._lists.of = None


def test_a_category_its_descendants_and_the_whole_shop() -> None:
    assert {name[:3] for name in names("electronics", 50)} == {"p-0", "p-1", "p-2"}
    assert {name[:3] for name in names("electronics/hubs", 50)} == {"p-2"}
    assert len(names("", 100)) == 35  # one of 36 is inactive
    assert "p-0-8" not in names("", 100)
    assert len(names("", 4)) == 4
    assert names("electronics", 4) == names("electronics", 50)[:4]
    assert names("nowhere", 4) == []


def test_another_process_reads_it_from_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    first = names("electronics", 5)
    assert 0 < redis_client().ttl("popular:electronics:5") <= selectors_kept.POPULAR_S
    another_process()
    monkeypatch.setattr(selectors_kept, "_popular", None)
    assert names("electronics", 5) == first


def test_an_edit_makes_it_another_version() -> None:
    gone = names("electronics", 5)[0]
    Product.objects.filter(product_id=gone).update(active=False)
    serving_snapshot(fingerprint="")
    assert gone not in names("electronics", 5)
    another_process()
    serving_snapshot(fingerprint="")
    assert gone not in names("electronics", 5)


def test_what_redis_holds_may_be_anything() -> None:
    first = names("", 3)
    redis_client().set("popular::3", b"\xc1")
    another_process()
    assert names("", 3) == first


def test_features_of_a_product() -> None:
    serving_snapshot()
    found = product_features("p-0-1")
    assert found is not None
    assert 0.0 < found[FRESHNESS_SCORE] <= 1.0
    assert product_features("nothing") is None
    assert list(redis_client().scan_iter("feature:*")) == []


def test_a_process_without_arrays_reads_them_from_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    another_process()
    first = product_features("p-0-1")
    assert first is not None
    keys = {key.decode() for key in redis_client().scan_iter("feature:*")}
    assert keys == {f"feature:p-0-1:{name}" for name in first}
    assert all(0 < redis_client().ttl(key) <= selectors_kept.FEATURE_S for key in keys)
    another_process()
    monkeypatch.setattr(selectors_kept, "_features", None)
    assert product_features("p-0-1") == first
    assert product_features("nothing") is None


def test_an_older_versions_features_count_as_none() -> None:
    another_process()
    product_features("p-0-1")
    key = f"feature:p-0-1:{FRESHNESS_SCORE}"
    kept = redis_client().get(key)
    assert isinstance(kept, bytes)
    version, _value = msgspec.msgpack.decode(kept)
    redis_client().set(key, msgspec.msgpack.encode((version, 0.123)))
    another_process()
    found = product_features("p-0-1")
    assert found is not None
    assert found[FRESHNESS_SCORE] == 0.123
    Product.objects.filter(product_id="p-0-1").update(title="Edited")
    another_process()
    found = product_features("p-0-1")
    assert found is not None
    assert found[FRESHNESS_SCORE] != 0.123
    redis_client().set(key, b"\xc1")
    another_process()
    assert product_features("p-0-1") == found


def test_redis_gone_changes_nothing(settings: object) -> None:
    popular, features = names("electronics", 5), product_features("p-0-1")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]  # pytest-django's
    redis_forget_connections()
    another_process()
    assert product_features("p-0-1") == features
    selectors_kept._lists.of = None
    assert names("electronics", 5) == popular
