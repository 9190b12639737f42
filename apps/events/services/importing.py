"""Imports of event files: streamed, by COPY, and a replay when done again.

COPY alone cannot skip rows that are there already: it fills a temporary table, from which
INSERT … ON CONFLICT DO NOTHING takes what is new, chunk by chunk. Historic months get their
partitions on the way.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from pathlib import Path

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_time
from apps.common.errors import InvalidInput
from apps.events.contracts import ImportReport
from apps.events.domain.admission import Gate, StoredRow, item_admit
from apps.events.domain.event_id import client_uuid7
from apps.events.domain.identity_sql import EVENT_TABLE
from apps.events.domain.items import EventItem, Fault
from apps.events.domain.months import Coverage, month_start
from apps.events.models import EventImport
from apps.events.services.import_lines import (
    Line,
    csv_lines,
    jsonl_lines,
    online_retail_lines,
)
from apps.events.services.partitions import partitions_ensure

FORMATS = ("online_retail", "jsonl", "csv")
Progress = Callable[[int], None]
_CHUNK = 10_000
_ERRORS_KEPT = 100
_EVERYTHING = Coverage(((0, 1 << 128),))


@dataclass(slots=True)
class _Tally:
    lines: int = 0
    stored: int = 0
    replayed: int = 0
    rejected: int = 0
    errors: list[tuple[int, str, str]] = field(default_factory=list)
    products: dict[str, tuple[str, Decimal]] = field(default_factory=dict)

    def reject(self, number: int, fault: Fault) -> None:
        self.rejected += 1
        if len(self.errors) < _ERRORS_KEPT:
            self.errors.append((number, fault.field, fault.message))

    def product_seen(self, code: str, title: str, price: Decimal) -> None:
        # The newest words and price that say something win.
        before = self.products.get(code, ("", Decimal(0)))
        self.products[code] = (title or before[0], price or before[1])


def events_import(
    *,
    path: Path,
    format: str,  # noqa: A002 - named as the command's option
    shift_to_now: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a file; importing it again changes nothing.

    Args:
        path: the file.
        format: one of FORMATS.
        shift_to_now: move every time by the whole days that bring the newest event to the last
            24 hours. The shift of a file is drawn once and kept.
        progress: called with the lines read so far.

    Raises:
        InvalidInput: unknown format, no such file, a column that is no field.
    """
    if format not in FORMATS:
        raise InvalidInput(f"format must be one of {', '.join(FORMATS)}.", field="format")
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", field="file", code="not_found")
    started, tally = time.monotonic(), _Tally()
    shift_days = _shift_days(path, format) if shift_to_now else 0
    importer = _Importer(tally, timedelta(days=shift_days), timezone.now())
    lines = _lines(path, format, tally)
    while chunk := list(islice(lines, _CHUNK)):
        importer.chunk_store(chunk)
        if progress is not None:
            progress(tally.lines)
    return ImportReport(
        lines=tally.lines,
        stored=tally.stored,
        replayed=tally.replayed,
        rejected=tally.rejected,
        errors=tuple(tally.errors),
        products=_products_store(tally.products),
        shift_days=shift_days,
        seconds=round(time.monotonic() - started, 2),
    )


def _lines(path: Path, name: str, tally: _Tally | None = None) -> Iterator[Line]:
    if name == "online_retail":
        return online_retail_lines(path, None if tally is None else tally.product_seen)
    return jsonl_lines(path) if name == "jsonl" else csv_lines(path)


def _shift_days(path: Path, name: str) -> int:
    """The file's shift: as drawn at its first import, else drawn and kept now."""
    checksum = _checksum(path)
    kept = EventImport.objects.filter(checksum=checksum, format=name, shifted=True).first()
    if kept is not None:
        return kept.shift_days
    newest = max(
        (
            item.occurred_at
            for _, item in _lines(path, name)
            if isinstance(item, EventItem) and item.occurred_at is not None
        ),
        default=None,
    )
    days = (timezone.now() - newest).days if newest is not None else 0
    kept, _ = EventImport.objects.get_or_create(
        checksum=checksum, format=name, shifted=True, defaults={"shift_days": days}
    )
    return kept.shift_days


