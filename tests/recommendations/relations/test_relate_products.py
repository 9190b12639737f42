"""From stored events to a published artifact, and back into memory."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from apps.catalog.models import Product
from apps.common.domain.uuid7 import uuid7_new
from apps.events.contracts import Event, EventType
from apps.events.services.identity import identities_refresh
from apps.events.services.ingest import row_of_event, rows_store
from apps.events.services.partitions import partitions_ensure
from apps.jobs.contracts import job_spec
from apps.model_registry.models import ArtifactVersion
from apps.recommendations.contracts_relations import ARTIFACT, ProductRelations, Relation
from apps.recommendations.engines.relation_files import (
    RelationsUnreadable,
    relations_read,
    relations_write,
)
from apps.recommendations.health_relations import product_relations_check
from apps.recommendations.metrics_relations import relations_baskets
from apps.recommendations.selectors.product_relations import (
    product_relations,
    product_relations_state,
)
from apps.recommendations.services.relate_products import (
    RelationsReport,
    products_relate,
    relations_find,
)
from tests.features.catalogue import product_create
from tests.recommendations.relations.shop import relations_with

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _months(db: None) -> None:
    partitions_ensure(first=NOW - timedelta(days=61), last=NOW)


def happened(kind: str, product: str, days_ago: float, **fields: object) -> Event:
    at = NOW - timedelta(days=days_ago)
    given: dict[str, object] = {"client_id": "c", "product_id": product, **fields}
    return Event(uuid7_new(at), EventType(kind), at, at, **given)  # type: ignore[arg-type]  # keyword by keyword


def store(events: Iterable[Event]) -> None:
    rows_store([row_of_event(event) for event in events])


def bought(shopper: int, *products: str, days_ago: float = 5.0) -> list[Event]:
    fields = {"client_id": f"c{shopper}", "session_id": f"s{shopper}"}
    return [happened("purchase", each, days_ago, **fields) for each in products]


@pytest.fixture
def keys() -> dict[str, int]:
    return {name: product_create(name).pk for name in ("tea", "cup", "pan", "rug")}


@pytest.fixture
def shop(keys: dict[str, int]) -> dict[str, int]:
    """Tea and cup in 6 baskets of 18; pans and rugs alone."""
    for shopper in range(6):
        store(bought(shopper, "tea", "cup"))
        store(bought(100 + shopper, "pan"))
        store(bought(200 + shopper, "rug"))
    return keys


def untold(done: int, total: int, message: str) -> None:
    del done, total, message


def relate(as_of: datetime = NOW) -> RelationsReport:
    return products_relate(as_of=as_of, progress=untold)


def served() -> ProductRelations:
    found = product_relations()
    assert found is not None
    return found


def pairs(relation: Relation, relations: ProductRelations) -> dict[tuple[int, int], int]:
    of = np.repeat(relations.pks, np.diff(relation.starts))
    others = relations.pks[relation.codes]
    return {
        (int(one), int(other)): int(count)
        for one, other, count in zip(of, others, relation.together, strict=True)
    }


def test_what_is_bought_together_is_published(shop: dict[str, int]) -> None:
    report = relate()
    assert (report.number, report.baskets, report.bought_pairs, report.visits) == (1, 18, 2, 0)
    tea, cup = shop["tea"], shop["cup"]
    relations = served()
    assert pairs(relations.bought, relations) == {(tea, cup): 6, (cup, tea): 6}
    assert relations.bought.lifts == pytest.approx([3.0, 3.0])
    assert relations.as_of == NOW.timestamp()
    assert ArtifactVersion.objects.get(name=ARTIFACT).metadata["baskets"] == 18


def test_a_run_takes_as_many_statements_whatever_the_shop(shop: dict[str, int]) -> None:
    with CaptureQueriesContext(connection) as queries:
        relations_find(as_of=NOW)
    assert sum("events_event" in query["sql"] for query in queries) == 1  # trends
    # The two cursors are psycopg's own, which Django does not see.


def test_what_was_given_back_does_not_count(shop: dict[str, int]) -> None:
    store(
        happened("refund", "cup", 2.0, client_id=f"c{shopper}", session_id="later")
        for shopper in range(4)
    )
    assert relate().bought_pairs == 0


def test_a_shopper_who_logs_in_is_one_shopper(keys: dict[str, int]) -> None:
    """Tea without a name, the refund under one: it is the same shopper's."""
    for shopper in range(6):
        client = {"client_id": f"c{shopper}", "session_id": f"s{shopper}"}
        store([happened("purchase", each, 5.0, **client) for each in ("tea", "cup")])
        store(bought(100 + shopper, "pan"))
        user = {"client_id": f"c{shopper}", "user_id": f"u{shopper}"}
        store([happened("refund", "tea", 4.0, **user)])
    identities_refresh()
    assert relate().bought_pairs == 0


def test_orders_make_baskets_where_they_are_named(keys: dict[str, int]) -> None:
    """Hours apart in one visit; and two orders at once."""
    for shopper in range(6):
        client = {"client_id": f"c{shopper}", "session_id": "s"}
        order = {"attributes": {"order_id": f"o{shopper}"}}
        other = {"attributes": {"transaction_id": f"t{shopper}"}}
        store([happened("purchase", "tea", 5.3, **client, **order)])
        store([happened("purchase", "cup", 5.0, **client, **order)])
        store([happened("purchase", "pan", 5.0, **client, **other)])
        store(bought(100 + shopper, "rug"))
    report = relate()
    assert report.baskets == 18
    relations = served()
    assert set(pairs(relations.bought, relations)) == {
        (keys["tea"], keys["cup"]),
        (keys["cup"], keys["tea"]),
    }


