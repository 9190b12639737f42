"""Readers of event files: each yields (line number, item or fault), one line at a time."""

import csv
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from apps.common.errors import InvalidInput
from apps.events.contracts import EventType
from apps.events.domain.items import EventItem, Fault, fault_of, item_from_strings

Line = tuple[int, EventItem | Fault]
_ITEM = msgspec.json.Decoder(EventItem)


def jsonl_lines(path: Path) -> Iterator[Line]:
    """One native item a line; empty lines are skipped."""
    with path.open("rb") as handle:
        for number, raw in enumerate(handle, start=1):
            if not raw.strip():
                continue
            try:
                yield number, _ITEM.decode(raw)
            except msgspec.ValidationError as error:
                yield number, fault_of(error)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                yield number, Fault("item", "malformed", str(error))


def csv_lines(path: Path) -> Iterator[Line]:
    """A header of native field names, then one item a row; empty cells are absent.

    Raises:
        InvalidInput: a column that is no field.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as handle:
        rows = csv.DictReader(handle)
        for column in rows.fieldnames or ():
            if column not in EventItem.__struct_fields__:
                raise InvalidInput(
                    f"{column} is no field of an event.", field=column, code="unknown_field"
                )
        for row in rows:
            yield rows.line_num, _csv_item(row)


def _csv_item(row: dict[str, Any]) -> EventItem | Fault:
    if None in row or None in row.values():
        return Fault("item", "malformed", "The row has not as many cells as the header.")
    try:
        return item_from_strings(row)
    except msgspec.ValidationError as error:
        return fault_of(error)
    except msgspec.DecodeError as error:
        return Fault("attributes", "malformed", str(error))


# The invoices of a shop in the United Kingdom carry its local time.
_LONDON = ZoneInfo("Europe/London")
_COLUMNS = [
    "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID",
    "Country",
]  # fmt: skip
ProductSeen = Callable[[str, str, Decimal], None]


def online_retail_lines(path: Path, seen: ProductSeen | None = None) -> Iterator[Line]:
    """UCI Online Retail II: an invoice line is a purchase, one of a cancellation a refund.

    Args:
        path: the Parquet file.
        seen: called with (stock code, description, unit price) of every line.
    """
    import pyarrow.parquet

    number = 0
    with pyarrow.parquet.ParquetFile(path) as source:
        for batch in source.iter_batches(batch_size=10_000, columns=_COLUMNS):
            for row in zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True):
                number += 1
                yield number, _invoice_line(row, seen)


def _invoice_line(row: tuple[Any, ...], seen: ProductSeen | None) -> EventItem | Fault:
    invoice, code, description, quantity, dated, price, customer, country = row
    if not code or not invoice:
        return Fault("StockCode", "required", "An invoice line names its invoice and stock code.")
    cancelled = invoice.startswith("C")
    pieces = -quantity if cancelled else quantity
    if pieces <= 0:
        return Fault("Quantity", "out_of_range", f"{quantity} on invoice {invoice}: no sale.")
    if price < 0 or not math.isfinite(price):
        return Fault("Price", "out_of_range", f"{price} is no price.")
    unit_price = Decimal(str(price))
    if seen is not None:
        seen(code, (description or "").strip(), unit_price)
    known = customer is not None and not math.isnan(customer)
    return EventItem(
        type=EventType.REFUND if cancelled else EventType.PURCHASE,
        occurred_at=datetime.fromisoformat(dated).replace(tzinfo=_LONDON).astimezone(UTC),
        user_id=str(int(customer)) if known else None,
        client_id=None if known else f"guest-{invoice}",
        session_id=f"invoice-{invoice}",
        product_id=code,
        quantity=pieces,
        value=unit_price * pieces,
        currency="GBP",
        attributes={"country": country},
    )
