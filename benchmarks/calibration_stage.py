"""The stage of bench_calibration: a scratch database, shoppers, experiments, their event rows.

Everything between the rule and the page is the real thing: units are assigned by the bulk form
of the rule, exposures and purchases are rows of the events table, the roll-up service totals
them and the analysis selector reads the roll-up.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
START = datetime(2026, 5, 4, tzinfo=UTC)
DAYS = 10
CONTROL, TREATMENT = "control", "treatment"
BUYERS, SPREAD, TYPICAL = 0.4, 0.6, 30.0
"""Share of shoppers that buy; log-normal baskets."""
PLANTED_SPREAD = 0.25
"""Where an effect is planted everybody buys: 1,200 units then find about 4 %, an effect of a size
that is planned for. (The published planners' formula promises too little for effects of 30 %.)"""
MEAN = TYPICAL * float(np.exp(PLANTED_SPREAD**2 / 2))
VARIANCE = TYPICAL**2 * float(np.exp(2 * PLANTED_SPREAD**2)) - MEAN**2
_TABLES = (
    "experiments_rollup", "experiments_rollupage", "experiments_rollupexposure",
    "experiments_rollupstate", "experiments_unitday", "experiments_unit", "experiments_analysis",
    "experiments_phase", "experiments_transition", "experiments_experiment",
    "experiments_experimentversion",
)  # fmt: skip


def servers_find() -> None:
    """Find the servers or start the embedded ones, once for all processes."""
    from config.embedded.discovery import servers_start
    from config.env import VAR

    servers_start(VAR)


def database_open(name: str) -> None:
    """A scratch database beside the default one, with Django set up on it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ["LOG_LEVEL"] = "ERROR"
    import psycopg

    server = os.environ["DATABASE_URL"]
    os.environ["ENDCAP_BENCH_SERVER"] = server
    with psycopg.connect(server, autocommit=True) as opened:
        opened.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        opened.execute(f"CREATE DATABASE {name}")
        opened.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    base, _, query = server.partition("?")
    os.environ["DATABASE_URL"] = f"{base.rsplit('/', 1)[0]}/{name}" + (
        f"?{query}" if query else ""
    )
    import django

    django.setup()
    from django.core.management import call_command

    from apps.events.services.partitions import partitions_ensure

    call_command("migrate", verbosity=0)
    partitions_ensure(first=START, last=START + timedelta(days=2 * DAYS))


def database_drop(name: str) -> None:
    import psycopg
    from django.db import connections

    connections.close_all()
    with psycopg.connect(os.environ["ENDCAP_BENCH_SERVER"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def metric_publish() -> None:
    """Revenue per shopper: the sum of their purchases."""
    from apps.experiments.services.metrics import metric_draft_create
    from apps.publishing.services import version_publish

    fact: dict[str, Any] = {
        "source": "events", "event_types": ["purchase"], "value": "value", "aggregation": "sum",
    }  # fmt: skip
    draft = metric_draft_create(
        key="revenue",
        definition={"title": "Revenue per shopper", "kind": "mean", "numerator": fact},
        actor=None,
    )
    version_publish(
        kind="experiment_metric",
        version_id=draft.id,
        actor=None,
        reason="calibration",
        acknowledge_warnings=True,
    )


@dataclass(frozen=True, slots=True)
class Shoppers:
    """A stream: when each shopper first came (seconds since START), and what they spent.

    Baskets are paid an hour after the first visit, or days later, within the run.
    """

    ids: list[str]
    came: Array
    spent: Array
    paid: Array


def shoppers_draw(
    rng: np.random.Generator, count: int, *, buyers: float = BUYERS, spread: float = SPREAD
) -> Shoppers:
    """As many a day; some buy, a basket of a skewed value."""
    came = np.sort(rng.uniform(0, DAYS * 86_400 - 7_200, count))
    buys = rng.random(count) < buyers
    spent = np.where(buys, TYPICAL * np.exp(rng.normal(0, spread, count)), 0.0)
    later = np.minimum(came + 3_600 + rng.exponential(43_200, count), DAYS * 86_400 - 60)
    prefix = int(rng.integers(10**9))
    return Shoppers([f"s{prefix}-{place}" for place in range(count)], came, spent, later)


def assigned(salt: str, weights: tuple[float, float], ids: Sequence[str]) -> NDArray[np.int16]:
    """The rule's answer for every shopper: 0 control, 1 treatment."""
    from apps.experiments.contracts.assignment import ExperimentSpec, PhaseSpec, VariantSpec
    from apps.experiments.domain.assignment.bulk_plan import assign_bulk

    spec = ExperimentSpec(
        key=salt,
        unit="user_id",
        variants=(VariantSpec(CONTROL), VariantSpec(TREATMENT)),
        phases=(PhaseSpec(1, salt, weights, START),),
    )
    return assign_bulk(spec, {"user_id": ids}, START).index


def _uuids(seconds: Array, rng: np.random.Generator) -> list[str]:
    """UUIDv7 of each moment."""
    stamps = (START.timestamp() * 1000 + seconds * 1000).astype(np.int64)
    low = rng.integers(0, 2**62, len(stamps))
    high = rng.integers(0, 2**12, len(stamps))
    return [
        f"{stamp >> 16:08x}-{stamp & 0xFFFF:04x}-7{a:03x}"
        f"-{0x8000 | (b >> 48):04x}-{b & (2**48 - 1):012x}"
        for stamp, a, b in zip(stamps.tolist(), high.tolist(), low.tolist(), strict=True)
    ]


def _copy(rows: Sequence[tuple[Any, ...]]) -> None:
    from django.db import connection

    columns = "id, type, occurred_at, received_at, user_id, value, experiment, variant, attributes"
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(f"COPY events_event ({columns}) FROM STDIN") as stream,
    ):
        for row in rows:
            stream.write_row(row)


