"""The roll-up of one experiment: rows a second, memory, and against hand-written SQL.

    python -m benchmarks.bench_rollup [--events 1000000] [--units 100000] [--full] [--json]

Events are generated in SQL in a scratch database beside the one of DATABASE_URL (or of the
embedded server), which is dropped at the end. `--full` takes 10 million events of 1 million
units. The hand-written statement computes the same day rows of the same four metrics, under the
same identity rule, in the same run; the roll-up besides keeps every unit's days, so that the
next run need only look at what is new: that run is timed too.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

DATABASE = "endcap_bench_rollup"
KEY = "bench-rollup"
START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 14
METRICS = ("ctr", "conversion_rate", "revenue_per_visitor", "add_to_cart_rate")
TARGET = 1.5
_ID = (
    "(lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7'"
    " || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid"
)
# Every unit is exposed once in the first days; the rest is what visitors do, from a day before.
_EXPOSURES = f"""
    INSERT INTO events_event (id, type, occurred_at, received_at, client_id, session_id,
        experiment, variant, attributes)
    SELECT {_ID}, 'exposure', t, t, 'client-' || n, 'visit-' || n, '{KEY}',
        (ARRAY['control', 'treatment'])[1 + get_byte(%(arms)s, (n - %(low)s)::int)],
        '{{"phase": 1}}'
    FROM (SELECT n, md5('x' || n) AS hash,
            %(start)s::timestamptz + (n * 7919 %% 604800) * interval '1 second' AS t
          FROM generate_series(%(low)s::bigint, %(high)s::bigint) n) made
"""
# One shopper in ten logs in, on half of the events: those two histories are one unit.
_EVENTS = f"""
    INSERT INTO events_event (id, type, occurred_at, received_at, client_id, user_id, session_id,
        product_id, position, value)
    SELECT {_ID}, type, t, t, 'client-' || unit,
        CASE WHEN unit %% 10 = 0 AND n %% 3 = 0 THEN 'user-' || unit END, 'visit-' || unit,
        'p-' || n %% 5000, n %% 20 + 1, CASE WHEN type = 'purchase' THEN 5 + n %% 90 END
    FROM (SELECT n, md5(n::text) AS hash, 1 + n * 104729 %% %(units)s AS unit,
            (ARRAY['impression', 'impression', 'impression', 'impression', 'impression',
                   'click', 'click', 'view', 'add_to_cart', 'purchase'])[1 + n / 7 %% 10] AS type,
            %(start)s::timestamptz
                + ((n * 15485863 %% %(seconds)s) - 86400) * interval '1 second' AS t
          FROM generate_series(%(low)s::bigint, %(high)s::bigint) n) made
"""
_BY_HAND = f"""
WITH owned AS (
    SELECT CASE WHEN e.user_id IS NOT NULL THEN 'u:' || e.user_id
                WHEN i.user_id IS NOT NULL THEN 'u:' || i.user_id
                ELSE 'c:' || e.client_id END AS unit,
           e.occurred_at AS t, e.type, e.value, e.experiment, e.variant
    FROM events_event e
    LEFT JOIN events_identity i ON e.user_id IS NULL AND i.client_id = e.client_id
        AND e.occurred_at >= i.starts AND e.occurred_at < i.ends
    WHERE e.occurred_at < %(as_of)s
      AND e.type IN ('impression', 'click', 'add_to_cart', 'purchase', 'refund', 'exposure')
), exposed AS (
    SELECT unit, min(t) AS first_at, min(variant) AS variant
    FROM owned WHERE type = 'exposure' AND experiment = '{KEY}'
    GROUP BY unit HAVING min(variant) = max(variant)
), daily AS (
    SELECT unit, variant, (t AT TIME ZONE 'UTC')::date AS day,
           count(*) FILTER (WHERE type = 'impression')::float8 AS shown,
           count(*) FILTER (WHERE type = 'click')::float8 AS clicks,
           count(*) FILTER (WHERE type = 'add_to_cart')::float8 AS carts,
           count(*) FILTER (WHERE type = 'purchase')::float8 AS bought,
           coalesce(sum(CASE WHEN type = 'refund' THEN -value ELSE value END)
               FILTER (WHERE type IN ('purchase', 'refund')), 0)::float8 AS money
    FROM (SELECT o.unit, x.variant, o.t, o.type, o.value
          FROM owned o JOIN exposed x ON x.unit = o.unit AND o.t >= x.first_at) r
    GROUP BY 1, 2, 3
), running AS (
    SELECT unit, variant, day, row_number() OVER life = 1 AS first,
           shown AS d_shown, clicks AS d_clicks, carts AS d_carts, bought AS d_bought,
           money AS d_money, sum(shown) OVER life AS shown, sum(clicks) OVER life AS clicks,
           sum(carts) OVER life AS carts, sum(bought) OVER life AS bought,
           sum(money) OVER life AS money
    FROM daily WINDOW life AS (PARTITION BY unit ORDER BY day ROWS UNBOUNDED PRECEDING)
), added AS (
    SELECT variant, day, count(*) FILTER (WHERE first) AS n,
           sum(d_clicks) AS m, sum(clicks ^ 2 - (clicks - d_clicks) ^ 2) AS mm,
           sum(d_shown) AS d, sum(shown ^ 2 - (shown - d_shown) ^ 2) AS dd,
           sum(clicks * shown - (clicks - d_clicks) * (shown - d_shown)) AS md,
           sum((bought > 0)::int - (bought - d_bought > 0)::int) AS buyers,
           sum((carts > 0)::int - (carts - d_carts > 0)::int) AS carts,
           sum(d_money) AS money, sum(money ^ 2 - (money - d_money) ^ 2) AS money2
    FROM running GROUP BY variant, day
)
SELECT variant, day, sum(n) OVER so_far, sum(m) OVER so_far, sum(mm) OVER so_far,
       sum(d) OVER so_far, sum(dd) OVER so_far, sum(md) OVER so_far, sum(buyers) OVER so_far,
       sum(carts) OVER so_far, sum(money) OVER so_far, sum(money2) OVER so_far
