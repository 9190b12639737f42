"""Exports for a warehouse: streamed as CSV or Parquet, a bounded number of rows in memory."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from apps.common.errors import Unavailable
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.domain.rollups.exported import SCHEMAS, Cell, ExportTable
from apps.experiments.models import Rollup, Unit
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.rollup_subject import subject_of

CHUNK = 5_000
Row = tuple[Any, ...]


class ExportFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    PARQUET = "parquet"

    @property
    def content_type(self) -> str:
        """For an HTTP answer."""
        return _CONTENT_TYPES[self.value]


_CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def export_stream(
    *, key: str, table: ExportTable, form: ExportFormat = ExportFormat.CSV
) -> Iterator[bytes]:
    """A table of an experiment, in pieces as they are read; docs/experiments-export.md.

    Args:
        key: of the experiment.
        table: which.
        form: how it is written.

    Raises:
        NotFound: there is no such experiment.
        Unavailable: Parquet is asked for where pyarrow is not installed (it comes with the
            worker).
    """
    view = experiment_view(key)
    rows = _TABLES[table](view)
    if form is ExportFormat.CSV:
        return _csv(table, rows)
    return _parquet(table, rows)


def _exposures(view: ExperimentView) -> Iterator[Row]:
    names = list(SCHEMAS[ExportTable.EXPOSURES])[1:]
    for row in (
        _ordered(Unit.objects.filter(experiment_id=view.id))
        .values_list(*names)
        .iterator(chunk_size=CHUNK)
    ):
        yield (view.key, *row[:-1], json.dumps(row[-1], sort_keys=True))


def _unit_metrics(view: ExperimentView) -> Iterator[Row]:
    """One row a unit, metric and day on which anything was counted: running totals."""
    last = max((phase.starts_at for phase in view.phases), default=view.created_at)
    metrics = subject_of(view, last).plan.metrics
    units = _ordered(Unit.objects.filter(experiment_id=view.id, multiple=False))
    fields = ("salt_version", "phase", "unit", "variant", "days", "totals", "before")
    for *who, days, totals, before in units.values_list(*fields).iterator(chunk_size=CHUNK):
        for one in metrics:
            past = _pick(before, one.total), _pick(before, one.denominator)
            for day, total in zip(days, totals, strict=True):
                counted = (total[one.total - 1], _pick(total, one.denominator))
                rows = round(total[one.rows - 1])
                yield (view.key, *who, one.key, day, *counted, rows, *past)


def _pick(totals: Sequence[float], place: int | None) -> float | None:
    return None if place is None or not totals else totals[place - 1]


def _rollups(view: ExperimentView) -> Iterator[Row]:
    names = list(SCHEMAS[ExportTable.ROLLUPS])[1:]
    rows = Rollup.objects.filter(experiment_id=view.id).order_by(
        "dimension", "value", "metric", "phase", "variant", "day"
    )
    for row in rows.values_list(*names).iterator(chunk_size=CHUNK):
        yield (view.key, *row)


def _ordered(rows: "QuerySet[Unit]") -> "QuerySet[Unit]":
    return rows.order_by("salt_version", "unit")


_TABLES: Mapping[ExportTable, Callable[[ExperimentView], Iterator[Row]]] = {
    ExportTable.EXPOSURES: _exposures,
    ExportTable.UNIT_METRICS: _unit_metrics,
    ExportTable.ROLLUPS: _rollups,
}


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _csv(table: ExportTable, rows: Iterable[Row]) -> Iterator[bytes]:
    """RFC 4180 with a header; arrays as JSON, moments in ISO 8601."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(SCHEMAS[table])
    yield _drained(text)
    for chunk in _chunks(rows):
        writer.writerows(map(_csv_cells, chunk))
        yield _drained(text)


def _csv_cells(row: Row) -> list[object]:
    return [_csv_cell(cell) for cell in row]


def _csv_cell(cell: object) -> object:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, list):
        return json.dumps(cell)
    # A spreadsheet would compute a text that begins like a formula.
    if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{cell}"
    return cell


def _drained(text: io.StringIO) -> bytes:
    found = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return found


def _parquet(table: ExportTable, rows: Iterable[Row]) -> Iterator[bytes]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise Unavailable(
            "Parquet is written where the worker's packages are installed; ask for CSV here.",
            code="no_parquet",
        ) from error
    schema = _schema(pa, table)
    return _parquet_pieces(pa, pq, schema, rows)


def _schema(pa: Any, table: ExportTable) -> Any:
    return pa.schema([(name, _arrow(pa, cell)) for name, cell in SCHEMAS[table].items()])


def _parquet_pieces(pa: Any, pq: Any, schema: Any, rows: Iterable[Row]) -> Iterator[bytes]:
    """One row group a chunk; the footer last."""
    sink = io.BytesIO()
    out = pa.PythonFile(_Forward(sink), mode="w")
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for chunk in _chunks(rows):
            columns = [
                pa.array(cells, type=field.type)
                for cells, field in zip(zip(*chunk, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            yield _emptied(sink)
    yield _emptied(sink)


class _Forward:
    """A file that only grows: what was handed out is forgotten, the position goes on."""

    def __init__(self, sink: io.BytesIO) -> None:
        self._sink = sink
        self._written = 0
        self.closed = False

    def write(self, piece: bytes) -> int:
        self._written += len(piece)
        return self._sink.write(piece)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def _emptied(sink: io.BytesIO) -> bytes:
    found = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return found


def _arrow(pa: Any, cell: Cell) -> Any:
    types = {
        Cell.TEXT: pa.string(),
        Cell.WHOLE: pa.int64(),
        Cell.NUMBER: pa.float64(),
        Cell.FLAG: pa.bool_(),
        Cell.DAY: pa.date32(),
        Cell.MOMENT: pa.timestamp("us", tz="UTC"),
        Cell.NUMBERS: pa.list_(pa.float64()),
    }
    return types[cell]


__all__ = ["ExportFormat", "ExportTable", "export_stream"]
