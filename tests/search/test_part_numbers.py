"""Four hundred part numbers of a real catalogue, each spelt in five ways, through the API."""

import gzip
import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.catalog.services import catalog_import
from tests.search.types import Search

PRODUCTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "icecat" / "products.jsonl.gz"
NUMBERS, OTHERS, FOUND_LEAST = 400, 2_600, 0.99
# The same number may be several products', and be compatible with others.
FIRST_LEAST = 0.95
_PART = re.compile(r"(?=.*\d)[A-Za-z0-9]+(?:[-./#_ ][A-Za-z0-9]+)*")
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_BOUNDARIES = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_MOST_WORDS = 6
Part = tuple[str, str, str]  # product id, part number, brand

pytestmark = pytest.mark.skipif(
    not PRODUCTS.exists() and os.environ.get("CI") != "true",
    reason="../shared/data/icecat/products.jsonl.gz is not on this machine",
)


def _pieces(number: str) -> list[str]:
    """Where somebody would put separators: where they are, else between letters and digits."""
    pieces = _SEPARATORS.split(number)
    return pieces if len(pieces) > 1 else _BOUNDARIES.split(number)


SPELLINGS: dict[str, Callable[[str, str], str]] = {
    "as typed": lambda number, _brand: number,
    "without separators": lambda number, _brand: _SEPARATORS.sub("", number),
    "other separators": lambda number, _brand: ("/" if "-" in number else "-").join(
        _pieces(number)
    ),
    "with spaces": lambda number, _brand: " ".join(_pieces(number)),
    "brand in front": lambda number, brand: f"{brand} {number}",
}


def _catalogue(folder: Path) -> tuple[Path, list[Part]]:
    """A feed of products with part numbers and of others beside them, and the part numbers."""
    with gzip.open(PRODUCTS, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    chance = random.Random(400)
    chance.shuffle(rows)
    numbered = [row for row in rows if _is_part(row["name"])][:NUMBERS]
    chosen = {row["id"] for row in numbered}
    others = [row for row in rows if row["id"] not in chosen][:OTHERS]
    feed = folder / "feed.jsonl"
    feed.write_text("\n".join(json.dumps(row) for row in (*numbered, *others)), encoding="utf-8")
    return feed, [(row["id"], row["name"], row.get("supplier") or "") for row in numbered]


def _is_part(name: str) -> bool:
    """One that a part number may be: a digit, 4 to 40 letters and digits, at most six pieces."""
    if not _PART.fullmatch(name) or not 4 <= len(_SEPARATORS.sub("", name)) <= 40:
        return False
    return " " not in name and len(_pieces(name)) <= _MOST_WORDS


@pytest.fixture
def numbers(db: None, tmp_path: Path) -> list[Part]:
    feed, parts = _catalogue(tmp_path)
    report = catalog_import(path=feed, format="icecat")
    assert report.created == NUMBERS + OTHERS
    assert len(parts) == NUMBERS
    return parts


@pytest.mark.timeout(600)
def test_part_numbers_are_found_in_every_spelling(numbers: list[Part], search: Search) -> None:
    missed: dict[str, list[str]] = {name: [] for name in SPELLINGS}
    first = dict.fromkeys(SPELLINGS, 0)
    for product_id, number, brand in numbers:
        for name, spelt in SPELLINGS.items():
            query = spelt(number, brand)
            hits = [hit["product_id"] for hit in search(q=query)["hits"]]
            first[name] += hits[:1] == [product_id]
            if product_id not in hits:
                missed[name].append(query)
    assert min(first.values()) / NUMBERS >= FIRST_LEAST, first
    for name, queries in missed.items():
        assert 1 - len(queries) / NUMBERS >= FOUND_LEAST, (name, queries)
