"""Popular queries as the file of an artifact."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

_FILE = "queries.msgpack"
FORMAT = 1


class PopularUnreadable(ValueError):
    """The folder holds no popular queries of this format."""


class _File(msgspec.Struct, frozen=True):
    format: int
    queries: tuple[tuple[str, int], ...]


def popular_write(folder: Path, queries: Sequence[tuple[str, int]]) -> None:
    """Write (text, shoppers), most shoppers first."""
    (folder / _FILE).write_bytes(msgspec.msgpack.encode(_File(FORMAT, tuple(queries))))


def popular_read(folder: Path) -> tuple[tuple[str, int], ...]:
    """What `popular_write` wrote.

    Raises:
        PopularUnreadable: another format.
        OSError: the file is missing.
    """
    try:
        found = msgspec.msgpack.decode((folder / _FILE).read_bytes(), type=_File)
    except msgspec.DecodeError as error:
        raise PopularUnreadable(str(error)) from error
    if found.format != FORMAT:
        raise PopularUnreadable(f"format {found.format} instead of {FORMAT}")
    return found.queries
