"""What shoppers took after each query, by category, as the file of an artifact."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

_FILE = "query_categories.msgpack"
FORMAT = 1

ClicksOfQueries = Mapping[str, Mapping[str, float]]
"""Normalised query → path of a category → its clicks, weighted and decayed."""


class QueryCategoriesUnreadable(ValueError):
    """The folder holds no click history of this format."""


class _File(msgspec.Struct, frozen=True):
    format: int
    queries: dict[str, dict[str, float]]


def query_categories_write(folder: Path, queries: ClicksOfQueries) -> None:
    """Write the history."""
    held = {query: dict(clicks) for query, clicks in queries.items()}
    (folder / _FILE).write_bytes(msgspec.msgpack.encode(_File(FORMAT, held)))


def query_categories_read(folder: Path) -> ClicksOfQueries:
    """What `query_categories_write` wrote.

    Raises:
        QueryCategoriesUnreadable: another format.
        OSError: the file is missing.
    """
    try:
        found = msgspec.msgpack.decode((folder / _FILE).read_bytes(), type=_File)
    except msgspec.DecodeError as error:
        raise QueryCategoriesUnreadable(str(error)) from error
    if found.format != FORMAT:
        raise QueryCategoriesUnreadable(f"format {found.format} instead of {FORMAT}")
    return found.queries
