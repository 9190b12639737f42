"""Calibration through the real path: rule, event rows, roll-up, analysis.

    python -m benchmarks.bench_calibration [--experiments 2000] [--processes 2] [--only aa]

A/A experiments share a stream of shoppers, each under its own salt. Each is rolled up once and
read by three plans: once at the end (fixed), every day (confidence sequence), at every look
(group sequential, a look a day). Then planted effects at 80 % power, and split errors.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.calibration_stage import (
    DAYS,
    MEAN,
    PLANTED_SPREAD,
    START,
    VARIANCE,
    assigned,
    database_drop,
    database_open,
    experiments_make,
    exposures_store,
    metric_publish,
    purchases_store,
    salt_of,
    servers_find,
    shoppers_draw,
    stage_clear,
)

ROOT = Path(__file__).resolve().parents[1]
UNITS = 1_200
BATCH = 20
SRM_UNITS = 25_000
SRM_SHARE = 0.48
POWER = 0.8
END = START + timedelta(days=DAYS)


def _read(key: str, tally: Counter[str], name: str, truth: float = 0.0) -> None:
    """Read one rolled-up experiment by the three plans, and count what they say."""
    from apps.experiments.contracts.design import Horizon
    from apps.experiments.domain.analysis.analyse import experiment_analyse
    from apps.experiments.selectors.analysis import analysis_context

    # Looks need the primary's days, which any plan's context holds.
    context = analysis_context(key=key, as_of=END)
    tally[f"{name} experiments"] += 1
    for horizon in Horizon:
        plan = replace(
            context.design.plan, horizon=horizon, looks=DAYS, planned_units=UNITS, tuning_n=UNITS
        )
        results = experiment_analyse(replace(context, design=replace(context.design, plan=plan)))
        [found] = results.metrics[0].comparisons
        if horizon is Horizon.FIXED:
            tally[f"{name} fixed"] += found.significant
            effect = found.relative
            if effect is None:
                raise AssertionError("every arm has buyers")
            tally[f"{name} covered"] += effect.ci[0] <= truth <= effect.ci[1]
            tally[f"{name} fixed daily"] += any(
                not point.fixed_ci[0] <= 0 <= point.fixed_ci[1] for point in results.series
            )
        elif horizon is Horizon.CONFIDENCE_SEQUENCE:
            # The end of each day's band is the day's reading.
            tally[f"{name} sequence daily"] += any(
                not point.ci[0] <= 0 <= point.ci[1] for point in results.series
            )
        else:
            tally[f"{name} group sequential daily"] += found.significant
            tally[f"{name} looks"] += len(_looks(results.extra["looks"]))


def _looks(taken: object) -> list[str]:
    """A day that ends just short of its share is no look."""
    if not isinstance(taken, dict) or not 1 <= len(taken["days"]) <= DAYS:
        raise AssertionError("looks were planned")
    return list(taken["days"])


def _roll_up(key: str) -> None:
    from apps.experiments.services.rollups.run import experiment_rollup

    experiment_rollup(key=key, as_of=END)


def aa_run(numbers: list[int], tally: Counter[str]) -> None:
    """Batches of A/A experiments, each batch on one stream of shoppers."""
    for batch in range(0, len(numbers), BATCH):
        keys = [f"aa-{number}" for number in numbers[batch : batch + BATCH]]
        rng = np.random.default_rng([1, numbers[batch]])
        shoppers = shoppers_draw(rng, UNITS)
        purchases_store(shoppers, rng)
        experiments_make(keys)
        for key in keys:
            exposures_store(key, shoppers, assigned(salt_of(key), (0.5, 0.5), shoppers.ids), rng)
        _analyze_tables()
        for key in keys:
            _roll_up(key)
            _read(key, tally, "aa")
        stage_clear()


def effect_planned() -> float:
    """The relative effect that UNITS shoppers find with 80 % power, by the plan calculator."""
    from apps.experiments.contracts.statistics import PlanInputs
    from apps.experiments.domain.statistics.power import mde_compute

    return mde_compute(PlanInputs(mean=MEAN, variance=VARIANCE), power=POWER, n_total=UNITS)


def planted_run(numbers: list[int], tally: Counter[str]) -> None:
    """Every treated shopper spends a fixed sum more: the effect that was planned for."""
    effect = effect_planned()
    for number in numbers:
        key, rng = f"planted-{number}", np.random.default_rng([2, number])
        shoppers = shoppers_draw(rng, UNITS, buyers=1.0, spread=PLANTED_SPREAD)
        index = assigned(salt_of(key), (0.5, 0.5), shoppers.ids)
        purchases_store(shoppers, rng, np.where(index == 1, effect * MEAN, 0.0))
        experiments_make([key])
        exposures_store(key, shoppers, index, rng)
        _analyze_tables()
        _roll_up(key)
        _read(key, tally, "planted", truth=effect)
        stage_clear()


def srm_run(numbers: list[int], tally: Counter[str]) -> None:
    """Assigned by halves; treatment loses exposures until the split is 52 to 48."""
    from apps.experiments.contracts.results import HealthStatus
    from apps.experiments.services.analysis import results_for

    lost = 1 - SRM_SHARE / (1 - SRM_SHARE)
    for number in numbers:
        key, rng = f"srm-{number}", np.random.default_rng([3, number])
        shoppers = shoppers_draw(rng, round(SRM_UNITS / (1 - lost / 2)))
        index = assigned(salt_of(key), (0.5, 0.5), shoppers.ids)
        index[(index == 1) & (rng.random(len(index)) < lost)] = -1
        purchases_store(shoppers, rng)
        experiments_make([key])
        exposures_store(key, shoppers, index, rng)
        _analyze_tables()
        _roll_up(key)
        checks = results_for(key=key, as_of=END).health
        tally["srm experiments"] += 1
        tally["srm caught"] += any(
            check.code == "srm" and check.status is HealthStatus.ALARM for check in checks
        )
        stage_clear()


def _analyze_tables() -> None:
    """What autovacuum would have done by the time that a roll-up runs."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_event")


