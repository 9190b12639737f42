"""Judgement lists as CSV: `query,product_id,rating`, optionally `rater`; line by line."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from apps.common.domain.spreadsheet import formula_guarded, formula_unguarded
from apps.explainability.contracts.judged import Judgements, JudgementsInvalid, Rating

COLUMNS = ("query", "product_id", "rating")
RATER = "rater"
LONGEST_QUERY, LONGEST_PRODUCT, LONGEST_RATER = 256, 200, 150
MOST_ROWS = 1_000_000
_TOLD = 20
_LONGEST_RATING = 9  # digits: int() reads no number of thousands


class RatingsReader:
    """Reads ratings one by one; what is wrong is collected, and refused at the end.

    Attributes:
        rows: lines read so far, without the head.
    """

    def __init__(self, lines: Iterable[str], *, top: int) -> None:
        """Read from `lines`; ratings are 0 … `top`."""
        self.rows = 0
        self._reader = csv.DictReader(lines)
        self._top = top
        self._wrong: list[tuple[int, str]] = []
        self._seen: dict[tuple[str, str, str], int] = {}

    def ratings(self) -> Iterator[Rating]:
        """Every rating once, in the file's order.

        Raises:
            JudgementsInvalid: other columns; or, after the last line, every line (the first 20)
                with an empty or too long field, a rating off the scale, or a second, different
                rating by the same rater.
        """
        try:
            self._head_check()
            for row in self._reader:
                self.rows += 1
                if self.rows > MOST_ROWS:
                    raise JudgementsInvalid(f"more than {MOST_ROWS:,} lines")
                found = self._rating(row)
                if found is not None:
                    yield found
        except csv.Error as error:
            line = self._reader.line_num + 1  # counted once it is read
            raise JudgementsInvalid(f"line {line}: {error}", ((line, str(error)),)) from error
        if self._wrong:
            told = "; ".join(f"line {line}: {what}" for line, what in self._wrong[:_TOLD])
            more = len(self._wrong) - _TOLD
            raise JudgementsInvalid(
                told + (f"; and {more} lines more" if more > 0 else ""), self._wrong[:_TOLD]
            )

    def _head_check(self) -> None:
        head = tuple(name.strip() for name in self._reader.fieldnames or ())
        if head not in {COLUMNS, (*COLUMNS, RATER)}:
            told = f"the columns must be {','.join(COLUMNS)}, with rater or without"
            raise JudgementsInvalid(f"line 1: {told}", ((1, told),))
        self._reader.fieldnames = list(head)

    def _rating(self, row: dict[str, str | None]) -> Rating | None:
        """The line's rating; None: it was there already, or is wrong."""
        query, product_id, rating, rater = (
            formula_unguarded((row.get(name) or "").strip()) for name in (*COLUMNS, RATER)
        )
        wrong = self._wrong_with(query, product_id, rating, rater)
        if None in row:
            wrong = "it has more fields than the head"
        if not wrong:
            key, number = (query, product_id, rater), int(rating)
            before = self._seen.get(key)
            if before is None:
                self._seen[key] = number
                return Rating(query, product_id, number, rater)
            if before == number:
                return None
            wrong = f"{product_id} is rated twice for {query!r}, differently"
        self._wrong.append((self._reader.line_num, wrong))
        return None

    def _wrong_with(self, query: str, product_id: str, rating: str, rater: str) -> str:
        if not query or not product_id:
            return "it needs a query and a product id"
        if "\x00" in query + product_id + rater:
            return "it holds a NUL character"
        known = rating.isascii() and rating.isdigit() and len(rating) <= _LONGEST_RATING
        if not (known and int(rating) <= self._top):
            return f"the rating must be a whole number from 0 to {self._top}"
        for name, text, most in (
            ("query", query, LONGEST_QUERY),
            ("product_id", product_id, LONGEST_PRODUCT),
            ("rater", rater, LONGEST_RATER),
        ):
            if len(text) > most:
                return f"{name} is longer than {most} characters"
        return ""


def rows_written(ratings: Iterable[Rating] | Judgements, *, raters: bool = False) -> Iterator[str]:
    """The lines of a file that `RatingsReader` reads, the head first.

    Queries are what shoppers typed: what a spreadsheet would run is guarded, and the reader
    takes the guard off again.

    Args:
        ratings: each rater's own, or the merged ones by query and product.
        raters: whether each line says who rated.
    """
    yield _line(*COLUMNS, RATER) if raters else _line(*COLUMNS)
    for each in _flat(ratings):
        cells = (formula_guarded(each.query), formula_guarded(each.product_id), each.rating)
        yield _line(*cells, formula_guarded(each.rater)) if raters else _line(*cells)


def _flat(ratings: Iterable[Rating] | Judgements) -> Iterator[Rating]:
    if not isinstance(ratings, Mapping):
        yield from ratings
        return
    for query, products in ratings.items():
        for product, rating in products.items():
            yield Rating(query, product, rating)


def _line(*cells: object) -> str:
    buffer = io.StringIO()
    # With "\n" alone as its line's end the writer would quote no carriage return.
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n") + "\n"