def _moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def purchases_store(
    shoppers: Shoppers, rng: np.random.Generator, extra: Array | None = None
) -> None:
    """Every basket as a purchase; `extra` is spent on top by each shopper, in one of its own."""
    places = np.flatnonzero(shoppers.spent > 0)
    amounts = [(place, shoppers.spent[place], shoppers.paid[place]) for place in places.tolist()]
    if extra is not None:
        more = np.flatnonzero(extra > 0).tolist()
        amounts += [(place, extra[place], shoppers.came[place] + 60) for place in more]
    ids = _uuids(np.array([at for _, _, at in amounts]), rng)
    _copy(
        [
            (ids[row], "purchase", _moment(at), _moment(at), shoppers.ids[place],
             round(float(amount), 4), None, None, "{}")
            for row, (place, amount, at) in enumerate(amounts)
        ]
    )  # fmt: skip


def exposures_store(
    key: str, shoppers: Shoppers, index: NDArray[np.int16], rng: np.random.Generator
) -> None:
    """One exposure a shopper, when it first came; index -1 has none."""
    seen = np.flatnonzero(index >= 0).tolist()
    ids = _uuids(shoppers.came[seen], rng)
    phase = json.dumps({"phase": 1})
    _copy(
        [
            (ids[row], "exposure", _moment(shoppers.came[place]), _moment(shoppers.came[place]),
             shoppers.ids[place], None, key, TREATMENT if index[place] else CONTROL, phase)
            for row, place in enumerate(seen)
        ]
    )  # fmt: skip


def design_document(**plan: Any) -> dict[str, Any]:
    """Two halves, revenue, users."""
    return {
        "name": "Calibration",
        "unit": "user",
        "holdout": False,
        "variants": [
            {"key": CONTROL, "name": "A", "weight": 0.5},
            {"key": TREATMENT, "name": "B", "weight": 0.5},
        ],
        "metrics": [{"key": "revenue", "role": "primary", "version": 1}],
        "plan": {"minimum_runtime_days": 1, **plan},
    }


def experiments_make(keys: Sequence[str], **plan: Any) -> None:
    """Running experiments with one phase each, the lifecycle's ceremony left out."""
    from apps.experiments.domain.design.reading import design_read, design_written
    from apps.experiments.models import Experiment, ExperimentVersion, Phase
    from apps.publishing.contracts import VersionStatus

    document = design_written(design_read(design_document(**plan)))
    versions = ExperimentVersion.objects.bulk_create(
        ExperimentVersion(
            subject=key, number=1, status=VersionStatus.PUBLISHED.value, design=document,
            published_at=START,
        )
        for key in keys
    )  # fmt: skip
    rows = Experiment.objects.bulk_create(
        Experiment(
            key=version.subject, name="Calibration", status="running", kind="ab", surface="any",
            unit="user", live=version, created_at=START, started_at=START,
        )
        for version in versions
    )  # fmt: skip
    Phase.objects.bulk_create(
        Phase(
            experiment=row, number=1, version=row.live, salt=salt_of(row.key), salt_version=1,
            coverage=1.0, weights=[0.5, 0.5], starts_at=START,
        )
        for row in rows
    )  # fmt: skip


def salt_of(key: str) -> str:
    return f"{key}:1:calibration"


def stage_clear() -> None:
    """Away with this batch's events, experiments and roll-ups."""
    from django.db import connection

    with connection.cursor() as cursor:
        known = [name for name in _TABLES if name in connection.introspection.table_names(cursor)]
        cursor.execute(f"TRUNCATE events_event, {', '.join(known)} CASCADE")
        cursor.execute(
            "INSERT INTO events_identitystate (id, horizon) VALUES (1, 0) ON CONFLICT DO NOTHING"
        )
