"""Event ingest: the service against the bare INSERT, and HTTP against COPY.

    python -m benchmarks.bench_events [--rounds 60] [--json]

Ratios within one run, median of interleaved rounds. It works in a scratch database on the
server of DATABASE_URL (or the embedded one), with durable commits, and drops it at the end.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count, islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "endcap_bench_events"
BATCH = 100
COPY_ROWS = 5_000
CLIENTS = 4
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
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN)


def servers_tidy() -> None:
    import psycopg
    from django.db import connections

    connections.close_all()
    with psycopg.connect(os.environ["ENDCAP_BENCH_SERVER"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


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

    from apps.events.domain.admission import Admitted, item_admit
    from apps.events.domain.items import EventItem
    from apps.events.services.ingest import gate_now, row_of

    now = datetime.now(UTC)
    gate = gate_now(now)
    rows = []
    for item in msgspec.convert(items_make(number), list[EventItem]):
        admitted = item_admit(item, gate)
        if not isinstance(admitted, Admitted):
            raise SystemExit(f"the benchmark's own item was refused: {admitted}")
        rows.append(row_of(admitted, now))
    return rows


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


def service_call() -> Callable[[], None]:
    """The whole service, from decoded JSON to the commit."""
    from apps.events.services.ingest import events_ingest

    items = items_make(BATCH)

    def run() -> None:
        result = events_ingest(items=items, received_at=datetime.now(UTC))
        if result.stored != BATCH:
            raise SystemExit(f"not everything was stored: {result}")

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


class Web:
    """granian with two workers, and clients that keep their connections."""

    def __init__(self) -> None:
        from apps.access.contracts import Scope
        from apps.access.services import api_key_create

        self.key = api_key_create(
            name="bench", scopes=[Scope.EVENTS_WRITE], public=False, allowed_origins=(),
            rate_per_minute=10_000_000, expires_at=None, actor=None,
        ).secret_once  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
             "--port", str(self.port), "--workers", "2", "--no-ws", "config.wsgi:application"],
            cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.callers = [HTTPConnection("127.0.0.1", self.port) for _ in range(CLIENTS)]
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                for caller in self.callers * 5:
                    self.send(caller, b"[]")
            except (OSError, HTTPException):
                for caller in self.callers:
                    caller.close()
                time.sleep(0.1)
            else:
                return
        raise SystemExit("granian did not start")

    def send(self, caller: HTTPConnection, body: bytes) -> None:
        caller.request("POST", "/api/v1/events", body, {"X-API-Key": self.key})
        answer = caller.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {content[:300]!r}")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


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


def interleave(
    makers: dict[str, Callable[[], Callable[[], None]]], rounds: int
) -> dict[str, list[float]]:
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
    service = interleave({"insert": plain_insert, "service": service_call}, rounds)
    latencies: list[float] = []
    web = Web()
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
