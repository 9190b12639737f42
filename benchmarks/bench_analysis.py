"""One experiment with 20 metrics analysed from its roll-ups: p95 and SQL statements.

    python -m benchmarks.bench_analysis [--metrics 20] [--variants 2] [--days 28] [--rounds 40]

Roll-up rows are written as the roll-up writes them (every day, phase, variant, metric, and three
values of one dimension); the analysis is `results_for`, what a result page calls. The number of
statements must be the same for one metric and two variants.
"""

import argparse
import statistics
import sys
import time
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.calibration_stage import (
    START,
    database_drop,
    database_open,
    servers_find,
)

DATABASE = "endcap_bench_analysis"
VALUES = ("desktop", "mobile", "tablet")
P95_MS = 500.0


def metrics_publish(count: int) -> list[str]:
    """Means, rates and ratios in turn."""
    from apps.experiments.services.metrics import metric_draft_create
    from apps.publishing.services import version_publish

    fact: dict[str, Any] = {"source": "events", "event_types": ["purchase"]}
    kinds: list[dict[str, Any]] = [
        {"kind": "mean"}, {"kind": "proportion"}, {"kind": "ratio", "denominator": fact},
    ]  # fmt: skip
    keys = [f"metric_{place}" for place in range(count)]
    for place, key in enumerate(keys):
        draft = metric_draft_create(
            key=key, definition={"title": key, "numerator": fact, **kinds[place % 3]}, actor=None
        )
        version_publish(
            kind="experiment_metric", version_id=draft.id, actor=None, reason="bench",
            acknowledge_warnings=True,
        )  # fmt: skip
    return keys


def experiment_store(key: str, metrics: list[str], variants: list[str]) -> int:
    """A running experiment with one phase; its id."""
    from apps.experiments.domain.design.reading import design_read, design_written
    from apps.experiments.models import Experiment, ExperimentVersion, Phase
    from apps.publishing.contracts import VersionStatus

    share = 1 / len(variants)
    document: dict[str, Any] = {
        "name": "Bench",
        "unit": "user",
        "variants": [{"key": name, "name": name, "weight": share} for name in variants],
        "metrics": [
            {"key": name, "role": "secondary" if place else "primary", "version": 1}
            for place, name in enumerate(metrics)
        ],
        "dimensions": ["device"],
        "plan": {"cuped_days": 14},
    }
    version = ExperimentVersion.objects.create(
        subject=key, number=1, status=VersionStatus.PUBLISHED.value, published_at=START,
        design=design_written(design_read(document)),
    )  # fmt: skip
    row = Experiment.objects.create(
        key=key, name="Bench", status="running", kind="ab", surface="any", unit="user",
        live=version, created_at=START, started_at=START,
    )  # fmt: skip
    Phase.objects.create(
        experiment=row, number=1, version=version, salt=f"{key}:1:x", salt_version=1, coverage=1.0,
        weights=[share] * len(variants), starts_at=START,
    )  # fmt: skip
    return row.pk


def rollups_store(experiment_id: int, metrics: list[str], variants: list[str], days: int) -> int:
    """Cumulative rows with one covariate, and exposure rows; how many rows."""
    from apps.experiments.models import Rollup, RollupExposure

    rng, rows, exposures = np.random.default_rng(1), [], []
    for variant in variants:
        for value in ("", *VALUES):
            for day in range(days):
                n, when = 400 * (day + 1), START.date() + timedelta(days=day)
                dimension = "device" if value else ""
                exposures.append(
                    RollupExposure(
                        experiment_id=experiment_id, phase=1, variant=variant, value=value,
                        dimension=dimension, day=when, units=400, exposures=900,
                    )
                )  # fmt: skip
                for place, metric in enumerate(metrics):
                    m = n * (0.2 + 0.01 * float(rng.standard_normal()) / np.sqrt(day + 1))
                    m = float(round(m))
                    rows.append(
                        Rollup(
                            experiment_id=experiment_id, phase=1, variant=variant, metric=metric,
                            dimension=dimension, value=value, day=when, n=n, rows=int(m), m=m,
                            mm=m if place % 3 == 1 else 2 * m, d=2.0 * n, dd=6.0 * n, md=2.5 * m,
                            x=[0.2 * n], xx=[0.4 * n], mx=[0.3 * m], dx=[0.4 * n], z=2.0 * n,
                            zz=6.0 * n, xz=0.5 * n, mz=2.1 * m, dz=4.2 * n,
                        )
                    )  # fmt: skip
    Rollup.objects.bulk_create(rows, batch_size=2_000)
    RollupExposure.objects.bulk_create(exposures, batch_size=2_000)
    return len(rows)


def measured(key: str, days: int, rounds: int) -> tuple[list[float], float, int]:
    """Milliseconds of each round after a warm one, this process's own of one, statements."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.experiments.services.analysis import results_for

    as_of = START + timedelta(days=days)
    with CaptureQueriesContext(connection) as captured:
        results_for(key=key, as_of=as_of)
    took, own = [], time.process_time()
    for _ in range(rounds):
        started = time.perf_counter()
        results_for(key=key, as_of=as_of)
        took.append(1_000 * (time.perf_counter() - started))
    return took, 1_000 * (time.process_time() - own) / rounds, len(captured)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", type=int, default=20)
    parser.add_argument("--variants", type=int, default=2)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    servers_find()
    database_open(DATABASE)
    try:
        metrics = metrics_publish(given.metrics)
        variants = ["control", *(f"treatment-{place}" for place in range(1, given.variants))]
        small = experiment_store("small", metrics[:1], variants[:2])
        rollups_store(small, metrics[:1], variants[:2], given.days)
        large = experiment_store("large", metrics, variants)
        rows = rollups_store(large, metrics, variants, given.days)
        _, _, few = measured("small", given.days, 1)
        took, own, many = measured("large", given.days, given.rounds)
    finally:
        database_drop(DATABASE)
    p95 = statistics.quantiles(took, n=20)[-1]
    print(
        f"{given.metrics} metrics, {given.variants} variants, {given.days} days, {rows:,} rows: "
        f"median {statistics.median(took):.0f} ms, p95 {p95:.0f} ms "
        f"({own:.0f} ms of this process), {many} statements "
        f"({few} with one metric)"
    )
    return 0 if many == few and p95 <= P95_MS else 1


if __name__ == "__main__":
    sys.exit(main())
