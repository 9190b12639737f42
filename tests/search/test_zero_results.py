"""Every judged query that has an answer gets one, by words alone; the others are told honestly."""

import gzip
import json
import os
import random
import string
from pathlib import Path

import pytest

from apps.catalog.services import catalog_import
from apps.explainability.domain.evaluation import (
    Judgements,
    answerable_queries,
    judgements_read,
    unanswerable_queries,
)
from apps.search.contracts import SearchRequest
from apps.search.selectors.fallbacks import matching_of
from apps.search.services.core import search_core

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "icecat"
OTHERS, NONSENSE, SYLLABLES = 1_500, 200, 200
ZERO_MOST = 0.05
# A made-up word may happen to be one of the catalogue's.
NONSENSE_MOST = 0.01

pytestmark = pytest.mark.skipif(
    not FOLDER.exists() and os.environ.get("CI") != "true",
    reason="../shared/data/icecat is not on this machine",
)


@pytest.fixture
def judgements(db: None, tmp_path: Path) -> Judgements:
    """The judged products and some others as the catalogue; what people said of them."""
    with (FOLDER / "judgements.csv").open(encoding="utf-8", newline="") as handle:
        found = judgements_read(handle)
    judged = {product_id for ratings in found.values() for product_id in ratings}
    with gzip.open(FOLDER / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    chosen = [row for row in rows if str(row["id"]) in judged]
    others = [row for row in rows if str(row["id"]) not in judged]
    feed = tmp_path / "feed.jsonl"
    feed.write_text(
        "\n".join(json.dumps(row) for row in (*chosen, *others[:OTHERS])), encoding="utf-8"
    )
    catalog_import(path=feed, format="icecat")
    return found


def answered(query: str) -> tuple[int, str]:
    """How many products, and how they were found."""
    core = search_core(SearchRequest(query=query, logged=False))
    return core.listing.found, matching_of(core.scored).step


def nonsense() -> list[str]:
    """Random letters, and random syllables that could be words."""
    chance = random.Random(4)
    letters = ["".join(chance.choices(string.ascii_lowercase, k=9)) for _ in range(NONSENSE)]
    syllables = [
        "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(5))
        for _ in range(SYLLABLES)
    ]
    return [*letters, *syllables]


@pytest.mark.timeout(600)
def test_judged_queries_find_something_and_nonsense_nothing(judgements: Judgements) -> None:
    queries = answerable_queries(judgements)
    nothing = [query for query in queries if not answered(query)[0]]
    assert len(nothing) / len(queries) < ZERO_MOST, nothing
    for query in unanswerable_queries(judgements):
        found, step = answered(query)
        # Nothing, or a label; or else some product does hold every word of it.
        assert found == 0 or step or _holds_all(query), query
    invented = nonsense()
    made_up = [query for query in invented if answered(query)[0]]
    assert len(made_up) / len(invented) <= NONSENSE_MOST, made_up


def _holds_all(query: str) -> bool:
    core = search_core(SearchRequest(query=query, logged=False))
    words = core.scored.retrieved.words
    return words is not None and words.firm > 0
