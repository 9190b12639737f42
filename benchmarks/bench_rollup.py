"""The roll-up of one experiment: rows a second, memory, and against hand-written SQL.

    python -m benchmarks.bench_rollup [--events 1000000] [--units 100000] [--full] [--rounds 2]
        [--keep] [--json]

Events are generated in SQL in a scratch database beside the one of DATABASE_URL (or of the
embedded server), which is dropped at the end; `--keep` leaves it, and finds it the next time.
`--full` takes 10 million events of 1 million units. The first round fills an empty table of
units, later ones replace a full one. The hand-written statement computes the same day rows of
the same four metrics, under the same identity rule, in the same run; the roll-up besides keeps
every unit's days, so that the next run need only look at what is new: that run is timed too.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.rollup_memory import Memory, processor_seconds
from benchmarks.rollup_sql import BY_HAND, EVENTS, EXPOSURES, ID, KEY

DATABASE = "endcap_bench_rollup_{events}_{units}"
START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 14
METRICS = ("ctr", "conversion_rate", "revenue_per_visitor", "add_to_cart_rate")
TARGET = 1.5


def servers_prepare(database: str, *, keep: bool) -> bool:
    """A scratch database beside the default one, Django set up on it; whether it was kept."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["EXPERIMENT_REVIEW_REQUIRED"] = "false"
    from config.embedded.discovery import servers_start
    from config.env import VAR

    servers_start(VAR)
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        known = "SELECT FROM pg_database WHERE datname = %s"
        kept = keep and server.execute(known, [database]).fetchone() is not None
        if not kept:
            server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {database}")
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    os.environ["ENDCAP_BENCH_SERVER"] = os.environ["DATABASE_URL"]
    scratch = f"{base.rsplit('/', 1)[0]}/{database}"
    os.environ["DATABASE_URL"] = scratch + (f"?{query}" if query else "")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return kept


