"""Exposures against the rule: does a unit see what hashing says it must?

Only the salt, the coverage and the weights of the recorded phase are asked, so that a storefront
that assigns by itself with another seed, or with units of another name, is found. With sticky
assignments a former phase's variant is right, and nothing is checked.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from django.db import connection

from apps.experiments.contracts.assignment import HASH_VERSION, PhaseSpec
from apps.experiments.contracts.design import Stickiness
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.domain.assignment.arms import phase_ranges
from apps.experiments.domain.assignment.bulk import (
    Indices,
    buckets_bulk,
    units_encode,
    variations_choose,
)
from apps.experiments.domain.rollups.frame import SEEN, UNIT_TABLE, Frame
from apps.experiments.selectors.rollup_subject import Subject

_CHUNK = 50_000
_CURSOR = "rollup_checked"
_SEEN = (
    f"SELECT unit, salt_version, phase, variant, raw FROM {SEEN}"
    " WHERE valid AND raw IS NOT NULL AND NOT forced"
)
_Seen = tuple[str, int, int, str, str]


def mismatches_write(subject: Subject, frame: Frame) -> None:
    """Set each computed unit's count of exposures that the rule would have answered otherwise."""
    if subject.view.design.stickiness is not Stickiness.NONE:
        return
    wrong: dict[tuple[int, str], int] = defaultdict(int)
    for chunk in _chunks():
        for unit, salt, *_ in _mismatched(subject, chunk):
            wrong[salt, unit] += 1
    if wrong:
        _write(frame, wrong)


def _chunks() -> Iterator[list[_Seen]]:
    """Exposures of this run, a bounded number at a time."""
    with connection.cursor() as cursor:
        cursor.execute(f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR {_SEEN}")
        while True:
            cursor.execute(f"FETCH {_CHUNK} FROM {_CURSOR}")
            rows = cursor.fetchall()
            if not rows:
                break
            yield rows
        cursor.execute(f"CLOSE {_CURSOR}")


def _mismatched(subject: Subject, chunk: Sequence[_Seen]) -> Iterator[_Seen]:
    numbers = {phase for _, _, phase, _, _ in chunk}
    keys = subject.view.design.variant_keys
    for phase in subject.phases:
        # A former design's variants may be others; only its own would say what to expect.
        if len(phase.weights) != len(keys) or set(keys) != set(subject.variants):
            continue
        if phase.number in numbers:
            yield from _differing(phase, keys, [row for row in chunk if row[2] == phase.number])


def _differing(phase: PhaseView, keys: Sequence[str], rows: Sequence[_Seen]) -> Iterator[_Seen]:
    """Rows of one phase whose variant is not the rule's; compared all at once."""
    places = {key: place for place, key in enumerate(keys)}
    seen = np.array([places[variant] for _, _, _, variant, _ in rows], dtype=np.int16)
    expected = _expected(phase, [raw for *_, raw in rows])
    for index in np.flatnonzero(seen != expected).tolist():
        yield rows[index]


def _expected(phase: PhaseView, raw: Sequence[str]) -> Indices:
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
    return variations_choose(buckets, phase_ranges(spec))


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
