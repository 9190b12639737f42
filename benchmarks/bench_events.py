"""Event ingest: the service against the bare INSERT, and HTTP against COPY.

    python -m benchmarks.bench_events [--rounds 60] [--json]

Ratios within one run, median of interleaved rounds: the service as it is against the bare INSERT
and against itself without sessions. It works in a scratch database on the
server of DATABASE_URL (or the embedded one), with durable commits, and drops it at the end.
"""

import argparse
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any
from urllib.parse import urlsplit

from benchmarks.events_web import Web

DATABASE = "endcap_bench_events"
_DROP = f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"
BATCH = 100
# Two of three events of a batch enter a session, each another one.
SESSIONS = 66
COPY_ROWS = 5_000
CLIENTS = 4
Maker = Callable[[], Callable[[], None]]
_PLAIN = """
    CREATE TABLE bench_plain (LIKE events_event INCLUDING DEFAULTS) PARTITION BY RANGE (id);
    CREATE TABLE bench_plain_all PARTITION OF bench_plain DEFAULT;
    CREATE INDEX ON bench_plain (product_id, occurred_at) WHERE product_id IS NOT NULL;
    CREATE INDEX ON bench_plain (user_id, occurred_at) WHERE user_id IS NOT NULL;
    CREATE INDEX ON bench_plain (client_id, occurred_at) WHERE client_id IS NOT NULL;
    CREATE INDEX ON bench_plain (query_id) WHERE query_id IS NOT NULL;
    CREATE INDEX ON bench_plain (experiment, occurred_at) WHERE type = 'exposure';
    CREATE INDEX ON bench_plain USING brin (occurred_at) WITH (autosummarize = on);
    CREATE TABLE bench_copy (LIKE events_event INCLUDING ALL) PARTITION BY RANGE (id);
    CREATE TABLE bench_copy_all PARTITION OF bench_copy DEFAULT;
"""


def servers_prepare() -> None:
    """A scratch database beside the default one; Django is set up on it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ.setdefault("RATE_LIMIT_PER_MINUTE", "10000000")
    from config.embedded.discovery import servers_start
    from config.env import VAR

    servers_start(VAR)
    os.environ["ENDCAP_BENCH_SERVER"] = os.environ["DATABASE_URL"]
    server_run(_DROP, f"CREATE DATABASE {DATABASE}")
    server = urlsplit(os.environ["DATABASE_URL"])
    os.environ["DATABASE_URL"] = server._replace(path=f"/{DATABASE}").geturl()
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.cursor().execute(_PLAIN)


def server_run(*statements: str) -> None:
    """Outside the scratch database."""
    import psycopg

    with psycopg.connect(os.environ["ENDCAP_BENCH_SERVER"], autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


def servers_tidy() -> None:
    from django.db import connections

    connections.close_all()
    server_run(_DROP)


_serials = count()


def items_make(number: int) -> list[dict[str, Any]]:
    """Fresh events as a storefront sends them: a UUIDv7, a shopper, a product, a rank."""
    from apps.common.domain.uuid7 import uuid7_new

    now = datetime.now(UTC)
    return [
        {
            "event_id": str(uuid7_new(now)),
            "type": ("impression", "view", "click")[serial % 3],
            "occurred_at": now.isoformat(),
            "user_id": f"user-{serial % 997}",
            "client_id": f"client-{serial % 1499}",
            "session_id": f"session-{serial % 1999}",
            "query_id": f"query-{serial % 2999}",
            "product_id": f"product-{serial % 4999}",
            "position": serial % 20 + 1,
        }
        for serial in islice(_serials, number)
    ]


def rows_make(number: int) -> list[Any]:
    """Rows ready for the statement: what is measured with them is the database alone."""
    import msgspec

    from apps.events.domain.admission import items_admit
    from apps.events.domain.items import EventItem
    from apps.events.services.ingest import gate_now

    items = msgspec.convert(items_make(number), list[EventItem])
    return items_admit(items, gate_now(datetime.now(UTC)))


def plain_insert() -> Callable[[], None]:
    """The same INSERT, its rows prepared beforehand, into a table that has no unique index."""
    import msgspec
    from django.db import connection

    from apps.events.services import ingest

    statement = ingest._INSERT.replace("events_event", "bench_plain").replace(  # noqa: SLF001 - measures this very statement
        "ON CONFLICT (id) DO NOTHING", ""
    )
    payload = msgspec.json.encode(rows_make(BATCH)).decode()

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, [payload])

    return run


def service_call(sessions: bool = True) -> Callable[[], None]:  # noqa: FBT001, FBT002 - one switch
    """The whole service, from decoded JSON to the commit and, unless off, to the sessions."""
    from django.conf import settings

    from apps.events.services.ingest import events_ingest

    items, lives_s = items_make(BATCH), settings.SESSION_TTL_S

    def run() -> None:
        settings.SESSION_TTL_S = lives_s if sessions else 0
        result = events_ingest(items=items, received_at=datetime.now(UTC))
        if result.stored != BATCH:
            raise SystemExit(f"not everything was stored: {result}")
        settings.SESSION_TTL_S = lives_s

    return run


def copy_call() -> Callable[[], None]:
    """COPY, its text prepared beforehand, into a table with the same indexes."""
    from django.db import connection

    from apps.events.services import importing

    text = "".join(map(importing._copy_line, rows_make(COPY_ROWS)))  # noqa: SLF001 - the import's own text

    def run() -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY bench_copy ({importing._COLUMNS}) FROM STDIN") as copy,  # noqa: SLF001 - the same
        ):
            copy.write(text)

    return run


def http_call(web: Web, latencies: list[float]) -> Callable[[], None]:
    """COPY_ROWS events in batches of 100 by CLIENTS connections at once."""
    import msgspec

    bodies = [msgspec.json.encode(items_make(BATCH)) for _ in range(COPY_ROWS // BATCH)]

    def client(number: int) -> None:
        for body in bodies[number::CLIENTS]:
            started = time.perf_counter()
            web.send(web.callers[number], body)
            latencies.append((time.perf_counter() - started) * 1000)

    def run() -> None:
        threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def interleave(makers: dict[str, Maker], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every round; each round runs all of them, in turn."""
    times: dict[str, list[float]] = {name: [] for name in makers}
    for number in range(rounds + 3):
        for name, make in makers.items():
            run = make()
            started = time.perf_counter()
            run()
            if number >= 3:  # the first rounds only warm
                times[name].append((time.perf_counter() - started) * 1000)
    return times