FROM added WINDOW so_far AS (PARTITION BY variant ORDER BY day)
ORDER BY 1, 2
"""


def servers_prepare() -> None:
    """A scratch database beside the default one; Django is set up on it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["EXPERIMENT_REVIEW_REQUIRED"] = "false"
    from config.embedded.discovery import servers_start
    from config.env import VAR

    servers_start(VAR)
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    os.environ["ENDCAP_BENCH_SERVER"] = os.environ["DATABASE_URL"]
    scratch = f"{base.rsplit('/', 1)[0]}/{DATABASE}"
    os.environ["DATABASE_URL"] = scratch + (f"?{query}" if query else "")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def servers_tidy() -> None:
    import psycopg
    from django.db import connections

    connections.close_all()
    with psycopg.connect(os.environ["ENDCAP_BENCH_SERVER"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


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
        for statement, total in ((_EXPOSURES, units), (_EVENTS, events - units)):
            exposing = statement is _EXPOSURES
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


class Memory:
    """Peak anonymous memory of this process and of the database's that work for it, in MB."""

    def __init__(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            row = cursor.fetchone()
        self.backend = int(row[0]) if row else 0
        self.peak = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            self.peak = max(self.peak, sum(map(_anonymous, self._processes())))

    def _processes(self) -> list[int]:
        """This process, its backend, and the backend's parallel workers."""
        mark = f"parallel worker for PID {self.backend}"
        workers = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    if mark in (folder / "cmdline").read_text():
                        workers.append(int(folder.name))
                except OSError:
                    continue
        return [os.getpid(), self.backend, *workers]


def _anonymous(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    started = time.perf_counter()
    found = run()
    return time.perf_counter() - started, found


def by_hand(as_of: datetime) -> list[tuple[Any, ...]]:
    """The same day rows by one statement, with the roll-up's own memory for sorts."""
    from django.conf import settings
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('work_mem', %s, true)", [settings.EXPERIMENT_ROLLUP_WORK_MEM]
        )
        cursor.execute(_BY_HAND, {"as_of": as_of})
        return cursor.fetchall()


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
            f" SELECT {_ID}, 'click', t, t, 'client-' || n, 'p-1' FROM (SELECT n,"
            " md5('new' || n) AS hash, %s - n * interval '1 ms' AS t"
            " FROM generate_series(1, %s) n) made",
            [as_of, number],
        )


def measure(events: int, units: int, rounds: int) -> dict[str, Any]:
    """Generate, then both ways in turn; medians would hide nothing at so few rounds: best of."""
    from apps.events.services.identity import identities_refresh

    experiment_id = experiment_make()
    generating, _ = timed(lambda: events_make(events, units))
    identity, _ = timed(identities_refresh)
    as_of = START + timedelta(days=DAYS - 1)
    hand: list[float] = []
    ours: list[float] = []
    peaks: list[float] = []
    rows: list[tuple[Any, ...]] = []
    for _ in range(rounds):
        seconds, rows = timed(lambda: by_hand(as_of))
        hand.append(seconds)
        with Memory() as memory:
            seconds, report = timed(lambda: rolled_up(as_of, full=True))
        ours.append(seconds)
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
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.full:
        options.events, options.units = 10_000_000, 1_000_000
    servers_prepare()
    try:
        found = measure(options.events, options.units, options.rounds)
    finally:
        servers_tidy()
    if options.json:
        print(json.dumps(found))
    else:
        met = "met" if found["ratio"] <= TARGET else "MISSED"
        print(f"roll-up against hand-written SQL: {found['ratio']} (target {TARGET}: {met})")
        print(json.dumps(found, indent=2))
    return 0 if found["ratio"] <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
