"""Factors by Spark MLlib against those by `implicit`, on one real shop: NDCG@10, and time.

    python -m benchmarks.bench_spark

Trains both on what customers of Online Retail bought before 2010-11-01 (a cell is log(1 +
invoices)), and asks each for what they bought from then on, among all products ("all") and
among those that they had not bought before ("new"). Needs `make spark`, Java, and the data.
"""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from apps.recommendations.contracts_models import AlsParameters, Confidences, Factors
from apps.recommendations.engines.als import ImplicitAls
from apps.recommendations.engines.spark_als import SparkAls, spark_missing

RETAIL = Path(__file__).resolve().parents[2] / "shared/data/online_retail"
FILE = RETAIL / "online_retail_2009_2010.parquet"
CUT = "2010-11-01"
PARAMETERS = AlsParameters(factors=64, regularization=0.05, alpha=1.0, iterations=15)
LEAST_RATIO = 0.98
FIRST = 10
_DISCOUNTS = 1.0 / np.log2(np.arange(FIRST) + 2.0)
Bought = dict[int, set[int]]


def main() -> int:
    reason = "" if FILE.exists() else f"there is no {FILE.name}"
    reason = reason or spark_missing()
    if reason:
        print(f"skipped: {reason}")
        return 0
    known, later = _split()
    print(f"{known.users} users, {known.products} products, {len(known.codes)} cells")
    figures = {}
    for name, trainer in (("implicit", ImplicitAls()), ("spark", SparkAls(blocks=4))):
        started = time.perf_counter()
        factors = trainer.fit(known, PARAMETERS)
        took = time.perf_counter() - started
        figures[name] = [_ndcg(factors, known, later, new=new) for new in (True, False)]
        new, everything = figures[name]
        print(f"{name:9} NDCG@10 new {new:.4f}, all {everything:.4f}, {took:.1f} s")
    ratios = [there / here for here, there in zip(*figures.values(), strict=True)]
    print(f"spark / implicit: new {ratios[0]:.3f}, all {ratios[1]:.3f} (at least {LEAST_RATIO})")
    passed = min(ratios) >= LEAST_RATIO
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


def _lines() -> Iterator[tuple[int, str, str, bool]]:
    """Customer, product, invoice, and whether it is before the cut; sales of known customers."""
    import pyarrow.parquet as pq

    names = ("Customer ID", "StockCode", "Invoice", "Quantity", "InvoiceDate")
    table = pq.read_table(FILE)
    for customer, code, invoice, quantity, moment in zip(
        *(table[name].to_pylist() for name in names), strict=True
    ):
        if customer is not None and quantity > 0 and not str(invoice).startswith("C"):
            yield int(customer), str(code), str(invoice), str(moment) < CUT


def _split() -> tuple[Confidences, Bought]:
    invoices: dict[tuple[int, str], set[str]] = {}
    after: set[tuple[int, str]] = set()
    for customer, code, invoice, before in _lines():
        if before:
            invoices.setdefault((customer, code), set()).add(invoice)
        else:
            after.add((customer, code))
    users = {one: at for at, one in enumerate(sorted({user for user, _ in invoices}))}
    products = {one: at for at, one in enumerate(sorted({code for _, code in invoices}))}
    cells = sorted((users[u], products[c], np.log1p(len(s))) for (u, c), s in invoices.items())
    rows = np.array([row for row, _, _ in cells])
    known = Confidences(
        users=len(users),
        products=len(products),
        indptr=np.searchsorted(rows, np.arange(len(users) + 1)).astype(np.int64),
        codes=np.array([code for _, code, _ in cells], dtype=np.int32),
        values=np.array([value for _, _, value in cells], dtype=np.float32),
    )
    later: Bought = {}
    for customer, code in after:
        if customer in users and code in products:
            later.setdefault(users[customer], set()).add(products[code])
    return known, later


def _ndcg(factors: Factors, known: Confidences, later: Bought, *, new: bool) -> float:
    found = []
    for user, bought in later.items():
        seen = known.codes[known.indptr[user] : known.indptr[user + 1]]
        scores = factors.products @ factors.users[user]
        wanted = bought
        if new:
            scores[seen] = -np.inf
            wanted = bought - set(seen.tolist())
        if wanted:
            best = np.argsort(-scores, kind="stable")[:FIRST]
            gains = np.isin(best, list(wanted))
            found.append((gains * _DISCOUNTS).sum() / _DISCOUNTS[: len(wanted)].sum())
    return float(np.mean(found))


if __name__ == "__main__":
    sys.exit(main())
