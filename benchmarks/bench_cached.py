"""Search's route under granian: kept answers, computed ones, a bare Django view, DRF and ORM.

One web worker with four threads serves all of them, so that they share everything but the view:

- *bare*: a Django view of the same project, behind the same middleware, that returns the bytes
  of the search's answer;
- *bare, no middleware*: the same view in a handler without any, for information;
- *kept*: `/api/v1/search` with an answer that is kept: key, scope, rate limit, experiments,
  Redis, PostgreSQL's look at the catalogue, query log, metrics and logs as ever;
- *computed*: the same route where every request asks for a price limit of its own;
- *DRF*: `benchmarks/drf_peer.py`, asked the same as *computed*.

Loaded by wrk, or by a Python process where there is none; rounds interleaved, ratios of medians.
Also: how many of the simulator's searches (Zipf, typing errors) find their answer kept.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench_search import ICECAT, ROOT, _manage

ROUNDS = 5
SECONDS = 2
CONNECTIONS = 8
QUERY = "wireless mouse"
FACETS = "brand,category,availability"
KEPT_TO_BARE, KEPT_TO_DRF, COMPUTED_TO_DRF = 0.5, 4.0, 1.5
SIMULATED = 4000
LEAST_HITS = 0.70
_WRK = """
local many = {many}
local n = math.random(1, 900000000)
request = function()
  n = n + 1
  local path = "{path}"
  if many then path = path .. n end
  return wrk.format("GET", path, {{["Authorization"] = "Bearer {key}"}})
end
"""


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    with _key() as key, _web() as port:
        _same_answer(port, key)
        passed = _ratios(port, key)
    shares = _hit_share()
    passed = passed and shares >= LEAST_HITS
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


def _prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ.setdefault("ENDCAP_DATABASE", "endcap_eval")
    from config.embedded.discovery import servers_ensure

    servers_ensure(["bench"])
    _manage("migrate", "--verbosity", "0")
    import django

    django.setup()
    from apps.catalog.models import Product

    if not Product.objects.exists():
        _manage("import_catalog", str(ICECAT / "products.jsonl.gz"), "--format", "icecat")
    _manage("build_embeddings")


@contextmanager
def _key() -> Iterator[str]:
    from apps.access.contracts import Scope
    from apps.access.services import api_key_create, api_key_revoke

    issued = api_key_create(name="benchmark", scopes=[Scope.SEARCH_READ], rate_per_minute=10**8)
    try:
        yield issued.secret_once
    finally:
        api_key_revoke(key_id=issued.key.id, actor=None)


@contextmanager
def _web() -> Iterator[int]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "granian"), "--interface", "wsgi",
            "benchmarks.cached_web:application", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--blocking-threads", "4", "--no-ws", "--working-dir", str(ROOT),
        ],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)
        _stream_drop()


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("the web server did not start")


def _stream_drop() -> None:
    """The searches that were logged here were nobody's."""
    from django.conf import settings

    from apps.common.redis import redis_patient

    redis_patient().delete(settings.EVENT_BUFFER_STREAM)


def _search_path(most: str) -> str:
    asked = {"q": QUERY, "facets": FACETS, "filter[price]": f"0..{most}"}
    return "/api/v1/search?" + urllib.parse.urlencode(asked)


def _drf_path(most: str) -> str:
    return "/bench/drf?" + urllib.parse.urlencode(
        {"q": QUERY, "facets": FACETS, "price_most": most}
    )


def _same_answer(port: int, key: str) -> None:
    """The peer has to answer the same, and the bare view gets its bytes."""
    from benchmarks.cached_urls import BODY

    ours = _get(port, _search_path("1000000000"), key)
    peers = json.loads(_get(port, _drf_path("1000000000"), key))
    answer = json.loads(ours)
    BODY.write_bytes(ours)
    names = ("found", "pages", "weights")
    same = all(answer[name] == peers[name] for name in names)
    same = same and answer["matching"]["keyword"] == peers["matching"]["keyword"]
    for mine, its in zip(answer["hits"], peers["hits"], strict=True):
        same = same and mine["product_id"] == its["product_id"] and mine.keys() == its.keys()
    for name in FACETS.split(","):
        counts = [
            sorted((line["value"], line["count"]) for line in each["facets"][name])
            for each in (answer, peers)
        ]
        same = same and counts[0] == counts[1]
    print(f"{len(ours):,} bytes; the peer answers {'the same' if same else 'DIFFERENTLY'}")
    if not same:
        for name in (*names, "matching", "facets"):
            print(f"  {name}: ours {answer[name]}, its {peers[name]}"[:600])


def _get(port: int, path: str, key: str) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - an address of ours
        body: bytes = response.read()
    return body


def _ratios(port: int, key: str) -> bool:
    routes = {
        "bare, no middleware": ("/bench/bare?plain", False),
        "bare": ("/bench/bare", False),
        "kept": (_search_path("1000000000"), False),
        "computed": (_search_path("1000"), True),
        "DRF": (_drf_path("1000"), True),
    }
    rates: dict[str, list[float]] = {name: [] for name in routes}
    for name, (path, many) in routes.items():
        _load(port, key, path, many=many, seconds=1)  # warm
        del name
    for number in range(ROUNDS):
        order = list(routes.items())
        for name, (path, many) in order if number % 2 else reversed(order):
            rates[name].append(_load(port, key, path, many=many, seconds=SECONDS))
    for name, found in rates.items():
        print(f"{name:>20}: {statistics.median(found):7.0f} requests/s")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    wanted = (
        ("kept", "bare", KEPT_TO_BARE),
        ("kept", "DRF", KEPT_TO_DRF),
        ("computed", "DRF", COMPUTED_TO_DRF),
        ("computed", "bare", 0.0),
        ("kept", "bare, no middleware", 0.0),
    )
    passed = True
    for one, other, least in wanted:
        pairs = zip(rates[one], rates[other], strict=True)
        ratio = statistics.median(mine / max(its, 0.1) for mine, its in pairs)
        told = f" (at least {least})" if least else ""
        print(f"{one} / {other}: {ratio:.2f}{told}")
        passed = passed and ratio >= least
    return passed


def _load(port: int, key: str, path: str, *, many: bool, seconds: int) -> float:
    """Requests a second, all of them answered with 200."""
    if not shutil.which("wrk"):
        from benchmarks.http_load import load

        return load(port=port, key=key, path=path, many=many, seconds=seconds)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_WRK.format(many=str(many).lower(), path=path, key=key))
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script.name]
        told = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"], check=True, capture_output=True, text=True
        ).stdout
    if "Non-2xx" in told:
        sys.exit(f"{path} was refused:\n{told}")
    (line,) = (each for each in told.splitlines() if each.startswith("Requests/sec"))
    return float(line.split()[1])


def _hit_share() -> float:
    """Searches as the simulator draws them, from the demo's queries, answered in this process."""
    from benchmarks.cached_traffic import hit_share

    share = hit_share(SIMULATED)
    print(f"{SIMULATED} simulated searches: {share:.1%} kept (at least {LEAST_HITS:.0%})")
    return share


if __name__ == "__main__":
    sys.exit(main())