def worker(part: int, parts: int, experiments: int, only: str) -> Counter[str]:
    """This process's share of everything, in a database of its own."""
    name = f"endcap_bench_calibration_{part}"
    database_open(name)
    tally: Counter[str] = Counter()
    try:
        metric_publish()
        counts = {"aa": experiments, "planted": experiments * 2 // 5, "srm": experiments // 20}
        runs = {"aa": aa_run, "planted": planted_run, "srm": srm_run}
        for kind, run in runs.items():
            if only in {"", kind}:
                run(list(range(part, max(1, counts[kind]), parts)), tally)
    finally:
        database_drop(name)
    return tally


def _started(processes: int, experiments: int, only: str) -> Iterator[subprocess.Popen[str]]:
    for part in range(processes):
        yield subprocess.Popen(
            [sys.executable, "-m", "benchmarks.bench_calibration", "--experiments",
             str(experiments), "--processes", str(processes), "--part", str(part), "--only", only],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip


def _figures(tally: Counter[str]) -> list[tuple[str, tuple[str, float, float, float]]]:
    """Which run; name, share in percent, lowest and highest that is right."""
    rows = (
        ("aa", "fixed", "A/A, fixed horizon: false alarms", 3.7, 6.3),
        ("aa", "covered", "A/A, fixed horizon: interval covers", 93.7, 96.3),
        ("aa", "fixed daily", "A/A, fixed interval read every day (do not)", 0.0, 100.0),
        ("aa", "sequence daily", "A/A, confidence sequence read every day", 0.0, 5.0),
        ("aa", "group sequential daily", "A/A, group sequential, a look a day", 0.0, 6.3),
        ("planted", "fixed", "planted, fixed horizon: found", 77.0, 83.0),
        ("planted", "covered", "planted, fixed horizon: interval covers", 93.0, 97.0),
        ("planted", "sequence daily", "planted, confidence sequence: found", 0.0, 100.0),
        ("planted", "group sequential daily", "planted, group sequential: found", 0.0, 100.0),
        ("srm", "caught", "split 52/48 on 25,000 units: caught", 99.0, 100.0),
    )
    return [
        (of, (words, 100 * tally[f"{of} {name}"] / max(1, tally[f"{of} experiments"]), low, high))
        for of, name, words, low, high in rows
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", choices=["", "aa", "planted", "srm"], default="")
    parser.add_argument("--part", type=int, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.part is not None:
        print(json.dumps(worker(given.part, given.processes, given.experiments, given.only)))
        return 0
    servers_find()
    started, tally = time.monotonic(), Counter[str]()
    for process in list(_started(given.processes, given.experiments, given.only)):
        out, _ = process.communicate()
        if process.returncode:
            return process.returncode
        tally.update(json.loads(out.strip().splitlines()[-1]))
    figures = [row for kind, row in _figures(tally) if given.only in {"", kind}]
    if given.json:
        print(
            json.dumps({"counts": tally, "figures": {name: value for name, value, *_ in figures}})
        )
    else:
        counts = ", ".join(f"{tally[f'{of} experiments']} {of}" for of in ("aa", "planted", "srm"))
        print(f"{counts} experiments in {time.monotonic() - started:.0f} s")
        for name, value, low, high in figures:
            verdict = "ok" if low <= value <= high else f"OUTSIDE {low:g} to {high:g}"
            print(f"  {name:<48} {value:6.2f} %  {verdict}")
    return 0 if all(low <= value <= high for _, value, low, high in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
