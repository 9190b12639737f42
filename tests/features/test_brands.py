"""A feature of users and brands, from events to every place that it is read from."""

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.catalog.models import Product
from apps.catalog.selectors import category_tree, columns_load
from apps.common.redis import redis_client
from apps.events.services.partitions import partitions_ensure
from apps.features.contracts import USER_ENTITIES
from apps.features.contracts_store import ComputeContext
from apps.features.domain.registry import features_wanted
from apps.features.selectors_affinity import brands_compute
from apps.features.selectors_online import users_read
from apps.features.services import features_refresh
from apps.features.services_record import run_record
from tests.features.shop import NOW, happen, shop_create

BRANDS, CATEGORIES = "user_brand_affinity@1.0.0", "user_category_affinity@2.0.0"


@pytest.mark.django_db
def test_brands_are_stored_served_and_written_beside_categories(tmp_path: Path) -> None:
    shop_create()
    Product.objects.filter(product_id="a").update(brand="HP")
    happen(("view", "a", 1), ("view", "f", 1), user_id="mara")
    features_refresh(as_of=NOW, progress=lambda *_told: None)

    for _online in (False, True):
        (found,) = users_read(["mara"], features_wanted(USER_ENTITIES)).values
        assert found[BRANDS] == pytest.approx({"HP": 0.5})
        assert found[CATEGORIES] == pytest.approx({"electronics/audio": 0.5})
        assert redis_client().get("features:user:mara") is not None

    out = tmp_path / "users.parquet"
    call_command("features_snapshot", entity="user", as_of=NOW, out=out)
    assert pq.read_table(out).to_pylist() == [
        {"entity": "mara", "part": "HP", BRANDS: 0.5, CATEGORIES: None},
        {"entity": "mara", "part": "electronics/audio", BRANDS: None, CATEGORIES: 0.5},
    ]


@pytest.mark.django_db
def test_who_came_after_a_run_is_computed_though_another_run_has_them() -> None:
    """Categories failed when brands were computed again."""
    shop_create()
    Product.objects.filter(product_id="a").update(brand="HP")
    at = timezone.now()
    partitions_ensure(first=at, last=at)
    features_refresh(as_of=at - timedelta(hours=1), progress=lambda *_told: None)
    happen(("view", "a", 0), user_id="mara", occurred_at=at.isoformat(), received_at=at)
    now = timezone.now()
    context = ComputeContext(now, columns_load(), category_tree())
    run_record(key=BRANDS, as_of=now, pieces=brands_compute(context))
    (found,) = users_read(["mara"], features_wanted(USER_ENTITIES)).values
    assert found == {BRANDS: {"HP": 1.0}, CATEGORIES: {"electronics/audio": 1.0}}
