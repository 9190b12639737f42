"""Search core against its own parts, and a web worker's memory, on the icecat catalogue.

Core: understand, one keyword statement, one FAISS scan, fusion, four features, scores, top 20,
hydration by plain SQL. Base: the same keyword statement and the same FAISS scan, one after
the other, by the same calls on the same connection (the core scans while PostgreSQL works).
Warm, query vectors cached, rounds interleaved. Uses the database
`endcap_eval` of the embedded server, and fills it when it is empty.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
ICECAT = ROOT.parent / "shared" / "data" / "icecat"
ROUNDS = 9
AT_MOST = 1.6
SEARCHES = 1000
MEMORY_MB = 300


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    queries = _queries()
    ratio = _core(queries)
    memory = _worker_memory(queries)
    passed = ratio <= AT_MOST and memory < MEMORY_MB
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


def _prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ.setdefault("ENDCAP_DATABASE", "endcap_eval")
    os.environ["LOG_LEVEL"] = "WARNING"
    from config.embedded.discovery import servers_ensure

    servers_ensure(["bench"])
    _manage("migrate", "--verbosity", "0")
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_product")
        filled = cursor.fetchone()[0]
    if not filled:
        _manage("import_catalog", str(ICECAT / "products.jsonl.gz"), "--format", "icecat")
    _manage("build_embeddings")


def _manage(*arguments: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], check=True, cwd=ROOT)


def _queries() -> list[str]:
    from apps.search.domain.evaluation import answerable_queries, judgements_read

    with (ICECAT / "judgements.csv").open(encoding="utf-8", newline="") as handle:
        return answerable_queries(judgements_read(handle))


def _core(queries: list[str]) -> float:
    from apps.search.contracts import SearchRequest
    from apps.search.services.core import search_core

    def core(query: str) -> None:
        search_core(SearchRequest(query=query, logged=False))

    base = _base()
    for run in (core, base):
        _timed(run, queries)
    ratios: list[float] = []
    spent: dict[str, list[float]] = {"core": [], "base": []}
    for number in range(ROUNDS):
        pair = [("core", core), ("base", base)]
        medians = {}
        for name, run in pair if number % 2 else reversed(pair):
            times = _timed(run, queries)
            medians[name] = statistics.median(times)
            spent[name] += times
        ratios.append(medians["core"] / medians["base"])
    for name, times in spent.items():
        p50, p95, p99 = np.quantile(times, [0.5, 0.95, 0.99])
        print(f"{name}: p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms")
    # On busy cores nothing runs at the same time, and every wait for PostgreSQL costs more.
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    ratio = statistics.median(ratios)
    print(f"core / (PostgreSQL + FAISS): {ratio:.2f} (at most {AT_MOST})")
    return ratio


def _base() -> Callable[[str], None]:
    from django.conf import settings

    from apps.embeddings.domain.masks import rows_allowed
    from apps.embeddings.selectors import product_index, query_vector
    from apps.features.selectors import serving_snapshot
    from apps.search.selectors.keyword import keyword_statement
    from apps.search.selectors.retrieval import _active
    from apps.search.selectors.statements import row_fetch
    from apps.search.selectors.understanding import query_understanding

    columns = serving_snapshot().columns
    loaded = product_index.get()
    if loaded is None:
        sys.exit("there is no index")
    mask = rows_allowed(loaded.pks, _active.by_pk(columns))
    prepared = {}

    def run(query: str) -> None:
        if query not in prepared:
            understanding = query_understanding(query)
            vector = query_vector(understanding.normalised)
            if vector is None:
                sys.exit("there is no query encoder")
            prepared[query] = (keyword_statement(understanding, columns.horizon), vector)
        (sql, parameters), vector = prepared[query]
        row_fetch(sql, parameters)
        loaded.index.search(vector, settings.SEMANTIC_CANDIDATES, mask)

    return run


def _timed(run: Callable[[str], None], queries: list[str]) -> list[float]:
    times = []
    for query in queries:
        started = time.perf_counter()
        run(query)
        times.append((time.perf_counter() - started) * 1000.0)
    return times


def _worker_memory(queries: list[str]) -> float:
    """Resident memory of one granian worker after 1,000 searches, MB (10^6 bytes)."""
    import psutil

    from apps.access.contracts import Scope
    from apps.access.services import api_key_create, api_key_revoke

    issued = api_key_create(name="benchmark", scopes=[Scope.SEARCH_READ], rate_per_minute=10**6)
    try:
        with _web() as (port, parent):
            for at in range(SEARCHES):
                query = queries[at % len(queries)] + (f" {at}" if at % 3 == 0 else "")
                _get(port, query, issued.secret_once)
            workers = psutil.Process(parent).children()
            most = float(max(worker.memory_info().rss for worker in workers)) / 1e6
            own = float(max(worker.memory_full_info().uss for worker in workers)) / 1e6
    finally:
        api_key_revoke(key_id=issued.key.id, actor=None)
    print(f"web worker after {SEARCHES} searches: {most:.0f} MB resident, {own:.0f} MB its own")
    return most


def _get(port: int, query: str, key: str) -> None:
    address = f"http://127.0.0.1:{port}/api/v1/search?" + urllib.parse.urlencode(
        {"q": query, "facets": "brand,category,price"}
    )
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the same
        json.load(response)


@contextmanager
def _web() -> Iterator[tuple[int, int]]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "granian"), "--interface", "wsgi",
            "config.wsgi:application", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--blocking-threads", "4", "--no-ws",
            "--working-dir", str(ROOT),
        ],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the web server did not start")


if __name__ == "__main__":
    sys.exit(main())
