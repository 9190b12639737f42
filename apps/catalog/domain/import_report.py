"""What an import says when it is done."""

from array import array
from dataclasses import dataclass, field
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong with one row; `line` counts the file's lines (XML: items) from 1."""

    line: int
    product_id: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The totals of one run.

    Attributes:
        rows: read from the file.
        created, updated, unchanged: products (a dry run: what they would be).
        rejected_rows: refused, each with one or more problems.
        problems: the first of them; the report file has all.
        duplicates: rows whose id stood in the file before; the last wins.
        duplicate_lines: the first of them, as (line, id).
        categories_created: new nodes of the tree.
        dry_run: nothing was written.
        report_path: the report file, "" when there is none.
        seconds: how long it took.
    """

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected_rows: int = 0
    problems: tuple[RowProblem, ...] = ()
    duplicates: int = 0
    duplicate_lines: tuple[tuple[int, str], ...] = ()
    categories_created: int = 0
    dry_run: bool = False
    report_path: str = ""
    seconds: float = 0.0

    @property
    def rejected(self) -> list[tuple[int, str, str]]:
        """(line, field, reason) of the problems kept here."""
        return [(each.line, each.field, each.reason) for each in self.problems]


@dataclass(slots=True)
class SeenIds:
    """Which ids have been there, in 8 to 32 bytes an id whatever their length.

    Open addressing over 64-bit hashes: for a million ids the chance that two different ones
    are taken for the same is about 3e-8.
    """

    _slots: "array[int]" = field(default_factory=lambda: array("Q", bytes(8 * 1024)))
    _count: int = 0

    def add(self, text: str) -> bool:
        """Whether `text` is new; it is not afterwards."""
        key = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") or 1
        if 2 * self._count >= len(self._slots):
            self._grow()
        return self._place(key)

    def _place(self, key: int) -> bool:
        mask = len(self._slots) - 1
        at = key & mask
        while (found := self._slots[at]) != 0:
            if found == key:
                return False
            at = (at + 1) & mask
        self._slots[at] = key
        self._count += 1
        return True

    def _grow(self) -> None:
        before = self._slots
        self._slots = array("Q", bytes(16 * len(before)))
        self._count = 0
        for key in before:
            if key:
                self._place(key)