def servers_tidy(database: str) -> None:
    import psycopg
    from django.db import connections

    connections.close_all()
    with psycopg.connect(os.environ["ENDCAP_BENCH_SERVER"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def experiment_make() -> int:
    """A running experiment on clients with four metrics; its id."""
    from apps.access.models import User
    from apps.experiments.services.design import experiment_create, experiment_submit
    from apps.experiments.services.lifecycle import experiment_start
    from apps.experiments.services.metrics import metrics_ensure_shipped

    metrics_ensure_shipped()
    maker = User.objects.create_user("bench")
    roles = ("primary", *["secondary"] * (len(METRICS) - 1))
    design: dict[str, Any] = {
        "name": "Roll-up benchmark",
        "hypothesis": "Totals of a day are read, not summed.",
        "variants": [
            {"key": "control", "name": "A", "weight": 0.5},
            {"key": "treatment", "name": "B", "weight": 0.5, "payload": {"b": 1}},
        ],
        "metrics": [{"key": key, "role": role} for key, role in zip(METRICS, roles, strict=True)],
    }
    experiment_create(key=KEY, design=design, actor=maker, now=START)
    experiment_submit(key=KEY, actor=maker, now=START)
    return experiment_start(key=KEY, actor=maker, reason="bench", now=START).id


def events_make(events: int, units: int) -> None:
    """Exposures, then everything else, in chunks; statistics afterwards."""
    from django.db import connection

    from apps.events.services.partitions import partitions_ensure

    partitions_ensure(first=START - timedelta(days=2), last=START + timedelta(days=DAYS))
    chunk = 500_000
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for statement, total in ((EXPOSURES, units), (EVENTS, events - units)):
            exposing = statement is EXPOSURES
            for low in range(1, total + 1, chunk):
                cursor.execute(
                    statement,
                    {
                        "start": START,
                        "low": low,
                        "high": min(low + chunk - 1, total),
                        "units": units,
                        "seconds": DAYS * 86_400,
                        "arms": arms(low, min(low + chunk - 1, total)) if exposing else b"",
                    },
                )
        cursor.execute("VACUUM ANALYZE events_event")
        cursor.execute("CHECKPOINT")


def arms(low: int, high: int) -> bytes:
    """The variant of every client of a range, by the rule: one byte a client."""
    import numpy as np

    from apps.experiments.contracts.assignment import HASH_VERSION
    from apps.experiments.domain.assignment.bulk import buckets_bulk, units_encode
    from apps.experiments.selectors.experiments import experiment_view

    salt = experiment_view(KEY).phases[0].salt
    clients = units_encode([f"client-{number}" for number in range(low, high + 1)])
    buckets = buckets_bulk(salt, clients, HASH_VERSION)
    if buckets is None:
        raise SystemExit("the hash version has no answer")
    return (buckets >= 0.5).astype(np.uint8).tobytes()


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    started = time.perf_counter()
    found = run()
    return time.perf_counter() - started, found


def worked(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds, processor seconds (of this process and its backend), and what came of it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone() or (0,)
    before = processor_seconds(backend) + time.process_time()
    seconds, found = timed(run)
    return seconds, processor_seconds(backend) + time.process_time() - before, found


def by_hand(as_of: datetime) -> list[tuple[Any, ...]]:
    """The same day rows by one statement, with the roll-up's own memory for sorts."""
    from django.conf import settings
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('work_mem', %s, true)", [settings.EXPERIMENT_ROLLUP_WORK_MEM]
        )
        cursor.execute(BY_HAND, {"as_of": as_of})
        return list(cursor.fetchall())


def rolled_up(as_of: datetime, *, full: bool = False) -> Any:
    from apps.experiments.services.rollups.run import experiment_rollup

    return experiment_rollup(key=KEY, as_of=as_of, full=full)


def differences(experiment_id: int, rows: list[tuple[Any, ...]]) -> float:
    """Largest relative difference between both answers."""
    from apps.experiments.selectors.rollups import rollup_rows

    mine = {
        (key.variant, key.day, key.metric): sums
        for key, sums in rollup_rows(experiment_id=experiment_id).items()
    }
    worst = 0.0
    for variant, day, n, m, mm, d, dd, md, buyers, carts, money, money2 in rows:
        ctr, cvr, rpv, cart = (mine[variant, day, metric] for metric in METRICS)
        pairs = [
            (ctr.n, n), (ctr.m, m), (ctr.mm, mm), (ctr.d, d), (ctr.dd, dd), (ctr.md, md),
            (cvr.m, buyers), (cart.m, carts), (rpv.m, money), (rpv.mm, money2),
        ]  # fmt: skip
        worst = max(worst, *(abs(a - float(b)) / max(abs(float(b)), 1) for a, b in pairs))
    return worst


def new_events(number: int, as_of: datetime) -> None:
    """Events that arrive after the first run, of as many units."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO events_event (id, type, occurred_at, received_at, client_id, product_id)"
            f" SELECT {ID}, 'click', t, t, 'client-' || n, 'p-1' FROM (SELECT n,"
            " md5(clock_timestamp()::text || n) AS hash, %s - n * interval '1 ms' AS t"
            " FROM generate_series(1, %s) n) made",
            [as_of, number],
        )


def traffic_prepare(events: int, units: int, *, kept: bool) -> tuple[int, float, float]:
    """The experiment, and the seconds that its events and their owners took; kept, none."""
    from django.db import connection

    from apps.events.services.identity import identities_refresh
    from apps.experiments.models import Experiment

    if kept:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE experiments_unit")
        return Experiment.objects.get(key=KEY).id, 0.0, 0.0
    experiment_id = experiment_make()
    generating, _ = timed(lambda: events_make(events, units))
    identity, _ = timed(identities_refresh)
    return experiment_id, generating, identity


def measure(events: int, units: int, rounds: int, *, kept: bool) -> dict[str, Any]:
    """Generate, then both ways in turn; medians would hide nothing at so few rounds: best of."""
    experiment_id, generating, identity = traffic_prepare(events, units, kept=kept)
    as_of = START + timedelta(days=DAYS - 1)
    hand: list[float] = []
    ours: list[float] = []
    work: list[float] = []
    peaks: list[float] = []
    rows: list[tuple[Any, ...]] = []
    for _ in range(rounds):
        seconds, its, rows = worked(lambda: by_hand(as_of))
        hand.append(seconds)
        with Memory() as memory:
            seconds, mine, report = worked(lambda: rolled_up(as_of, full=True))
        ours.append(seconds)
        work.append(mine / its)
        peaks.append(memory.peak)
    new_events(1000, as_of)
    again, later = timed(lambda: rolled_up(as_of))
    return {
        "events": events,
        "units": report.units,
        "generated_s": round(generating, 1),
        "identities_s": round(identity, 1),
        "by_hand_s": [round(one, 2) for one in hand],
        "rollup_s": [round(one, 2) for one in ours],
        "ratio": round(min(ours) / min(hand), 3),
        "ratios": [round(mine / his, 3) for mine, his in zip(ours, hand, strict=True)],
        "processor_ratios": [round(one, 3) for one in work],
        "target": TARGET,
        "rows_per_s": round(events / min(ours)),
        "peak_memory_mb": round(max(peaks)),
        "largest_relative_difference": differences_before(experiment_id, rows, as_of),
        "incremental": {"changed": later.changed, "seconds": round(again, 2)},
    }


def differences_before(experiment_id: int, rows: list[tuple[Any, ...]], as_of: datetime) -> float:
    """The comparison, over days before the last: the new events lie on that one."""
    last = (as_of - timedelta(seconds=1)).date()
    return differences(experiment_id, [row for row in rows if row[1] < last])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--full", action="store_true", help="10 million events, 1 million units")
    parser.add_argument("--keep", action="store_true", help="leave the database for next time")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.full:
        options.events, options.units = 10_000_000, 1_000_000
    database = DATABASE.format(events=options.events, units=options.units)
    kept = servers_prepare(database, keep=options.keep)
    try:
        found = measure(options.events, options.units, options.rounds, kept=kept)
    finally:
        if not options.keep:
            servers_tidy(database)
    if options.json:
        print(json.dumps(found))
    else:
        met = "met" if found["ratio"] <= TARGET else "MISSED"
        print(f"roll-up against hand-written SQL: {found['ratio']} (target {TARGET}: {met})")
        print(json.dumps(found, indent=2))
    return 0 if found["ratio"] <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
