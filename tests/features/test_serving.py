import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from apps.catalog.domain.tree import CategoryNode, tree_build
from apps.catalog.models import Product
from apps.catalog.selectors import staleness_sql
from apps.common.errors import Unavailable
from apps.common.services import version_bump
from apps.common.snapshots import poller_stop, snapshots_forget
from apps.events.services.ingest import events_ingest
from apps.events.services.partitions import partitions_ensure
from apps.features import selectors
from apps.features.contracts import FRESHNESS_SCORE, POPULARITY_SCORE, ServingSnapshot
from apps.features.health import serving_matrix_check
from apps.features.selectors import (
    serving_matrix_state,
    serving_snapshot,
    serving_snapshot_refresh,
)
from apps.features.services import features_refresh
from tests.features.catalogue import categories_create, product_create

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
# Signed artifacts are published in transactions of their own, as the job does.
pytestmark = pytest.mark.django_db(transaction=True)


def _progress(_done: int, _total: int, _message: str) -> None:
    pass


@pytest.fixture
def shop() -> Iterator[None]:
    audio = categories_create()["electronics/audio"]
    product_create("a", NOW - timedelta(days=90), category=audio)
    product_create("b", NOW)
    product_create("c")
    partitions_ensure(first=NOW - timedelta(days=120), last=NOW)
    yield
    snapshots_forget()


def _event(kind: str, product_id: str, days_ago: float) -> dict[str, object]:
    moment = (NOW - timedelta(days=days_ago)).isoformat()
    return {
        "type": kind,
        "occurred_at": moment,
        "product_id": product_id,
        "client_id": "c1",
        "event_id": f"{kind}-{product_id}-{days_ago}",
        **({"value": 1, "currency": "EUR", "quantity": 1} if kind == "purchase" else {}),
    }


def _row(snapshot: ServingSnapshot, product_id: str) -> int:
    return snapshot.columns.product_ids.row_of(product_id)


def _feature(snapshot: ServingSnapshot, name: str, product_id: str) -> float:
    return float(snapshot.features[name][_row(snapshot, product_id)])


def _fingerprint(snapshot: ServingSnapshot) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {staleness_sql()}", {"horizon": snapshot.columns.horizon})
        return str(cursor.fetchone()[0])


def test_popularity_and_freshness_are_published(shop: None) -> None:
    stored = events_ingest(
        items=[
            _event("purchase", "a", 0.001),
            _event("view", "b", 14.001),
            # Outside of the 90 days.
            _event("purchase", "c", 91),
            _event("impression", "c", 1),
        ],
        received_at=NOW,
    )
    assert stored.stored == 4
    report = features_refresh(as_of=NOW, progress=_progress)
    assert (report.number, report.products, report.popular_products) == (1, 3, 2)
    snapshot = serving_snapshot()
    assert snapshot.number == 1
    assert _feature(snapshot, POPULARITY_SCORE, "a") == 1.0
    # log1p(1 · 2^(-14/14)) / log1p(3)
    assert _feature(snapshot, POPULARITY_SCORE, "b") == pytest.approx(0.29248, abs=1e-3)
    assert _feature(snapshot, POPULARITY_SCORE, "c") == 0.0
    assert [snapshot.columns.product_ids.get(row) for row in snapshot.popularity_order] == [
        "a",
        "b",
        "c",
    ]
    freshness = [_feature(snapshot, FRESHNESS_SCORE, each) for each in "abc"]
    assert freshness == pytest.approx([0.5, 1.0, 0.0])
    document = snapshot.documents.get(_row(snapshot, "a"))
    assert document is not None
    assert (document.title, document.category_path) == ("Title of a", "electronics/audio")


def test_without_an_artifact_popularity_has_no_source(shop: None) -> None:
    snapshot = serving_snapshot()
    assert snapshot.number == 0
    assert set(snapshot.features) == {FRESHNESS_SCORE}
    assert len(snapshot.columns) == 3
    report = serving_matrix_check()
    assert (report.ok, report.required, report.detail) == (False, False, "missing")


