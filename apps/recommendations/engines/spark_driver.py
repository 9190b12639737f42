"""The process that drives Spark: cells from Parquet, factors to Parquet, then it ends.

Run by `spark_als` with one argument, a `DriverTask` as JSON. A process of its own takes Java's
memory with it when it ends; a worker that had started Java itself would hold it for good.
"""

import sys

import msgspec
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

from apps.recommendations.contracts_models import AlsParameters

USER, PRODUCT, VALUE = "user", "product", "value"
CELLS, USERS, PRODUCTS = "cells", "users", "products"


class DriverTask(msgspec.Struct, frozen=True):
    """What is trained, and where.

    Attributes:
        master: Spark's address of the cluster.
        folder: holds `cells`; `users` and `products` are written beside it.
        memory: of this process's Java.
        blocks: parts that users and products are cut into.
        penalty: λ as MLlib takes it.
        parameters: everything else.
    """

    master: str
    folder: str
    memory: str
    blocks: int
    penalty: float
    parameters: AlsParameters


def drive(task: DriverTask) -> None:
    """Train, and write both sides' factors."""
    spark = (
        SparkSession.builder.master(task.master)
        .appName("endcap recommender")
        .config("spark.driver.memory", task.memory)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", str(task.blocks))
        .getOrCreate()
    )
    model = ALS(
        rank=task.parameters.factors,
        maxIter=task.parameters.iterations,
        regParam=task.penalty,
        numUserBlocks=task.blocks,
        numItemBlocks=task.blocks,
        implicitPrefs=True,
        alpha=task.parameters.alpha,
        userCol=USER,
        itemCol=PRODUCT,
        ratingCol=VALUE,
        seed=task.parameters.seed,
    ).fit(spark.read.parquet(f"{task.folder}/{CELLS}"))
    model.userFactors.write.parquet(f"{task.folder}/{USERS}")
    model.itemFactors.write.parquet(f"{task.folder}/{PRODUCTS}")
    spark.stop()


if __name__ == "__main__":
    drive(msgspec.json.decode(sys.argv[1], type=DriverTask))
