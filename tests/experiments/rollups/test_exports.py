"""Tables for a warehouse, read back by other people's readers."""

import csv
import io
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.common.errors import NotFound
from apps.experiments.domain.rollups.exported import SCHEMAS, ExportTable
from apps.experiments.services.exports import ExportFormat, export_stream
from apps.experiments.services.rollups.run import experiment_rollup
from tests.experiments.rollups.scene import (
    KEY,
    Row,
    at,
    events_fact,
    experiment_on_stage,
    exposure,
    metric_make,
    rows_store,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rolled_up(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False
    metric_make("spend", kind="mean", numerator=events_fact("purchase", value="value"))
    metric_make(
        "ctr", kind="ratio", numerator=events_fact("click"), denominator=events_fact("impression")
    )
    experiment_on_stage(
        metrics=[{"key": "spend", "role": "primary"}, {"key": "ctr", "role": "secondary"}],
        dimensions=["device"],
        plan={"cuped_days": 2},
    )
    rows_store(
        [
            Row("purchase", -3, client_id="a", value=2),
            exposure(1, "control", client_id="a", attributes={"device": "phone"}),
            Row("purchase", 2, client_id="a", value=3),
            Row("purchase", 26, client_id="a", value=4),
            exposure(1, "treatment", client_id="b"),
        ]
    )
    experiment_rollup(key=KEY, as_of=at(50))


def read_csv(table: ExportTable) -> list[dict[str, str]]:
    text = b"".join(export_stream(key=KEY, table=table)).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_exposures_are_one_row_a_unit() -> None:
    rows = read_csv(ExportTable.EXPOSURES)
    assert list(rows[0]) == list(SCHEMAS[ExportTable.EXPOSURES])
    assert [(row["unit"], row["variant"], row["multiple"], row["dimensions"]) for row in rows] == [
        ("c:a", "control", "false", '{"device": "phone"}'),
        ("c:b", "treatment", "false", '{"device": "(none)"}'),
    ]


def test_unit_metrics_are_running_totals() -> None:
    rows = [
        (row["unit"], row["day"], row["numerator"], row["rows"], row["numerator_before"])
        for row in read_csv(ExportTable.UNIT_METRICS)
        if row["metric"] == "spend"
    ]
    assert rows == [
        ("c:a", "2026-11-02", "3.0", "1", "2.0"),
        ("c:a", "2026-11-03", "7.0", "2", "2.0"),
        ("c:b", "2026-11-02", "0.0", "0", ""),
    ]


@pytest.mark.parametrize("table", list(ExportTable))
def test_parquet_says_the_same_as_csv(table: ExportTable, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    call_command(
        "experiments_export", KEY, "--table", table.value, "--format", "parquet",
        "--output", str(path),
    )  # fmt: skip
    # The house's stub of pyarrow knows only what the house itself calls.
    reader: Any = import_module("pyarrow.parquet")
    found = reader.read_table(path)
    assert found.column_names == list(SCHEMAS[table])
    rows = read_csv(table)
    assert found.num_rows == len(rows) > 0
    whole = [row["phase"] for row in rows]
    assert [str(phase) for phase in found["phase"].to_pylist()] == whole


def test_without_an_experiment_there_is_no_export(capfdbinary: Any) -> None:
    with pytest.raises(NotFound):
        export_stream(key="none", table=ExportTable.ROLLUPS, form=ExportFormat.CSV)
    with pytest.raises(CommandError):
        call_command("experiments_export", "none")
    call_command("experiments_export", KEY, "--table", "rollups")
    assert capfdbinary.readouterr().out.startswith(b"experiment,phase,variant,metric")