def test_a_warm_snapshot_asks_nothing(
    shop: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    fingerprint = _fingerprint(serving_snapshot())
    with django_assert_num_queries(0):
        first = serving_snapshot(fingerprint=fingerprint)
        assert serving_snapshot() is first
    assert serving_matrix_check().ok


def test_an_edited_product_is_right_at_once(shop: None) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    before = serving_snapshot()
    Product.objects.filter(product_id="c").update(price="3.50", released_at=NOW)
    after = serving_snapshot(fingerprint=_fingerprint(before))
    assert after.columns.price[_row(after, "c")] == 3.5
    assert _feature(after, FRESHNESS_SCORE, "c") == 1.0
    # Requests in flight finish on the old one.
    assert before.columns.price[_row(before, "c")] == 10.0
    assert after.number == before.number == 1


def test_new_and_deleted_products_are_followed(shop: None) -> None:
    events_ingest(items=[_event("view", "b", 1)], received_at=NOW)
    features_refresh(as_of=NOW, progress=_progress)
    serving_snapshot()
    product_create("d", NOW)
    Product.objects.filter(product_id="a").delete()
    snapshot = serving_snapshot_refresh()
    assert _feature(snapshot, POPULARITY_SCORE, "d") == 0.0
    assert _feature(snapshot, POPULARITY_SCORE, "b") == 1.0
    assert snapshot.documents.get(_row(snapshot, "d")) is None
    gone = _row(snapshot, "a")
    assert not snapshot.columns.active[gone]


def test_the_horizon_moves_on_past_changes_that_are_in(shop: None) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    serving_snapshot()
    Product.objects.filter(product_id="a").update(price="4.00")
    first = serving_snapshot_refresh()
    second = serving_snapshot_refresh()
    third = serving_snapshot_refresh()
    assert second.columns.horizon >= first.columns.horizon
    assert third.columns.price[_row(third, "a")] == 4.0
    assert third.columns is serving_snapshot_refresh().columns


def test_the_next_artifact_drops_patches(shop: None) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    serving_snapshot()
    Product.objects.filter(product_id="a").update(price="4.00")
    patched = serving_snapshot_refresh()
    assert patched.columns.price.flags.owndata or patched.columns.price.base is not None
    features_refresh(as_of=NOW, progress=_progress)
    snapshot = serving_snapshot()
    assert snapshot.number == 2
    assert snapshot.columns.price[_row(snapshot, "a")] == 4.0
    # Mapped from the artifact; what is served may have followed the catalogue since.
    held = serving_matrix_state().value
    assert held is not None
    assert not held.columns.pks.flags.writeable


def test_sales_begin_by_the_clock(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    begins = datetime.now(UTC) + timedelta(hours=1)
    Product.objects.filter(product_id="a").update(sale_price="2.00", sale_starts_at=begins)
    features_refresh(as_of=NOW, progress=_progress)
    row = _row(serving_snapshot(), "a")
    assert serving_snapshot().columns.price[row] == 10.0
    later = (begins + timedelta(minutes=1)).timestamp()
    monkeypatch.setattr("apps.features.selectors.time.time", lambda: later)
    assert serving_snapshot().columns.price[row] == 2.0
    assert serving_snapshot() is serving_snapshot()


def test_an_edited_tree_recodes_in_the_next_request(shop: None) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    row = _row(serving_snapshot(), "a")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_category (name, slug, path, rank) VALUES ('Art', 'art', 'art', 0)"
        )
        version_bump("catalog:tree")
    snapshot = serving_snapshot()
    code = int(snapshot.columns.category[row])
    assert snapshot.tree.categories[code].path == "electronics/audio"
    assert snapshot.tree.by_path("art") is not None


def test_a_category_that_comes_back_has_its_products_again(
    shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = serving_snapshot()
    row, whole = _row(snapshot, "a"), snapshot.tree
    without = tree_build(CategoryNode(*each) for each in [(999, None, "Art", "art", 0)])
    monkeypatch.setattr("apps.features.selectors.category_tree", lambda: without)
    assert serving_snapshot().columns.category[row] == -1
    monkeypatch.setattr("apps.features.selectors.category_tree", lambda: whole)
    snapshot = serving_snapshot()
    code = int(snapshot.columns.category[row])
    assert snapshot.tree.categories[code].path == "electronics/audio"


def _down(*_args: object, **_kwargs: object) -> None:
    raise DatabaseError("connection refused")


@pytest.fixture
def database_down(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Every read of this house fails as it does when PostgreSQL is gone."""

    def take_down() -> None:
        for place in (
            "apps.features.selectors._is_stale",
            "apps.features.selectors.columns_load",
            "apps.features.selectors.category_tree",
            "apps.model_registry.services.holder.active_version",
        ):
            monkeypatch.setattr(place, _down)

    monkeypatch.setattr(monkeypatch, "take_down", take_down, raising=False)
    return monkeypatch


def test_boots_from_disk_with_postgresql_down(
    shop: None, database_down: pytest.MonkeyPatch
) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    assert serving_snapshot().number == 1
    snapshots_forget()
    database_down.take_down()  # type: ignore[attr-defined]  # set by the fixture
    snapshot = serving_snapshot()
    assert snapshot.number == 1
    assert snapshot.tree.by_path("electronics/audio") is not None
    document = snapshot.documents.get(_row(snapshot, "b"))
    assert document is not None
    assert document.title == "Title of b"
    assert serving_snapshot_refresh().number == 1


def test_the_patched_snapshot_survives_an_outage(
    shop: None, database_down: pytest.MonkeyPatch
) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    serving_snapshot()
    Product.objects.filter(product_id="a").update(price="4.00")
    row = _row(serving_snapshot_refresh(), "a")
    database_down.take_down()  # type: ignore[attr-defined]  # set by the fixture
    snapshot = serving_snapshot_refresh()
    assert snapshot.columns.price[row] == 4.0


def test_with_nothing_at_all_it_says_so(database_down: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database_down.setattr(settings, "ARTIFACT_CACHE", str(tmp_path))
    database_down.take_down()  # type: ignore[attr-defined]  # set by the fixture
    with pytest.raises(Unavailable) as refused:
        serving_snapshot()
    assert refused.value.code == "catalogue_unavailable"


def test_the_health_check_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.features.health.serving_matrix_state", _down)
    report = serving_matrix_check()
    assert (report.ok, report.detail) == (False, "connection refused")


def test_a_poll_looks_every_time(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    serving_snapshot()
    # As the version thread sees it: stale again after each of its own reloads.
    monkeypatch.setattr("apps.common.snapshots.poller_ensure", lambda: None)
    monkeypatch.setattr(settings, "ENDCAP_VERSION_POLLER", True)
    assert selectors._serving.reload_safely()
    assert selectors._serving.is_stale


def test_the_command_says_what_it_built(shop: None) -> None:
    said = StringIO()
    call_command("build_features", stdout=said)
    assert said.getvalue() == "serving matrix version 1: 3 products, 0 with popularity\n"
    assert serving_matrix_state().number == 1


def test_the_version_thread_follows_the_catalogue(
    shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    features_refresh(as_of=NOW, progress=_progress)
    monkeypatch.setattr(settings, "ENDCAP_VERSION_POLLER", True)
    monkeypatch.setattr(settings, "ENDCAP_VERSION_POLL_S", 0.05)
    try:
        row = _row(serving_snapshot(), "a")
        # As raw SQL or COPY would: nothing announces it, and no search asks.
        Product.objects.filter(product_id="a").update(price="4.00")
        until = time.monotonic() + 20
        while serving_snapshot().columns.price[row] != 4.0 and time.monotonic() < until:
            time.sleep(0.05)
        assert serving_snapshot().columns.price[row] == 4.0
    finally:
        poller_stop()
