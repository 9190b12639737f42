"""Exposures against the rule: does a unit see what hashing says it must?

Only the salt, the coverage and the weights of the recorded phase are asked, so that a storefront
that assigns by itself with another seed, or with units of another name, is found. With sticky
assignments a former phase's variant is right, and nothing is checked.
"""

from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from django.db import connection

from apps.experiments.contracts.assignment import HASH_VERSION, PhaseSpec
from apps.experiments.contracts.design import Stickiness
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.domain.assignment.arms import phase_ranges
from apps.experiments.domain.assignment.bulk import buckets_bulk, units_encode, variations_choose
from apps.experiments.domain.rollups.frame import UNIT_TABLE, Frame
from apps.experiments.selectors.rollup_subject import Subject
from apps.experiments.services.rollups.units import exposures_of

_CHUNK = 50_000
_CURSOR = "rollup_seen"


class _Seen(NamedTuple):
    unit: str
    salt_version: int
    raw: str
    phase: int
    variant: str


def mismatches_write(subject: Subject, frame: Frame) -> None:
    """Set each computed unit's count of exposures that the rule would have answered otherwise."""
    if subject.view.design.stickiness is not Stickiness.NONE:
        return
    # Whose exposure it was is asked only once there is one to put down to somebody.
    if not frame.keyed and not _any_wrong(subject, frame):
        return
    wrong: dict[tuple[int, str], int] = defaultdict(int)
    for seen in _wrong(subject, exposures_of(subject, frame)):
        wrong[seen.salt_version, seen.unit] += 1
    if wrong:
        _write(frame, wrong)


def _any_wrong(subject: Subject, frame: Frame) -> bool:
    with closing(_wrong(subject, exposures_of(subject, frame, owned=False))) as found:
        return any(True for _ in found)


def _wrong(subject: Subject, exposures: str) -> Generator[_Seen]:
    with closing(_chunks(exposures)) as chunks:
        for chunk in chunks:
            yield from _mismatched(subject, chunk)


def _chunks(exposures: str) -> Generator[list[_Seen]]:
    """Exposures, a bounded number at a time."""
    query = (
        "SELECT x.unit, x.salt_version, x.raw, x.phase, x.variant"
        f" FROM ({exposures}) x WHERE x.raw IS NOT NULL AND NOT x.forced"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR {query}")
        try:
            while True:
                cursor.execute(f"FETCH {_CHUNK} FROM {_CURSOR}")
                rows = [_Seen(*row) for row in cursor.fetchall()]
                if not rows:
                    return
                yield rows
        finally:
            cursor.execute(f"CLOSE {_CURSOR}")


def _mismatched(subject: Subject, chunk: Sequence[_Seen]) -> Iterator[_Seen]:
    by_phase: dict[int, list[_Seen]] = defaultdict(list)
    for seen in chunk:
        by_phase[seen.phase].append(seen)
    keys = subject.view.design.variant_keys
    for phase in subject.phases:
        rows = by_phase.get(phase.number, [])
        # A former design's variants may be others; only its own would say what to expect.
        if not rows or len(phase.weights) != len(keys) or set(keys) != set(subject.variants):
            continue
        expected = _expected(phase, [seen.raw for seen in rows])
        for seen, index in zip(rows, expected, strict=True):
            if index < 0 or keys[index] != seen.variant:
                yield seen


def _expected(phase: PhaseView, raw: Sequence[str]) -> list[int]:
    spec = PhaseSpec(
        number=phase.number,
        salt=phase.salt,
        weights=phase.weights,
        starts_at=phase.starts_at,
        coverage=phase.coverage,
    )
    buckets = buckets_bulk(phase.salt, units_encode(raw), HASH_VERSION)
    if buckets is None:
        raise AssertionError("the house's hash version has an answer")
    return [int(index) for index in variations_choose(buckets, phase_ranges(spec))]


def _write(frame: Frame, wrong: dict[tuple[int, str], int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {UNIT_TABLE} o SET mismatched = w.n FROM unnest(%s::int[], %s::text[],"
            " %s::int[]) w (salt, unit, n) WHERE o.experiment_id = %s"
            " AND o.salt_version = w.salt AND o.unit = w.unit",
            [
                [salt for salt, _ in wrong],
                [unit for _, unit in wrong],
                list(wrong.values()),
                frame.experiment_id,
            ],
        )
