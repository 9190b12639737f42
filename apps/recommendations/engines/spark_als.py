"""Alternating least squares on Spark MLlib, for interactions that outgrow one machine.

The same contract as on one machine: confidences in, factors out. Both travel as Parquet through
a folder that the driver and every executor can reach; nothing is collected row by row. Needs
`requirements/spark.txt` and a Java runtime (17 or 21), on the machine that drives.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from apps.recommendations.contracts import Float32
from apps.recommendations.contracts_models import AlsParameters, Confidences, Factors

_CHUNK = 1_000_000
_TOLD = 2_000
_ROOT = Path(__file__).resolve().parents[3]


class SparkMissing(RuntimeError):
    """Spark was asked for, and pyspark or Java is not on this machine."""


class SparkFailed(RuntimeError):
    """The driver ended without factors; the message is the end of what it said."""


def spark_missing() -> str:
    """Why Spark cannot run here, in words; empty when it can."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed: pip install -r requirements/spark.txt"
    if shutil.which("java") is None:
        return "there is no Java runtime: install OpenJDK 17 or 21"
    return ""


@dataclass(frozen=True, slots=True)
class SparkAls:
    """A `FactorTrainer` on a Spark cluster.

    Attributes:
        master: Spark's address of the cluster; `local[*]` is this machine.
        exchange: a folder that driver and executors share; empty: a temporary one, for `local`.
        memory: of the driver, which in `local` mode does all the work.
        blocks: parts that users and products are cut into.
    """

    master: str = "local[*]"
    exchange: str = ""
    memory: str = "2g"
    blocks: int = 8

    def fit(self, confidences: Confidences, parameters: AlsParameters) -> Factors:
        """Train on the cluster.

        MLlib multiplies λ by the number of cells of each user and product; ours is the same for
        all. It is given λ over their mean number, so that both weigh as much overall.

        Raises:
            SparkMissing: pyspark or Java is not here.
            SparkFailed: the driver ended without factors.

        Source: Zhou, Wilkinson, Schreiber, Pan, Large-scale parallel collaborative filtering for
            the Netflix prize, AAIM 2008, section 3 (the weighted λ).
        """
        reason = spark_missing()
        if reason:
            raise SparkMissing(reason)
        with _folder(self.exchange) as folder:
            _cells_write(folder / "cells", confidences)
            self._drive(folder, confidences, parameters)
            return Factors(
                _factors(folder / "users", confidences.users, parameters.factors),
                _factors(folder / "products", confidences.products, parameters.factors),
            )

    def _drive(self, folder: Path, confidences: Confidences, parameters: AlsParameters) -> None:
        task = {
            "master": self.master,
            "folder": str(folder),
            "memory": self.memory,
            "blocks": self.blocks,
            "penalty": parameters.regularization / _cells_each(confidences),
            "parameters": parameters,
        }
        driver = "apps.recommendations.engines.spark_driver"
        command = [sys.executable, "-m", driver, msgspec.json.encode(task).decode()]
        done = subprocess.run(  # noqa: S603 - our own module, numbers and a folder of ours
            command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode:
            raise SparkFailed(_told(done.stderr.decode(errors="replace")))


def _told(errors: str) -> str:
    """What a driver said, without the frames of Java's stacks."""
    lines = [line for line in errors.splitlines() if not line.startswith("\tat ")]
    return "\n".join(lines)[-_TOLD:]


def _cells_each(confidences: Confidences) -> float:
    """How many cells a user and a product have: the geometric mean of both means."""
    cells = len(confidences.codes)
    rows = max(confidences.users, 1) * max(confidences.products, 1)
    return max(cells / float(np.sqrt(rows)), 1.0)


@contextmanager
def _folder(exchange: str) -> Iterator[Path]:
    """A folder of this run's own; gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="recommender-", dir=exchange or None))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _cells_write(folder: Path, confidences: Confidences) -> None:
    """The cells as Parquet, a chunk a file: no table of all of them is ever in memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    size = len(confidences.codes)
    for number, start in enumerate(range(0, max(size, 1), _CHUNK)):
        places = np.arange(start, min(start + _CHUNK, size))
        rows = np.searchsorted(confidences.indptr, places, side="right") - 1
        cells = {
            "user": rows.astype(np.int32),
            "product": confidences.codes[places],
            "value": confidences.values[places],
        }
        pq.write_table(pa.table(cells), folder / f"part-{number:05d}.parquet")


def _factors(folder: Path, rows: int, length: int) -> Float32:
    """float32[rows, length]; zeros for those without a cell."""
    import pyarrow.parquet as pq

    factors = np.zeros((rows, length), dtype=np.float32)
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file)
        values = table["features"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        factors[table["id"].to_numpy()] = values.reshape(-1, length)
    return factors
