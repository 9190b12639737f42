"""Team-draft interleaving of two rankings, credit of clicks, and the exact preference test.

Source: Radlinski, Kurup and Joachims, "How does clickthrough data reflect retrieval quality?",
CIKM 2008, Algorithm 2 (team draft); Chapelle, Joachims, Radlinski and Yue, "Large-scale
validation and analysis of interleaved search evaluation", ACM TOIS 30(1), 2012, section 3
(credit per user, ties); Clopper and Pearson, Biometrika 26, 1934 (the interval).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from apps.experiments.contracts.interleaving import (
    CONTROL_TEAM,
    NO_TEAM,
    TREATMENT_TEAM,
    PreferenceTest,
    UnitCredit,
)
from apps.experiments.contracts.results import InterleavingResult
from apps.experiments.contracts.rollups import InterleavingDay
from apps.experiments.contracts.statistics import CannotCompute, Reason
from apps.experiments.domain.scipy_late import bdtr, betaincinv

Rows = Sequence[int] | NDArray[np.int64] | NDArray[np.int32]

_SEED_BYTES = 8
_SEED_MASK = (1 << (8 * _SEED_BYTES)) - 1


def draft_seed(*parts: str) -> int:
    """A 64-bit seed from what must give the same draft again (salt, unit, query).

    Pages of one answer share a draft when their parts are the same.
    """
    text = "\x1f".join(parts).encode()
    return int.from_bytes(blake2b(text, digest_size=_SEED_BYTES).digest(), "big")


def team_draft(
    a_rows: Rows,
    b_rows: Rows,
    *,
    seed: int,
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Draft at most k items from the control's list and the treatment's.

    In each round a fair coin says who picks first; each side then picks its best item that is
    not yet drafted. When one list has nothing left, the rest of the other follows in its order
    without a team. A row that stands twice in a list counts where it stands first.

    The draft of k is the first k of every longer draft, and needs only the first k (different)
    rows of each list: pages of one answer fit together.

    Args:
        a_rows: the control's rows, best first, shape (n,).
        b_rows: the treatment's rows, best first, shape (m,).
        seed: any integer; the coins are a fixed stream of it, one a round.
        k: most items to draft.

    Returns:
        Rows, shape (at most k,), and the team of each: 0 control, 1 treatment, 2 none.
    """
    queues = (_rows(a_rows), _rows(b_rows))
    taken: set[int] = set()
    rows: list[int] = []
    teams: list[int] = []
    for team in _turns(seed):
        if len(rows) >= k or any(_next(queue, taken) is None for queue in queues):
            break
        row = queues[team].pop()
        taken.add(row)
        rows.append(row)
        teams.append(team)
    rest = [row for queue in queues for row in reversed(queue) if row not in taken]
    rows += rest[: max(0, k - len(rows))]
    teams += [NO_TEAM] * (len(rows) - len(teams))
    return np.array(rows, dtype=np.int64), np.array(teams, dtype=np.uint8)


def _rows(rows: Rows) -> list[int]:
    """Different rows, best last, so that the best is popped."""
    listed = rows.tolist() if isinstance(rows, np.ndarray) else rows
    return list(dict.fromkeys(listed))[::-1]


def _next(queue: list[int], taken: set[int]) -> int | None:
    """The best row not yet taken, left at the end of the queue."""
    while queue and queue[-1] in taken:
        queue.pop()
    return queue[-1] if queue else None


def _turns(seed: int) -> Iterator[int]:
    """Teams in the order in which they pick: a coin a round, then the other side."""
    key = (seed & _SEED_MASK).to_bytes(_SEED_BYTES, "big")
    block = 0
    while True:
        for byte in blake2b(block.to_bytes(8, "big"), key=key).digest():
            for bit in range(8):
                first = byte >> bit & 1
                yield first
                yield 1 - first
        block += 1


def click_credit(teams: Iterable[int]) -> UnitCredit:
    """Credit of one unit's clicks, given the team of each clicked item."""
    counts = [0, 0, 0]
    for team in teams:
        counts[team] += 1
    return UnitCredit(counts[CONTROL_TEAM], counts[TREATMENT_TEAM])


def preferences_counted(earned: Iterable[UnitCredit]) -> tuple[tuple[int, int], int]:
    """Units that preferred (control, treatment), and ties, among units with a credited click."""
    wins, ties = [0, 0], 0
    for credit in earned:
        if credit.control != credit.treatment:
            wins[credit.treatment > credit.control] += 1
        elif credit.control:
            ties += 1
    return (wins[0], wins[1]), ties


def preference_test(
    wins: tuple[int, int], ties: int = 0, *, alpha: float = 0.05
) -> PreferenceTest | CannotCompute:
    """The two-sided exact sign test of `no preference`, with its interval.

    Ties carry no direction and are left out of the test and of the interval; they are counted
    in the answer, and `lead` shows the preference diluted by them.

    Args:
        wins: units that preferred (control, treatment).
        ties: units that split evenly.
        alpha: level of the test; the interval is of 1 - alpha.
    """
    if min(*wins, ties) < 0 or not 0 < alpha < 1:
        return CannotCompute(Reason.INVALID_INPUT, "Counts are 0 or more, alpha is in (0, 1).")
    decided = sum(wins)
    if not decided:
        why = "No unit with a credited click preferred one of the rankings."
        return CannotCompute(Reason.NO_DATA, why)
    low, high = _clopper_pearson(wins[1], decided, alpha)
    # Even odds are symmetric: both tails are as likely.
    p_value = min(1.0, 2.0 * float(bdtr(min(wins), decided, 0.5)))
    return PreferenceTest(
        wins=wins,
        ties=ties,
        units=decided + ties,
        preference=(wins[1] - wins[0]) / decided,
        ci=(2 * low - 1, 2 * high - 1),
        lead=(wins[1] - wins[0]) / (decided + ties),
        p_value=p_value,
        alpha=alpha,
        significant=p_value <= alpha,
    )


def _clopper_pearson(successes: int, trials: int, alpha: float) -> tuple[float, float]:
    """Exact interval of a share, of level 1 - alpha."""
    failures = trials - successes
    low = betaincinv(successes, failures + 1, alpha / 2) if successes else 0.0
    high = betaincinv(successes + 1, failures, 1 - alpha / 2) if failures else 1.0
    return float(low), float(high)


def interleaving_result(
    variants: tuple[str, str], days: Sequence[InterleavingDay], *, alpha: float = 0.05
) -> InterleavingResult:
    """What the panel of a result page shows: the last day of every phase added up.

    Day rows are cumulative within a phase. A unit that was active in two phases counts once in
    each: phases differ in salt, so its answers were drafted anew.
    """
    last = {day.phase: day for day in sorted(days, key=lambda each: each.day)}.values()
    wins = _both(variants, [day.wins for day in last])
    ties = sum(day.ties for day in last)
    test = preference_test(wins, ties, alpha=alpha)
    tested = None if isinstance(test, CannotCompute) else test
    return InterleavingResult(
        variants=variants,
        wins=wins,
        ties=ties,
        credits=_both(variants, [day.credits for day in last]),
        preference=tested.preference if tested else None,
        ci=tested.ci if tested else None,
        p_value=tested.p_value if tested else None,
        significant=bool(tested and tested.significant),
        days=tuple(days),
        state=test if isinstance(test, CannotCompute) else None,
    )


def _both(variants: tuple[str, str], counts: Sequence[Mapping[str, int]]) -> tuple[int, int]:
    """Sums over phases for (control, treatment)."""
    control, treatment = (sum(each.get(key, 0) for each in counts) for key in variants)
    return control, treatment
