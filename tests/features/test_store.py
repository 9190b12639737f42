"""The offline store: runs, retention, moments gone by, frames, backfill, versions side by side."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.common.errors import InvalidInput, NotFound
from apps.features.contracts import FeatureStatus
from apps.features.contracts_store import Computed, Feature
from apps.features.domain.definitions import CONVERSION_SPEC, CTR_SPEC
from apps.features.domain.registry import feature_of, feature_register, feature_unregister
from apps.features.models import FeatureNote, FeatureRun
from apps.features.selectors_offline import frame_pieces, frame_runs, run_values, stored_values
from apps.features.selectors_state import latest_runs, store_state
from apps.features.services_backfill import features_backfill
from apps.features.services_notes import feature_note_change, notes_ensure
from apps.features.services_record import run_record, runs_prune
from tests.features.shop import NOW, context_of, happen, shop_create, values_of

pytestmark = pytest.mark.django_db
CTR, POPULARITY = "ctr@1.0.0", "popularity_score@1.0.0"


def record(key: str, as_of: datetime, **values: float) -> None:
    piece = Computed(list(values), np.array(list(values.values())), constants={"overall": 0.5})
    run_record(key=key, as_of=as_of, pieces=[piece])


def count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM features_featurevalue")
        return int(cursor.fetchone()[0])


def test_a_run_is_stored_whole_and_known_at_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    assert CTR not in store_state().runs
    record(CTR, NOW, a=0.5, b=0.25, c=float("nan"))
    run = store_state().runs[CTR]
    assert (run.as_of, run.rows, run.constants) == (NOW, 2, {"overall": 0.5})
    assert stored_values([run], ["a", "c"]) == {CTR: {"a": {"": 0.5}}}
    with django_assert_num_queries(0):
        store_state()


def test_a_computation_that_breaks_off_leaves_nothing() -> None:
    def pieces() -> Iterator[Computed]:
        yield Computed(["a"], np.array([1.0]))
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        run_record(key=CTR, as_of=NOW, pieces=pieces())
    assert (FeatureRun.objects.count(), count()) == (0, 0)


def test_a_day_keeps_its_latest_run() -> None:
    for hours in (0, 2, 1):
        record(CTR, NOW + timedelta(hours=hours), a=float(hours))
    record(CTR, NOW + timedelta(hours=2), a=7.0)  # the same moment again
    record(CTR, NOW - timedelta(days=1), a=3.0)
    record(POPULARITY, NOW, a=1.0)
    assert [run.as_of for run in FeatureRun.objects.filter(key=CTR).order_by("as_of")] == [
        NOW - timedelta(days=1),
        NOW + timedelta(hours=2),
    ]
    assert count() == 3
    assert stored_values([latest_runs()[CTR]], ["a"])[CTR] == {"a": {"": 7.0}}


def test_what_is_old_goes_but_never_the_latest() -> None:
    record(CTR, NOW - timedelta(days=900), a=1.0)
    record(CTR, NOW - timedelta(days=800), a=1.0)
    record(POPULARITY, NOW - timedelta(days=800), a=1.0)
    # Backfilled a moment ago: it may be trained from.
    assert runs_prune(now=NOW) == 0
    FeatureRun.objects.update(computed_at=NOW - timedelta(days=settings.FEATURES_KEEP_DAYS + 1))
    assert runs_prune(now=NOW) == 1
    assert latest_runs()[CTR].as_of == NOW - timedelta(days=800)
    assert count() == 2


def test_a_frame_is_what_stood_at_its_moment() -> None:
    record(CTR, NOW - timedelta(days=3), a=0.3, b=0.1)
    record(CTR, NOW - timedelta(days=1), a=0.9)
    record(POPULARITY, NOW - timedelta(days=2), b=1.0)
    features = [feature_of(CTR), feature_of(POPULARITY)]
    runs = frame_runs(features, NOW - timedelta(days=1, hours=1))
    assert [run.as_of for run in runs] == [NOW - timedelta(days=3), NOW - timedelta(days=2)]
    (piece,) = frame_pieces(runs)
    assert (piece.entities, piece.parts) == (["a", "b"], ["", ""])
    np.testing.assert_array_equal(
        piece.values, np.array([[0.3, np.nan], [0.1, 1.0]], dtype=np.float32)
    )
    with pytest.raises(InvalidInput, match=r"popularity_score@1\.0\.0 has no values"):
        frame_runs(features, NOW - timedelta(days=2, hours=1))


def test_the_snapshot_command_writes_parquet(tmp_path: Path) -> None:
    record(CTR, NOW - timedelta(days=3), a=0.25)
    record(CTR, NOW, a=0.5)
    record(POPULARITY, NOW - timedelta(days=3), a=0.75, b=0.5)
    out, said = tmp_path / "frame.parquet", StringIO()
    call_command("features_snapshot", as_of=NOW - timedelta(days=1), out=out, stdout=said)
    table = pq.read_table(out)
    assert table.to_pylist() == [
        {"entity": "a", "part": "", CTR: 0.25, POPULARITY: 0.75},
        {"entity": "b", "part": "", CTR: None, POPULARITY: 0.5},
    ]
    assert b"2026-06-14" in table.schema.metadata[b"endcap.as_of"]
    assert "2 rows in" in said.getvalue()
    assert [each.name for each in tmp_path.iterdir()] == ["frame.parquet"]
    with pytest.raises(CommandError, match="nothing"):
        call_command("features_snapshot", out=out, feature=["nothing"])
    with pytest.raises(CommandError, match="no values"):
        call_command("features_snapshot", out=out, feature=["return_rate"])
    with pytest.raises(CommandError, match="still to come"):
        call_command("features_snapshot", out=out, as_of=timezone.now() + timedelta(days=1))
    with pytest.raises(CommandError, match="--out"):
        call_command("features_snapshot", out=tmp_path / "nowhere" / "frame.parquet")


def test_values_go_to_their_rows() -> None:
    shop_create()
    record(CTR, NOW, a=0.5, gone=1.0)
    columns = context_of().columns
    values = run_values(latest_runs()[CTR], columns)
    assert values[columns.product_ids.row_of("a")] == 0.5
    assert int(np.isfinite(values).sum()) == 1


def test_a_backfill_is_what_would_have_been_computed_then() -> None:
    shop_create()
    happen(("purchase", "a", 3), ("view", "b", 2.4), ("purchase", "b", 0.9))
    told: list[tuple[str, date, bool]] = []
    features = [feature_of(POPULARITY), feature_of(CONVERSION_SPEC.key)]
    days = (date(2026, 6, 12), date(2026, 6, 14))

    def fill() -> tuple[int, int]:
        report = features_backfill(
            first=days[0], last=days[1], features=features,
            told=lambda key, day, run: told.append((key, day, run is not None)),
        )  # fmt: skip
        return report.computed, report.there

    # Cut off after the first day, then taken up again.
    run_record(
        key=POPULARITY,
        as_of=datetime(2026, 6, 12, tzinfo=NOW.tzinfo),
        pieces=[Computed([], np.zeros(0))],
    )
    assert fill() == (5, 1)
    assert fill() == (0, 6)
    assert told[0] == (POPULARITY, days[0], False)
    as_of = datetime(2026, 6, 14, tzinfo=NOW.tzinfo)
    run = latest_runs(until=as_of)[POPULARITY]
    expected = values_of(POPULARITY, as_of)
    assert stored_values([run], ["a", "b"])[POPULARITY] == {
        each: {"": pytest.approx(expected[each])} for each in "ab"
    }


def test_what_has_no_past_is_not_backfilled() -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    for feature, first, last, words in (
        ("price_band", "2026-01-01", "2026-01-02", "no history"),
        ("cf_score", "2026-01-01", "2026-01-02", "not stored"),
        ("ctr", "2026-01-02", "2026-01-01", "first one first"),
        ("ctr", "2026-01-02", f"{tomorrow:%Y-%m-%d}", "not begun"),
        ("nothing", "2026-01-01", "2026-01-02", "nothing"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=words):
            call_command("features_backfill", f"--from={first}", f"--to={last}", feature=[feature])
    assert not FeatureRun.objects.exists()
    said = StringIO()
    shop_create()
    call_command("features_backfill", "--from=2026-06-14", "--to=2026-06-14", stdout=said)
    assert "7 runs computed" in said.getvalue()
    assert "price_band" not in said.getvalue()


@pytest.fixture
def second_ctr() -> Iterator[Feature]:
    first = feature_of(CTR)
    second = replace(first, spec=replace(CTR_SPEC, version="2.0.0"))
    feature_register(second)
    yield second
    feature_unregister(second.spec.key)


def test_two_versions_are_stored_side_by_side(second_ctr: Feature) -> None:
    record(CTR, NOW, a=0.5)
    record("ctr@2.0.0", NOW, a=0.75)
    runs = frame_runs([feature_of(CTR), second_ctr], NOW)
    (piece,) = frame_pieces(runs)
    assert piece.values.tolist() == [[0.5, 0.75]]


def test_people_deprecate_in_favour_of_a_successor(second_ctr: Feature) -> None:
    notes_ensure()
    assert notes_ensure() == 0
    assert FeatureNote.objects.filter(key="ctr@2.0.0").exists()

    def change(**fields: str) -> None:
        given = {"key": CTR, "owner": "mara", "status": "deprecated", "successor": "ctr@2.0.0"}
        feature_note_change(**{**given, "notes": "", **fields}, actor=None)

    for field, wrong in (
        ("owner", " "), ("status", "gone"), ("successor", "ctr@9.0.0"), ("successor", CTR),
        ("notes", "x" * 5000),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            change(**{field: wrong})
        assert refused.value.extra["field"] == field
    with pytest.raises(NotFound):
        change(key="ctr@9.0.0")
    change(notes="since June")
    said = StringIO()
    shop_create()
    call_command(
        "features_backfill", "--from=2026-06-14", "--to=2026-06-14", feature=["ctr"], stdout=said
    )
    assert "2026-06-14 ctr@2.0.0" in said.getvalue()
    kept = store_state().records[CTR]
    assert (kept.owner, kept.status, kept.successor, kept.notes) == (
        "mara", FeatureStatus.DEPRECATED, "ctr@2.0.0", "since June",
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="deprecated itself"):
        change(key="ctr@2.0.0", successor=CTR)
    change(status="active")
    assert store_state().records[CTR].successor == ""
