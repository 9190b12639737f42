"""A feature of users and brands, from events to every place that it is read from."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from apps.catalog.models import Product
from apps.common.redis import redis_client
from apps.features.contracts import USER_ENTITIES
from apps.features.domain.registry import features_wanted
from apps.features.selectors_online import users_read
from apps.features.services import features_refresh
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