def test_visits_are_a_relation_of_their_own(keys: dict[str, int]) -> None:
    for shopper in range(6):
        visit = {"client_id": f"c{shopper}", "session_id": f"s{shopper}"}
        store([happened("view", "tea", 5.0, **visit), happened("click", "cup", 5.0, **visit)])
        other = {"client_id": f"d{shopper}", "session_id": f"t{shopper}"}
        store([happened("view", "pan", 5.0, **other)])
    report = relate()
    assert (report.baskets, report.visits, report.viewed_pairs) == (0, 12, 2)


def test_windows_end_at_as_of(shop: dict[str, int]) -> None:
    assert relate(NOW - timedelta(days=6)).baskets == 0
    assert relate(NOW + timedelta(days=400)).baskets == 0


def test_products_that_are_gone_are_not_read(shop: dict[str, int]) -> None:
    Product.objects.filter(product_id="cup").delete()
    assert relate().bought_pairs == 0


def test_trends_count_a_shopper_once_a_day(keys: dict[str, int]) -> None:
    """Rug: 20 shoppers, all lately. Pan: one reloads 200 times. Tea: as many as ever."""
    usual = [
        happened("view", "tea", day + 0.1, client_id=f"c{day}-{at}")
        for day in range(60)
        for at in range(5)
    ]
    lately = [happened("view", "rug", 0.5, client_id=f"r{at}") for at in range(20)]
    store(usual + lately + [happened("view", "pan", 0.4) for _ in range(200)])
    relate()
    relations = served()
    assert relations.pks[relations.trend.codes].tolist() == [keys["rug"]]
    assert relations.trend.shoppers.tolist() == [20]
    assert relations.trend.growth[0] > 1.2


def test_an_empty_shop_publishes_that_there_is_nothing(db: None) -> None:
    report = relate()
    assert (report.number, report.products, report.bought_pairs, report.trending) == (1, 0, 0, 0)
    assert len(served().pks) == 0


def test_one_basket_is_no_pair(keys: dict[str, int]) -> None:
    store(bought(1, "tea", "cup"))
    assert (relate().baskets, len(served().bought)) == (1, 0)


def test_large_baskets_are_said_in_figures(shop: dict[str, int], settings: Settings) -> None:
    settings.RELATIONS_BASKET_MOST = 1
    report = relate()
    assert (report.baskets, report.baskets_too_large) == (12, 6)
    assert relations_baskets.labels("bought", "too_large")._value.get() == 6


def test_of_a_large_shop_some_shoppers_are_read(shop: dict[str, int], settings: Settings) -> None:
    settings.RELATIONS_LINES_MOST = 5
    report = relate()
    assert report.sampled
    assert 0 < report.baskets < 18


def _file(name: str) -> Path:
    version = ArtifactVersion.objects.get(name=ARTIFACT, is_active=True)
    return Path(settings.ARTIFACT_STORE) / version.location / name


def test_a_corrupt_version_is_refused_and_the_old_one_serves_on(shop: dict[str, int]) -> None:
    relate()
    kept = served()
    relate()
    path = _file("bought_codes.npy")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-4] + b"\x07\x00\x00\x00")
    state = product_relations_state()
    assert (state.number, state.reason) == (1, "checksum")
    assert state.value is kept
    report = product_relations_check()
    assert (report.ok, report.detail) == (False, "checksum")


def test_health_tells_age(shop: dict[str, int]) -> None:
    assert product_relations_check().detail == "missing"
    relate(datetime.now(tz=UTC))
    report = product_relations_check()
    assert report.ok
    assert report.figures["age_s"] < 60
    relate(datetime.now(tz=UTC) - timedelta(days=2))
    assert product_relations_check().detail == "stale"


def test_the_job_is_known(db: None) -> None:
    assert job_spec("relate_products").every_s == 3600


def test_files_come_back_as_they_went(tmp_path: Path) -> None:
    relations = relations_with(
        bought={0: [(2, 0.5)]}, viewed={1: [(0, 0.25), (3, 0.125)]}, trend=[(4, 2.0)]
    )
    relations_write(tmp_path, relations)
    found = relations_read(tmp_path)
    assert found.viewed.codes.tolist() == [0, 3]
    assert found.bought.starts.tolist() == [0, *[1] * 8]
    assert found.trend.growth.tolist() == [2.0]
    assert not found.bought.codes.flags.writeable


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("bought_codes", np.array([8], dtype=np.int32)),
        ("bought_codes", np.array([-1], dtype=np.int32)),
        ("bought_codes", np.array([1, 1], dtype=np.int32)),
        ("bought_scores", np.array([1, 1], dtype=np.float32)),
        ("bought_starts", np.array([0, 1], dtype=np.int64)),
        ("bought_counts", np.array([2, 1, 1], dtype=np.int64)),
        ("trend_codes", np.array([9], dtype=np.int32)),
        ("trend_growth", np.array([], dtype=np.float32)),
        ("pks", np.array([1, 1], dtype=np.int32)),
    ],
)
def test_files_that_do_not_fit_are_refused(
    tmp_path: Path, name: str, array: npt.NDArray[np.generic]
) -> None:
    relations_write(tmp_path, relations_with(bought={0: [(2, 0.5)]}, trend=[(4, 2.0)]))
    np.save(tmp_path / f"{name}.npy", array)
    with pytest.raises(RelationsUnreadable):
        relations_read(tmp_path)
