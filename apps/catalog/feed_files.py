"""Opening feeds and walking through them one record at a time; nothing is read ahead."""

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast
from xml.etree import ElementTree as ET

import msgspec

from apps.catalog.domain.feed_records import (
    Record,
    field_name,
    icecat_record,
    merchant_record,
    shopify_records,
    tabular_record,
)

FORMATS = ("merchant", "shopify", "csv", "jsonl", "icecat")
_XML_ITEMS = frozenset({"item", "entry"})
if TYPE_CHECKING:
    import _csv

# A field above this is an unclosed quote, not a description.
csv.field_size_limit(1024 * 1024)


class FeedUnreadable(Exception):
    """The file cannot be read at all; rows before the fault may have been taken."""


class BadLine(Exception):
    """One record that cannot be parsed; reading goes on after it."""


# A record, or why its line holds none.
Line = tuple[int, Record | BadLine]


def feed_lines(path: Path, feed_format: str) -> Iterator[Line]:
    """(line number, record) of a feed, gzip accepted whatever the name.

    Raises:
        FeedUnreadable: no such file, broken gzip or XML, not UTF-8, no header.
    """
    read = _READERS[feed_format]
    try:
        with _opened(path) as stream:
            yield from read(stream)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, ET.ParseError, csv.Error) as error:
        raise FeedUnreadable(f"{path.name}: {error}") from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as probe:
        packed = probe.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")


def _text(stream: IO[bytes]) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")


def _rows(stream: IO[bytes], delimiter: str) -> Iterator[tuple[int, dict[str, str] | BadLine]]:
    """Rows of a table by our field names; a quoted cell may span lines: the last counts."""
    with _text(stream) as text:
        yield from _cells(csv.reader(text, delimiter=delimiter))


def _cells(reader: "_csv.Reader") -> Iterator[tuple[int, dict[str, str] | BadLine]]:
    header = [field_name(name) for name in next(reader, [])]
    if not any(header):
        raise FeedUnreadable("the file has no header")
    for cells in reader:
        if not any(cells):
            continue
        if len(cells) > len(header):
            yield (
                reader.line_num,
                BadLine(f"has {len(cells)} cells, the header {len(header)}"),
            )
            continue
        yield reader.line_num, dict(zip(header, cells, strict=False))


def _tabular(stream: IO[bytes], delimiter: str) -> Iterator[Line]:
    for line, row in _rows(stream, delimiter):
        yield line, row if isinstance(row, BadLine) else tabular_record(row)


def _comma_separated(stream: IO[bytes]) -> Iterator[Line]:
    return _tabular(stream, ",")


def _merchant(stream: IO[bytes]) -> Iterator[Line]:
    """TSV, or XML when the first character that is not blank is `<`."""
    start = cast("io.BufferedReader", stream).peek(64)  # so has gzip's
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _merchant_xml(stream)
    return _tabular(stream, "\t")


def _merchant_xml(stream: IO[bytes]) -> Iterator[Line]:
    """RSS items or Atom entries, each dropped once read; numbered from 1."""
    number = 0
    root: ET.Element | None = None
    for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314 - expat since 2.4.1 bounds entity expansion, and loads nothing external
        if event == "start":
            root = element if root is None else root
            continue
        if field_name(element.tag) not in _XML_ITEMS:
            continue
        number += 1
        yield number, merchant_record(_xml_record(element))
        element.clear()
        if root is not None:
            for parent in (root, *root.findall("channel")):
                parent[:] = [child for child in parent if child.tag == "channel"]


def _xml_record(item: ET.Element) -> Record:
    record: Record = {}
    for child in item:
        name = field_name(child.tag)
        text = (child.text or child.get("href") or "").strip()
        if name == "product_detail":
            parts = {field_name(part.tag): (part.text or "").strip() for part in child}
            text = ":".join(
                parts.get(part, "")
                for part in ("section_name", "attribute_name", "attribute_value")
            )
        before = record.get(name)
        if before is None:
            record[name] = text
        else:
            record[name] = [*(before if isinstance(before, list) else [before]), text]
    return record


def _json_lines(
    stream: IO[bytes], shape: Callable[[Mapping[str, object]], Record]
) -> Iterator[Line]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield number, BadLine(f"is not JSON: {error}")
            continue
        if isinstance(found, dict):
            yield number, shape(found)
        else:
            yield number, BadLine("is not a JSON object")


def _jsonl(stream: IO[bytes]) -> Iterator[Line]:
    return _json_lines(stream, lambda found: merchant_record(dict(found)))


def _icecat(stream: IO[bytes]) -> Iterator[Line]:
    return _json_lines(stream, icecat_record)


def _shopify(stream: IO[bytes]) -> Iterator[Line]:
    """Rows of one handle stand together; each variant becomes a product."""
    rows = _rows(stream, ",")
    for _, group in itertools.groupby(
        rows, key=lambda row: "" if isinstance(row[1], BadLine) else row[1].get("handle", "")
    ):
        good: list[tuple[int, Mapping[str, str]]] = []
        for line, row in group:
            if isinstance(row, BadLine):
                yield line, row
            else:
                good.append((line, row))
        if good:
            yield from shopify_records(good)


_READERS: dict[str, Callable[[IO[bytes]], Iterator[Line]]] = {
    "merchant": _merchant,
    "shopify": _shopify,
    "csv": _comma_separated,
    "jsonl": _jsonl,
    "icecat": _icecat,
}
