"""A batch of 1,000 products' features against one raw MGET of the same bytes, interleaved.

- *MGET*: the command for the thousand packed values over the house's own connections
  (`redis_exchange`), its answers left as they are; keys and command are made beforehand;
- *redis-py*: the same by redis-py's `mget`, for information;
- *read*: `products_read`, as every consumer calls it: one round trip, decoded into one array,
  counted;
- *answered*: the same, and the JSON of `POST /api/v1/features:batch`.

Each round takes all of them, in turns that begin elsewhere each time; ratios of medians with a
95 % bound by resampling rounds. No PostgreSQL: that is asserted by tests.
"""

import os
import sys
import time
from collections.abc import Callable

import numpy as np

PRODUCTS = 1_000
ROUNDS = 600
WARM = 50
AT_MOST = 2.0
_RESAMPLED = 2_000


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    # A busy machine is no Redis that is gone.
    os.environ.setdefault("REDIS_TIMEOUT_S", "5")
    from config.embedded.discovery import servers_ensure

    servers_ensure(["bench"])
    import django

    django.setup()
    calls = _calls()
    taken = _taken(calls)
    bounds = {}
    raw = taken["MGET"]
    for name, times in taken.items():
        low, ratio, high = _ratio(times, raw)
        bounds[name] = high
        print(
            f"{name}: median {np.median(times) * 1e3:.2f} ms, {ratio:.2f} x MGET"
            f" (95 % {low:.2f} to {high:.2f})"
        )
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    passed = bounds["read"] <= AT_MOST and bounds["answered"] <= AT_MOST
    print(f"{'passed' if passed else 'MISSED'}: at most {AT_MOST} x")
    return 0 if passed else 1


def _calls() -> dict[str, Callable[[], object]]:
    import msgspec

    from apps.common.redis import redis_client
    from apps.common.redis_exchange import redis_exchange
    from apps.features.api.asked import Asked
    from apps.features.api.documents import products_document
    from apps.features.contracts import Entity
    from apps.features.contracts_store import StoreState
    from apps.features.domain.registry import features_wanted
    from apps.features.online import layout_now, products_publish, values_command
    from apps.features.selectors_online import products_read

    ids = tuple(f"bench-{number}" for number in range(PRODUCTS))
    layout, features = layout_now(), features_wanted((Entity.PRODUCT,))
    values = np.random.default_rng(7).random((PRODUCTS, len(layout.keys)), dtype=np.float32)
    written = products_publish(layout, ids, values)
    if written != PRODUCTS:
        raise SystemExit("Redis does not answer")
    client, command = redis_client(), values_command(Entity.PRODUCT, ids)
    keys = [f"features:product:{each}" for each in ids]
    asked = Asked(Entity.PRODUCT, ids, features, tuple(each.spec.name for each in features))
    state, encode = StoreState({}, {}), msgspec.json.Encoder().encode
    print(f"{PRODUCTS} products, {len(features)} features, {layout.width} bytes each")

    def read() -> object:
        return products_read(ids, features)

    def answered() -> object:
        return encode(products_document(asked, products_read(ids, features), state))

    np.testing.assert_array_equal(products_read(ids, features).values, values)
    return {
        "MGET": lambda: redis_exchange(client, [command])[0],
        "redis-py": lambda: client.mget(keys),
        "read": read,
        "answered": answered,
    }


def _taken(calls: dict[str, Callable[[], object]]) -> dict[str, np.ndarray]:
    names = list(calls)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(ROUNDS + WARM):
        for at in range(len(names)):
            name = names[(turn + at) % len(names)]
            started = time.perf_counter()
            calls[name]()
            if turn >= WARM:
                taken[name].append(time.perf_counter() - started)
    return {name: np.array(times) for name, times in taken.items()}


def _ratio(times: np.ndarray, raw: np.ndarray) -> tuple[float, float, float]:
    """Ratio of medians, and its 95 % bounds: rounds drawn again, pairs kept together."""
    drawn = np.random.default_rng(1).integers(0, len(raw), (_RESAMPLED, len(raw)))
    ratios = np.median(times[drawn], axis=1) / np.median(raw[drawn], axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(np.median(times) / np.median(raw)), float(high)


if __name__ == "__main__":
    sys.exit(main())
