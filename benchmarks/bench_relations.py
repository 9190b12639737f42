"""What is bought together, judged by baskets that came later, and timed, on one real shop.

    python -m benchmarks.bench_relations

Learns from the invoices of Online Retail before 2010-10-01, as the job does. Of each invoice of
October one product is given and the others are to be found among the first ten: by added value
(what is served), by lift alone, by popularity. The time is that of counting, testing and
ordering pairs, as a multiple of the bare sparse product that counts them. Needs the data.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pyarrow.parquet as pq
from scipy.sparse import csr_array

from apps.recommendations.contracts_relations import Baskets, Line, PairRules, Relation
from apps.recommendations.domain.basket_pairs import relation_of
from apps.recommendations.domain.baskets import baskets_pack

RETAIL = Path(__file__).resolve().parents[2] / "shared/data/online_retail"
FILE = RETAIL / "online_retail_2009_2010.parquet"
CUT, END = datetime(2010, 10, 1, tzinfo=UTC), datetime(2010, 11, 1, tzinfo=UTC)
RULES = PairRules(least=3, false_share=0.01, half_life_days=90.0, most=50)
LARGEST = 100
# The served order against what sells most.
LEAST_RATIO = 2.0
FIRST = 10
_DISCOUNTS = 1.0 / np.log2(np.arange(FIRST) + 2.0)


def main() -> int:
    if not FILE.exists():
        print(f"skipped: there is no {FILE.name}")
        return 0
    lines = sorted(_lines(), key=lambda line: (line.unit, line.at))
    known = _packed(line for line in lines if line.at < CUT.timestamp())
    later = _packed(line for line in lines if CUT.timestamp() <= line.at < END.timestamp())
    started = time.process_time()
    relation = relation_of(known, products=len(known.pks), as_of=CUT.timestamp(), rules=RULES)
    took = time.process_time() - started
    print(f"{len(known)} baskets, {relation.tested} pairs tested, {len(relation)} neighbours kept")
    print(f"counting, testing and ordering: {took / _counting(known):.1f} x the sparse product")
    return _judged(relation, known, later)


def _lines() -> Iterator[Line]:
    columns = ["Invoice", "StockCode", "Quantity", "InvoiceDate"]
    codes: dict[str, int] = {}
    with pq.ParquetFile(FILE) as source:
        for batch in source.iter_batches(batch_size=10_000, columns=columns):
            for row in zip(*(batch.column(name).to_pylist() for name in columns), strict=True):
                invoice, product, quantity, dated = row
                if invoice and product and quantity > 0 and not invoice.startswith("C"):
                    at = datetime.fromisoformat(dated).replace(tzinfo=UTC).timestamp()
                    pk = codes.setdefault(product, len(codes))
                    yield Line(invoice, at, pk, quantity, invoice, "", returned=False)


def _packed(lines: Iterator[Line]) -> Baskets:
    return baskets_pack(lines, pause_s=1800.0, largest=LARGEST, most_lines=10_000_000)


def _counting(baskets: Baskets) -> float:
    """Seconds of counting all pairs at once."""
    ones = np.ones(len(baskets.codes), dtype=np.float32)
    shape = (len(baskets), len(baskets.pks))
    rows = csr_array((ones, baskets.codes, baskets.starts), shape=shape)
    started = time.process_time()
    rows.T.tocsr() @ rows
    return time.process_time() - started


def _judged(relation: Relation, known: Baskets, later: Baskets) -> int:
    popular = np.argsort(-relation.alone, kind="stable")[: FIRST + 1]
    found: dict[str, list[float]] = {"added value": [], "lift": [], "popularity": []}
    rng = np.random.default_rng(1)
    for start, stop in pairwise(later.starts.tolist()):
        pks = later.pks[later.codes[start:stop]]
        bought = np.searchsorted(known.pks, pks[np.isin(pks, known.pks)])
        if len(bought) < 2:  # one given, one to be found
            continue
        given = int(rng.choice(bought))
        wanted = set(bought.tolist()) - {given}
        part = slice(int(relation.starts[given]), int(relation.starts[given + 1]))
        codes = relation.codes[part]
        by_lift = codes[np.argsort(-relation.lifts[part], kind="stable")]
        found["added value"].append(_ndcg(codes.tolist(), wanted))
        found["lift"].append(_ndcg(by_lift.tolist(), wanted))
        found["popularity"].append(_ndcg([x for x in popular.tolist() if x != given], wanted))
    for name, values in found.items():
        error = np.std(values) / np.sqrt(len(values))
        print(f"{name:12} NDCG@{FIRST} {np.mean(values):.4f} ± {error:.4f} of {len(values)}")
    ratio = float(np.mean(found["added value"]) / np.mean(found["popularity"]))
    print(f"added value / popularity: {ratio:.2f} (at least {LEAST_RATIO})")
    print("passed" if ratio >= LEAST_RATIO else "MISSED")
    return 0 if ratio >= LEAST_RATIO else 1


def _ndcg(ranked: Sequence[int], wanted: set[int]) -> float:
    gains = np.array([code in wanted for code in ranked[:FIRST]], dtype=np.float64)
    best = _DISCOUNTS[: min(FIRST, len(wanted))].sum()
    return float(gains @ _DISCOUNTS[: len(gains)] / best)


if __name__ == "__main__":
    sys.exit(main())