def percentiles(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2), "p99": round(cuts[98], 2)}


def measure(rounds: int) -> dict[str, Any]:
    makers: dict[str, Maker] = {
        "insert": plain_insert,
        "service": service_call,
        "alone": lambda: service_call(sessions=False),
    }
    service = interleave(makers, rounds)
    latencies: list[float] = []
    web = Web(CLIENTS)
    try:
        http = interleave(
            {"copy": copy_call, "http": lambda: http_call(web, latencies)}, max(rounds // 5, 10)
        )
    finally:
        web.stop()
    rate = {name: round(COPY_ROWS / statistics.median(http[name]) * 1000) for name in http}
    return {
        "service_vs_insert": {
            "ratio": ratio(service["insert"], service["service"]),
            "target": 0.7,
            "batch": BATCH,
            "insert_ms": percentiles(service["insert"]),
            "service_ms": percentiles(service["service"]),
        },
        "sessions_vs_none": {
            "ratio": ratio(service["alone"], service["service"]),
            "target": 0.8,
            "batch": BATCH,
            "sessions": SESSIONS,
            "alone_ms": percentiles(service["alone"]),
        },
        "http_vs_copy": {
            "ratio": ratio(http["copy"], http["http"]),
            "target": 0.1,
            "rows": COPY_ROWS,
            "copy_rows_per_s": rate["copy"],
            "http_rows_per_s": rate["http"],
            "request_ms": percentiles(latencies),
        },
    }


def ratio(bare: list[float], ours: list[float]) -> float:
    """How fast ours is, as a share of the bare one: median over rounds."""
    return round(statistics.median(a / b for a, b in zip(bare, ours, strict=True)), 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    servers_prepare()
    try:
        found = measure(options.rounds)
    finally:
        servers_tidy()
    if options.json:
        print(json.dumps(found))
    else:
        for name, figures in found.items():
            met = "met" if figures["ratio"] >= figures["target"] else "MISSED"
            print(f"{name}: {figures['ratio']} (target {figures['target']}: {met})")
            print(f"  {json.dumps(figures)}")
    return 0 if all(one["ratio"] >= one["target"] for one in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
