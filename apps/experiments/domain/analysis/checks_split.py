"""Was everybody split, seen once and logged as planned?"""

from collections.abc import Mapping, Sequence

from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.results import HealthCheck, HealthStatus
from apps.experiments.contracts.rollups import ExposureDay
from apps.experiments.contracts.statistics import CannotCompute
from apps.experiments.domain.analysis.scope import Scope
from apps.experiments.domain.analysis.traffic import (
    by_value,
    expected_weights,
    exposures_of,
    units_by_variant,
)
from apps.experiments.domain.analysis.words import percent
from apps.experiments.domain.statistics.health import multiple_exposure, srm

MISMATCH_WARNING = 0.001
MISMATCH_ALARM = 0.01
_SRM = "Sample ratio"


def _srm_check(
    scope: Scope,
    phases: Sequence[PhaseView],
    rows: Sequence[ExposureDay],
    *,
    title: str,
    threshold: float,
) -> HealthCheck:
    """One split against its plan; `title` is the scope in words."""
    variants = scope.context.design.variant_keys
    observed = units_by_variant(rows, variants)
    due = expected_weights(phases, rows, variants)
    counts = [observed[name] for name in variants]
    answer = srm(counts, due, threshold=threshold) if sum(due) > 0 else None
    table: tuple[Mapping[str, float | int | str | None], ...] = tuple(
        {"variant": name, "units": count, "expected": expected}
        for name, count, expected in zip(variants, counts, due, strict=True)
    )
    if answer is None or isinstance(answer, CannotCompute):
        why = "there are no units" if answer is None else answer.message
        return HealthCheck("srm", _SRM, title, HealthStatus.UNKNOWN, why, None, table)
    status = HealthStatus.ALARM if answer.mismatch else HealthStatus.OK
    verb = "do not fit" if answer.mismatch else "fit"
    told = f"p = {answer.p_value:.2g}, alarm below {threshold:.2g}"
    message = f"The units {verb} the planned split ({told})."
    return HealthCheck("srm", _SRM, title, status, message, answer.p_value, table)


def srm_checks(scope: Scope) -> tuple[HealthCheck, ...]:
    """The whole, each phase, and each value of each dimension.

    Holdout and forced units have no exposure rows. The dimensions together ring at the plan's
    threshold: each value is tested at threshold / values (Bonferroni).
    """
    threshold = scope.context.design.plan.srm_threshold
    rows = exposures_of(scope)
    checks = [_srm_check(scope, scope.phases, rows, title="", threshold=threshold)]
    if len(scope.phases) > 1:
        for phase in scope.phases:
            own = tuple(row for row in rows if row.phase == phase.number)
            checks.append(
                _srm_check(
                    scope,
                    (phase,),
                    own,
                    title=f"phase {phase.number}",
                    threshold=threshold / len(scope.phases),
                )
            )
    values = [
        (f"{dimension}={value}", own)
        for dimension in scope.context.design.dimensions
        for value, own in by_value(exposures_of(scope, dimension=dimension)).items()
    ]
    checks += [
        _srm_check(scope, scope.phases, own, title=title, threshold=threshold / len(values))
        for title, own in values
    ]
    return tuple(checks)


def multiple_check(scope: Scope) -> HealthCheck:
    """Units seen in two variants: left out, and an alarm when they are many."""
    known = scope.context.freshness
    title = "Units in several variants"
    answer = multiple_exposure(units=known.units, multiple=known.multiple)
    if isinstance(answer, CannotCompute):
        return HealthCheck("multiple_exposure", title, "", HealthStatus.UNKNOWN, answer.message)
    status = HealthStatus.ALARM if answer.alarm else HealthStatus.OK
    message = (
        f"{answer.multiple:,} of {answer.units:,} units ({percent(answer.share)}) were seen in "
        f"two variants and are left out (alarm above {percent(answer.threshold)})."
    )
    table = (
        {
            "units": answer.units,
            "multiple": answer.multiple,
            "share": answer.share,
            "upper bound": answer.upper_bound,
            "merged by login": known.merged,
        },
    )
    return HealthCheck("multiple_exposure", title, "", status, message, None, table)


def mismatch_check(scope: Scope) -> HealthCheck:
    """Exposures whose variant is not the rule's, or of phases that do not exist."""
    known, title = scope.context.freshness, "Exposures against the rule"
    logged = sum(row.exposures for row in scope.context.exposures if not row.dimension)
    wrong = known.mismatched + known.unknown
    total = max(logged, wrong)
    if not total:
        return HealthCheck("mismatch", title, "", HealthStatus.UNKNOWN, "there are no exposures")
    share = wrong / total
    status = HealthStatus.OK
    if wrong:
        status = HealthStatus.ALARM if share > MISMATCH_ALARM else HealthStatus.WARNING
        if share < MISMATCH_WARNING:
            status = HealthStatus.OK
    message = (
        f"{known.mismatched:,} of {total:,} exposures name another variant than the rule, "
        f"{known.unknown:,} a phase or variant that does not exist."
    )
    table = ({"exposures": total, "mismatched": known.mismatched, "unknown": known.unknown},)
    return HealthCheck("mismatch", title, "", status, message, None, table)
