"""One import run: lines in, batches out, every refusal on the record."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from django.db import connection, transaction

from apps.catalog.categories import CategoryPlaces
from apps.catalog.domain.import_report import ImportReport, RowProblem, SeenIds
from apps.catalog.domain.product_input import ProductInput, RowInvalid, product_input_read
from apps.catalog.feed_files import BadLine, Line
from apps.catalog.product_rows import UpsertCounts, rows_compare, rows_write

BATCH = 1000
KEPT_PROBLEMS = 1000
# From here on the planner's picture of the table is worth a fresh look.
_ANALYSE_FROM = 5000
Progress = Callable[[int, str], None]


class ReportFile:
    """Every problem of a run as JSON lines, written as it is found."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("w", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def write(self, kind: str, line: int, product_id: str, field_name: str, reason: str) -> None:
        if self._stream is None:
            return
        import msgspec

        record = {
            "kind": kind,
            "line": line,
            "product_id": product_id,
            "field": field_name,
            "reason": reason,
        }
        self._stream.write(msgspec.json.encode(record).decode() + "\n")


@dataclass(slots=True)
class ImportRun:
    """The state of one run; `report()` can be asked at any time."""

    report_file: ReportFile
    dry_run: bool
    default_currency: str
    progress: Progress
    places: CategoryPlaces = field(init=False)
    _rows: int = 0
    _rejected: int = 0
    _duplicates: int = 0
    _counts: UpsertCounts = field(default_factory=UpsertCounts)
    _problems: list[RowProblem] = field(default_factory=list)
    _duplicate_lines: list[tuple[int, str]] = field(default_factory=list)
    _seen: SeenIds = field(default_factory=SeenIds)
    _started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.places = CategoryPlaces(create=not self.dry_run)

    def take(self, lines: Iterator[Line]) -> None:
        """Read everything; a batch is committed as soon as it is full."""
        batch: dict[str, ProductInput] = {}
        for line, record in lines:
            self._rows += 1
            product = self._product(line, record)
            if product is None:
                continue
            if not self._seen.add(product.product_id):
                self._duplicate(line, product.product_id)
            batch[product.product_id] = product
            if len(batch) >= BATCH:
                self._write(batch)
                batch = {}
        self._write(batch)
        if not self.dry_run and self._counts.created + self._counts.updated >= _ANALYSE_FROM:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE catalog_product")

    def _product(self, line: int, record: object) -> ProductInput | None:
        if isinstance(record, BadLine):
            self._reject(line, "", (("line", str(record)),))
            return None
        if not isinstance(record, dict):
            raise TypeError("a line is a record or a BadLine")
        try:
            return product_input_read(record, default_currency=self.default_currency)
        except RowInvalid as error:
            self._reject(line, str(record.get("id") or "")[:200], error.problems)
            return None

    def _reject(self, line: int, product_id: str, problems: tuple[tuple[str, str], ...]) -> None:
        self._rejected += 1
        for name, reason in problems:
            self.report_file.write("rejected", line, product_id, name, reason)
            if len(self._problems) < KEPT_PROBLEMS:
                self._problems.append(RowProblem(line, product_id, name, reason))

    def _duplicate(self, line: int, product_id: str) -> None:
        self._duplicates += 1
        self.report_file.write("duplicate", line, product_id, "id", "stood before; the last wins")
        if len(self._duplicate_lines) < KEPT_PROBLEMS:
            self._duplicate_lines.append((line, product_id))

    def _write(self, batch: dict[str, ProductInput]) -> None:
        products = list(batch.values())
        if self.dry_run:
            self._counts += rows_compare(products, self.places)
        else:
            with transaction.atomic():
                self._counts += rows_write(products, self.places)
        self.progress(self._rows, f"{self._rows} rows, {self._rejected} rejected")

    def report(self) -> ImportReport:
        counts = self._counts
        return replace(
            ImportReport(),
            rows=self._rows,
            created=counts.created,
            updated=counts.updated,
            unchanged=counts.unchanged,
            rejected_rows=self._rejected,
            problems=tuple(self._problems),
            duplicates=self._duplicates,
            duplicate_lines=tuple(self._duplicate_lines),
            categories_created=self.places.created,
            dry_run=self.dry_run,
            report_path=str(self.report_file.path or ""),
            seconds=time.monotonic() - self._started,
        )
