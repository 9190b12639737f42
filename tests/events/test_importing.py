import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_at, uuid7_time
from apps.common.errors import InvalidInput
from apps.events.models import Event
from apps.events.services.importing import events_import
from apps.events.services.ingest import events_ingest

pytestmark = pytest.mark.django_db
OLD = datetime(2010, 3, 1, 12, tzinfo=UTC)


def jsonl(folder: Path, rows: Sequence[object]) -> Path:
    path = folder / "events.jsonl"
    path.write_text(
        "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    )
    return path


def view(at: datetime = OLD, **more: Any) -> dict[str, Any]:
    return {"type": "view", "product_id": "p1", "occurred_at": at.isoformat(), **more}


def test_equal_lines_are_events_of_their_own_and_a_second_import_changes_nothing(
    tmp_path: Path,
) -> None:
    path = jsonl(tmp_path, [view(), view(), "", view(attributes={"a": 'tab\t\\n\n"ü'})])
    first = events_import(path=path, format="jsonl")
    assert (first.lines, first.stored, first.replayed, first.rejected) == (3, 3, 0, 0)
    rows = list(Event.objects.order_by("id").values())
    again = events_import(path=path, format="jsonl")
    assert (again.stored, again.replayed) == (0, 3)
    assert list(Event.objects.order_by("id").values()) == rows
    assert {"a": 'tab\t\\n\n"ü'} in [row["attributes"] for row in rows]


def test_bad_lines_are_reported_with_their_number_and_the_rest_kept(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path, [view(), "{", {"type": "view"}, view(position=0), view(user_id="a\x00")]
    )
    report = events_import(path=path, format="jsonl")
    assert (report.stored, report.rejected) == (1, 4)
    assert [(line, where) for line, where, _ in report.errors] == [
        (2, "item"), (3, "product_id"), (4, "position"), (5, "user_id"),
    ]  # fmt: skip


def test_ids_given_are_kept_or_mapped_as_at_the_door(tmp_path: Path) -> None:
    now = timezone.now()
    rows = [view(now, event_id="mine"), view(now, event_id=str(uuid7_at(now, b"0123456789")))]
    assert events_ingest(items=rows, received_at=now).stored == 2
    report = events_import(path=jsonl(tmp_path, rows), format="jsonl")
    assert (report.stored, report.replayed) == (0, 2)


def test_a_uuid7_without_an_occurred_at_makes_the_partition_of_its_time(tmp_path: Path) -> None:
    given = uuid7_at(OLD, b"0123456789")
    path = jsonl(tmp_path, [{"type": "search", "event_id": str(given)}])
    assert events_import(path=path, format="jsonl").stored == 1
    assert Event.objects.get().occurred_at == OLD


def test_a_shift_ends_now_and_is_drawn_once(tmp_path: Path, monkeypatch: Any) -> None:
    given = str(uuid7_at(OLD, b"0123456789"))
    rows = [view(), view(OLD - timedelta(days=3)), {"type": "search", "event_id": given}]
    path = jsonl(tmp_path, rows)
    first = events_import(path=path, format="jsonl", shift_to_now=True)
    newest = Event.objects.order_by("-occurred_at")[0]
    now = timezone.now()
    assert timedelta(0) <= now - newest.occurred_at < timedelta(days=1)
    assert all(row.occurred_at == uuid7_time(row.id) for row in Event.objects.all())
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=9))
    again = events_import(path=path, format="jsonl", shift_to_now=True)
    assert (again.shift_days, again.stored, again.replayed) == (first.shift_days, 0, 3)


def test_an_empty_file_shifts_nothing(tmp_path: Path) -> None:
    report = events_import(path=jsonl(tmp_path, []), format="jsonl", shift_to_now=True)
    assert (report.lines, report.shift_days) == (0, 0)


def test_csv_rows_are_read_by_their_header(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "type,product_id,occurred_at,quantity,value,attributes\n"
        f'purchase,p1,{OLD.isoformat()},2,9.90,"{{""a"": 1}}"\n'
        f"view,,{OLD.isoformat()},,,\n"
        f"view,p1,{OLD.isoformat()},two,,\n"
        f"view,p1,{OLD.isoformat()},,,{{\n"
        "view\n"
    )
    report = events_import(path=path, format="csv")
    assert (report.stored, report.rejected) == (1, 4)
    assert [(line, where) for line, where, _ in report.errors] == [
        (3, "product_id"), (4, "quantity"), (5, "attributes"), (6, "item"),
    ]  # fmt: skip
    stored = Event.objects.get()
    assert (stored.quantity, stored.value, stored.attributes) == (2, Decimal("9.9"), {"a": 1})


def test_a_column_that_is_no_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("type,colour\nview,red\n")
    with pytest.raises(InvalidInput):
        events_import(path=path, format="csv")
    with pytest.raises(InvalidInput):
        events_import(path=tmp_path / "none.csv", format="csv")
    with pytest.raises(InvalidInput):
        events_import(path=path, format="tsv")


def invoices(folder: Path, rows: list[tuple[Any, ...]]) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    names = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price",
             "Customer ID", "Country"]  # fmt: skip
    table = pyarrow.table(
        {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )
    path = folder / "retail.parquet"
    parquet.write_table(table, path)
    return path


def test_invoices_become_purchases_refunds_and_products(tmp_path: Path) -> None:
    summer = "2010-07-01 08:45:00"
    path = invoices(tmp_path, [
        ("489434", "85048", "GLASS BALL", 12, "2009-12-01 07:45:00", 6.95, 13085.0, "UK"),
        ("489434", "85048", "GLASS BALL", 12, "2009-12-01 07:45:00", 6.95, 13085.0, "UK"),
        ("C489449", "22087", None, -2, summer, 2.95, None, "France"),
        ("489500", "22087", "damaged", -5, summer, 0.0, None, "UK"),
        ("A506401", "B", "Adjust bad debt", 1, summer, -53594.36, None, "UK"),
        ("489501", None, "", 1, summer, 1.0, None, "UK"),
    ])  # fmt: skip
    report = events_import(path=path, format="online_retail")
    assert (report.lines, report.stored, report.rejected, report.products) == (6, 3, 3, 2)
    assert [(line, where) for line, where, _ in report.errors] == [
        (4, "Quantity"), (5, "Price"), (6, "StockCode"),
    ]  # fmt: skip
    first, second = Event.objects.filter(type="purchase")
    assert first.id != second.id
    assert (first.user_id, first.client_id, first.value, first.currency) == (
        "13085", None, Decimal("83.4"), "GBP",
    )  # fmt: skip
    refund = Event.objects.get(type="refund")
    assert (refund.user_id, refund.client_id, refund.quantity) == (None, "guest-C489449", 2)
    assert refund.occurred_at == datetime(2010, 7, 1, 7, 45, tzinfo=UTC)
    again = events_import(path=path, format="online_retail")
    assert (again.stored, again.replayed, again.products) == (0, 3, 0)


def test_the_command_prints_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jsonl(tmp_path, [view(), *["{"] * 11])
    call_command("import_events", str(path), "--format", "jsonl", "--json")
    assert json.loads(capsys.readouterr().out)["stored"] == 1
    call_command("import_events", str(path), "--format", "jsonl")
    shown = capsys.readouterr().out
    assert "1 were there already" in shown
    assert "line 2: item" in shown
    assert "1 more" in shown
    with pytest.raises(CommandError):
        call_command("import_events", str(tmp_path / "none"), "--format", "jsonl")
