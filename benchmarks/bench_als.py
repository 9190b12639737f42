"""Our training of ALS against calling `implicit` directly on the same matrix: time and memory.

    python -m benchmarks.bench_als

The matrix is online_retail's known customers; without that data one is drawn. Times are CPU
time, interleaved; each peak of memory is that of a process of its own, which holds the matrix.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from apps.recommendations.contracts_models import AlsParameters, Confidences, Int64
from apps.recommendations.engines.als import ImplicitAls

RETAIL = (
    Path(__file__).resolve().parents[2]
    / "shared/data/online_retail/online_retail_2009_2010.parquet"
)
PARAMETERS = AlsParameters(64, 5.0, 1.0)
ROUNDS = 5
MOST_RATIO = 1.1


def ours(confidences: Confidences) -> None:
    ImplicitAls(threads=1).fit(confidences, PARAMETERS)


def direct(confidences: Confidences) -> None:
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    values = (1 + confidences.values).astype(np.float32)
    matrix = csr_matrix(
        (values, confidences.codes, confidences.indptr),
        shape=(confidences.users, confidences.products),
    )
    with threadpool_limits(limits=1, user_api="blas"):
        model = AlternatingLeastSquares(
            factors=PARAMETERS.factors,
            regularization=PARAMETERS.regularization,
            iterations=PARAMETERS.iterations,
            random_state=PARAMETERS.seed,
            num_threads=1,
        )
        model.fit(matrix, show_progress=False)


WAYS: dict[str, Callable[[Confidences], None]] = {"ours": ours, "direct": direct}


def confidences_read() -> Confidences:
    if not RETAIL.exists():
        return _drawn()
    import pyarrow.parquet as pq

    table = pq.read_table(RETAIL)
    customers = table["Customer ID"].to_numpy()
    kept = ~np.isnan(customers) & (table["Quantity"].to_numpy() > 0)
    names = np.array(table["StockCode"].to_pylist())[kept]
    products, codes = np.unique(names, return_inverse=True)
    users, rows = np.unique(customers[kept], return_inverse=True)
    return _packed(rows, codes, len(users), len(products))


def _drawn() -> Confidences:
    random = np.random.default_rng(1)
    rows = random.integers(0, 4_000, 250_000)
    return _packed(rows, (4_000 * random.random(len(rows)) ** 2).astype(np.int64), 4_000, 4_000)


def _packed(rows: Int64, codes: Int64, users: int, products: int) -> Confidences:
    cells, counts = np.unique(rows * products + codes, return_counts=True)
    starts = np.searchsorted(cells // products, np.arange(users + 1))
    values = np.log1p(counts).astype(np.float32)
    return Confidences(
        users, products, starts.astype(np.int64), (cells % products).astype(np.int32), values
    )


def _peak(name: str) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_als", name],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout)


def main() -> int:
    confidences = confidences_read()
    print(f"{confidences.users:,} users, {confidences.products:,} products,", end=" ")
    print(f"{len(confidences.codes):,} cells, {PARAMETERS.factors} factors")
    spent: dict[str, list[float]] = {name: [] for name in WAYS}
    for way in WAYS.values():
        way(confidences)
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            began = time.process_time()
            way(confidences)
            spent[name].append(time.process_time() - began)
    pairs = zip(spent["ours"], spent["direct"], strict=True)
    times = median(ours / direct for ours, direct in pairs)
    peaks = {name: _peak(name) for name in WAYS}
    memory = peaks["ours"] / peaks["direct"]
    for name, figures in spent.items():
        print(f"{name:8}{median(figures):7.2f} s CPU{peaks[name]:9.1f} MB at most")
    print(f"time x{times:.3f}, memory x{memory:.3f}; at most x{MOST_RATIO} each")
    passed = max(times, memory) <= MOST_RATIO
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        WAYS[sys.argv[1]](confidences_read())
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    else:
        sys.exit(main())
