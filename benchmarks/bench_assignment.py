"""Assignment against the growthbook SDK, interleaved: `python -m benchmarks.bench_assignment`.

The same 20 experiments and the same units in the same run: ours compiled from the
specifications, the SDK's from the public payload that we make of them. Answers are compared.
"""

import statistics
import sys
import time
from datetime import UTC, datetime

from growthbook import GrowthBook

from apps.experiments.contracts.assignment import (
    ExperimentSpec,
    HoldoutSpec,
    Json,
    LayerSpec,
    PhaseSpec,
    VariantSpec,
)
from apps.experiments.domain.assignment.bulk import slots_bulk, units_encode
from apps.experiments.domain.assignment.hashing import slot
from apps.experiments.domain.assignment.payload import features_payload
from apps.experiments.domain.assignment.plan import AssignmentPlan

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
STARTED = datetime(2026, 10, 1, tzinfo=UTC)
EXPERIMENTS = 20
ROUNDS = 30
UNITS_A_ROUND = 100
AT_LEAST = 5.0  # x the SDK's evaluations a second


def spec_of(number: int) -> ExperimentSpec:
    targeting: dict[str, Json] = {"country": {"$in": ["DE", "FR"]}} if number % 3 == 0 else {}
    start = number * 0.025
    return ExperimentSpec(
        key=f"experiment-{number}",
        unit="user_id",
        variants=(VariantSpec("control"), VariantSpec("treatment"), VariantSpec("other")),
        phases=(PhaseSpec(1, f"experiment-{number}:1", (0.5, 0.3, 0.2), STARTED, coverage=0.8),),
        targeting=targeting,
        layer=LayerSpec("ranking", ((start, start + 0.5),)) if number % 4 == 0 else None,
        holdout=HoldoutSpec("holdout", 0.05),
    )


def attributes_of(number: int) -> dict[str, Json]:
    unit = f"0192f0c4-7b1e-7d3a-9c55-{number:012x}"
    return {"user_id": unit, "country": ("DE", "FR", "IT")[number % 3], "device": "mobile"}


def ours(plan: AssignmentPlan, people: list[dict[str, Json]]) -> list[list[str]]:
    return [[one.variant for one in plan.assign(person, AS_OF)] for person in people]


def theirs(sdk: GrowthBook, keys: list[str], people: list[dict[str, Json]]) -> list[list[str]]:
    answers = []
    for person in people:
        sdk.set_attributes(person)
        answers.append([str(sdk.eval_feature(key).value) for key in keys])
    return answers


def main() -> int:
    specs = [spec_of(number) for number in range(EXPERIMENTS)]
    plan = AssignmentPlan(specs)
    sdk = GrowthBook(features=features_payload(specs, AS_OF))
    keys = [spec.key for spec in specs]
    ratios, ours_taken, theirs_taken = [], [], []
    for turn in range(ROUNDS):
        people = [attributes_of(turn * UNITS_A_ROUND + one) for one in range(UNITS_A_ROUND)]
        started = time.perf_counter()
        mine = ours(plan, people)
        between = time.perf_counter()
        other = theirs(sdk, keys, people)
        ended = time.perf_counter()
        if mine != other:
            print("the SDK and the server disagree")
            return 1
        ours_taken.append(between - started)
        theirs_taken.append(ended - between)
        ratios.append(theirs_taken[-1] / ours_taken[-1])
    count = EXPERIMENTS * UNITS_A_ROUND
    ratio = statistics.median(ratios)
    print(f"{EXPERIMENTS} experiments, {ROUNDS} interleaved rounds of {UNITS_A_ROUND} units")
    print(f"  ours              {count / statistics.median(ours_taken):12,.0f} evaluations/s")
    print(f"  growthbook SDK    {count / statistics.median(theirs_taken):12,.0f} evaluations/s")
    print(f"  ratio, median     {ratio:12.1f} x (goal: at least {AT_LEAST:.0f} x)")
    bulk()
    return 0 if ratio >= AT_LEAST else 1


def bulk() -> None:
    """What the vectorised form gives over the scalar one (no goal, printed)."""
    units = [f"user-{number}" for number in range(200_000)]
    started = time.perf_counter()
    slots_bulk("salt", units_encode(units), 2)
    vectorised = time.perf_counter() - started
    started = time.perf_counter()
    for unit in units[:20_000]:
        slot("salt", unit, 2)
    scalar = (time.perf_counter() - started) * 10
    print(f"  bulk              {len(units) / vectorised:12,.0f} units/s, encoding included")
    print(f"  bulk over scalar  {scalar / vectorised:12.1f} x")


if __name__ == "__main__":
    sys.exit(main())