def _checksum(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class _Importer:
    def __init__(self, tally: _Tally, shift: timedelta, now: datetime) -> None:
        self._tally = tally
        self._shift = shift
        self._now = now
        self._gate = Gate(now, None, _EVERYTHING)
        self._months: set[datetime] = set()

    def chunk_store(self, chunk: list[Line]) -> None:
        rows = [row for number, item in chunk if (row := self._row(number, item)) is not None]
        self._months_ensure({month_start(uuid7_time(row.id)) for row in rows})
        stored = _copy(rows)
        self._tally.stored += stored
        self._tally.replayed += len(rows) - stored

    def _row(self, number: int, item: EventItem | Fault) -> StoredRow | None:
        self._tally.lines += 1
        if isinstance(item, EventItem):
            if self._shift:
                item = _shifted(item, self._shift)
            verdict = item_admit(item, self._gate, line=number)
            if not isinstance(verdict, Fault):
                return verdict
            item = verdict
        self._tally.reject(number, item)
        return None

    def _months_ensure(self, months: set[datetime]) -> None:
        for month in sorted(months - self._months):
            partitions_ensure(first=month, last=month, tables=(EVENT_TABLE,))
        self._months |= months


def _shifted(item: EventItem, shift: timedelta) -> EventItem:
    """The item at its new time. A UUIDv7 says the old time, so it is mapped like any other id."""
    kept = client_uuid7(item.event_id)
    occurred_at = item.occurred_at or (uuid7_time(kept) if kept else None)
    return msgspec.structs.replace(
        item,
        occurred_at=None if occurred_at is None else occurred_at + shift,
        event_id=f"shifted:{kept}" if kept else item.event_id,
    )


_COLUMNS = ", ".join(StoredRow.__struct_fields__)
_TEMPORARY = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS events_import_rows (LIKE {EVENT_TABLE})
    ON COMMIT DELETE ROWS
"""
_TAKE = f"""
    INSERT INTO {EVENT_TABLE} ({_COLUMNS})
    SELECT {_COLUMNS} FROM events_import_rows ORDER BY id
    ON CONFLICT (id) DO NOTHING
"""


def _copy(rows: list[StoredRow]) -> int:
    if not rows:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TEMPORARY)
        with cursor.copy(f"COPY events_import_rows ({_COLUMNS}) FROM STDIN") as copy:
            copy.write("".join(map(_copy_line, rows)))
        cursor.execute(_TAKE)
        stored = int(cursor.rowcount)
        # Inside somebody's larger transaction the rows would still be there next time.
        cursor.execute("TRUNCATE events_import_rows")
        return stored


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_line(row: StoredRow) -> str:
    """One line of COPY's text format."""
    cells = (getattr(row, name) for name in StoredRow.__struct_fields__[:-1])
    attributes = msgspec.json.encode(row.attributes or {}).decode().translate(_ESCAPES)
    return "\t".join([*map(_cell, cells), attributes]) + "\n"


def _cell(found: object) -> str:
    if found is None:
        return "\\N"
    return found.translate(_ESCAPES) if isinstance(found, str) else str(found)


def _products_store(products: dict[str, tuple[str, Decimal]]) -> int:
    """Catalogue products for the stock codes that were sold."""
    if not products:
        return 0
    from apps.catalog.domain.product_input import ProductInput
    from apps.catalog.services import product_upsert_many

    inputs = [
        ProductInput(product_id=code, title=title or code, price=price, currency="GBP")
        for code, (title, price) in sorted(products.items())
    ]
    counts = product_upsert_many(products=inputs)
    return counts.created + counts.updated
