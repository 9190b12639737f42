"""Were the arms alike before, does the effect last, and do the phases agree?"""

from collections import defaultdict

from apps.experiments.contracts.design import ExperimentDesign
from apps.experiments.contracts.metrics import MetricKind, MetricVersionView
from apps.experiments.contracts.results import HealthCheck, HealthStatus
from apps.experiments.contracts.rollups import AgeDay
from apps.experiments.contracts.statistics import (
    CannotCompute,
    DayEffect,
    MeanSums,
    RatioSums,
    Scale,
)
from apps.experiments.contracts.statistics_results import NoveltyResult
from apps.experiments.domain.analysis.scope import Scope
from apps.experiments.domain.analysis.sums import EMPTY, plain_sums
from apps.experiments.domain.analysis.words import signed
from apps.experiments.domain.statistics.effects import effect_estimate
from apps.experiments.domain.statistics.health import pre_exposure_bias
from apps.experiments.domain.statistics.trends import novelty, simpson

_BIAS, _NOVELTY, _SIMPSON = "Alike before exposure", "Novelty", "Phases agree"
AGE_UNITS = 30
"""Units an arm on a day since exposure before its effect is drawn."""
TURN = 0.25
"""An end of the line that is less than this share of the other is next to nothing."""


def bias_check(scope: Scope, metrics: tuple[MetricVersionView, ...]) -> HealthCheck | None:
    """A/A on each metric's own total before exposure; None when no covariates are kept.

    All tests together ring at the plan's threshold (Bonferroni). A metric that leaves out units
    without a row chooses its units after exposure: they need not have been alike before.
    """
    control, *treatments = scope.context.design.variant_keys
    tests = []
    for metric in metrics:
        if not metric.definition.missing_is_zero:
            continue
        base = scope.arm(metric, control)
        for variant in treatments:
            row = scope.arm(metric, variant)
            if base.x and row.x and (base.x[0] or row.x[0]):
                tests.append((metric.key, variant, base, row))
    if not tests:
        return None
    threshold = scope.context.design.plan.srm_threshold / len(tests)
    table, worst, status = [], None, HealthStatus.UNKNOWN
    for key, variant, base, row in tests:
        a, b = (MeanSums(each.n, each.x[0], each.xx[0]) for each in (base, row))
        answer = pre_exposure_bias(a, b, threshold=threshold)
        line: dict[str, float | int | str | None] = {"metric": key, "variant": variant}
        if not isinstance(answer, CannotCompute):
            p_value = answer.test.p_value
            line |= {"difference": answer.test.estimate.effect, "p": p_value}
            worst = p_value if worst is None else min(worst, p_value)
            status = HealthStatus.ALARM if worst < threshold else HealthStatus.OK
        table.append(line)
    differ = "differ" if status is HealthStatus.ALARM else "do not differ"
    message = (
        f"Before exposure the arms {differ} ({len(tests)} tests, alarm below {threshold:.2g})."
    )
    if status is HealthStatus.UNKNOWN:
        message = "What units did before exposure does not vary."
    return HealthCheck("pre_exposure_bias", _BIAS, "", status, message, worst, tuple(table))


def _age_effects(rows: list[AgeDay], names: tuple[str, str], *, ratio: bool) -> list[DayEffect]:
    """The relative effect on each day since exposure on which both arms have enough units."""
    sums: dict[int, dict[str, list[AgeDay]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        sums[row.age][row.variant].append(row)
    effects = []
    for age in sorted(sums):
        arms = [_age_arm(sums[age][name], ratio=ratio) for name in names]
        if min(arm.n for arm in arms) < AGE_UNITS:
            continue
        answer = effect_estimate(arms[0], arms[1], Scale.RELATIVE)
        if not isinstance(answer, CannotCompute):
            effects.append(DayEffect(float(age), answer.effect, answer.standard_error))
    return effects


def _age_arm(rows: list[AgeDay], *, ratio: bool) -> MeanSums | RatioSums:
    n = sum(row.n for row in rows)
    m, mm = sum(row.m for row in rows), sum(row.mm for row in rows)
    if not ratio:
        return MeanSums(n, m, mm)
    d, dd = sum(row.d for row in rows), sum(row.dd for row in rows)
    return RatioSums(n, m, mm, d, dd, sum(row.md for row in rows))


def _fades(answer: NoveltyResult) -> bool:
    """A line through zero that ends further out than it began is a change of mind, no fading."""
    return answer.fading and abs(answer.last_effect) < abs(answer.first_effect)


def _turns(answer: NoveltyResult) -> bool:
    """The line goes through zero, and neither of its ends is next to nothing."""
    ends = sorted((abs(answer.first_effect), abs(answer.last_effect)))
    opposite = answer.first_effect * answer.last_effect < 0
    return answer.fading and opposite and ends[0] > TURN * ends[1]


def _novelty_words(answer: NoveltyResult) -> str:
    moving = answer.fading or answer.growing
    way = "grows" if moving else "shows no trend"
    if _turns(answer):
        way = "turns"
    elif _fades(answer):
        way = "fades"
    first, last = signed(answer.first_effect), signed(answer.last_effect)
    return (
        f"The effect {way}: from {first} to {last} along the line over days since exposure "
        f"(p = {answer.p_value:.2g})."
    )


def novelty_checks(scope: Scope, metric: MetricVersionView) -> tuple[HealthCheck, ...]:
    """Does the primary metric's effect last? One check a treatment."""
    design: ExperimentDesign = scope.context.design
    numbers = {phase.number for phase in scope.phases}
    rows = [
        row for row in scope.context.ages if row.metric == metric.key and row.phase in numbers
    ]  # fmt: skip
    ratio, checks = metric.definition.kind is MetricKind.RATIO, []
    for variant in design.variant_keys[1:]:
        effects = _age_effects(rows, (design.variant_keys[0], variant), ratio=ratio)
        answer = novelty(effects)
        table = tuple(
            {"day": each.day, "effect": each.effect, "standard error": each.standard_error}
            for each in effects
        )
        if isinstance(answer, CannotCompute):
            checks.append(
                HealthCheck(
                    "novelty", _NOVELTY, variant, HealthStatus.UNKNOWN, answer.message, None, table
                )
            )
            continue
        lasts = not (_fades(answer) or _turns(answer))
        status = HealthStatus.OK if lasts else HealthStatus.WARNING
        words = _novelty_words(answer)
        checks.append(
            HealthCheck("novelty", _NOVELTY, variant, status, words, answer.p_value, table)
        )
    return tuple(checks)


def simpson_checks(scope: Scope, metric: MetricVersionView) -> tuple[HealthCheck, ...]:
    """Do the phases tell the pool's story? One check a treatment; none with a single phase."""
    design = scope.context.design
    if len(scope.phases) < 2 or metric.definition.kind is MetricKind.QUANTILE:  # noqa: PLR2004
        return ()
    return tuple(_simpson_check(scope, metric, variant) for variant in design.variant_keys[1:])


def _simpson_check(scope: Scope, metric: MetricVersionView, variant: str) -> HealthCheck:
    names = (scope.context.design.variant_keys[0], variant)
    pairs = []
    for phase in scope.phases:
        rows = [scope.rows.at(metric.key, phase.number, name, day=scope.day) for name in names]
        sums = [plain_sums(metric.definition, row) for row in rows]
        effect = effect_estimate(sums[0], sums[1], Scale.ABSOLUTE)
        if EMPTY not in rows and not isinstance(effect, CannotCompute):
            pairs.append((phase.number, (sums[0], sums[1]), effect))
    whole = [plain_sums(metric.definition, scope.arm(metric, name)) for name in names]
    answer = simpson([pair for _, pair, _ in pairs], (whole[0], whole[1]))
    table = tuple(
        {"phase": number, "effect": effect.effect, "standard error": effect.standard_error}
        for number, _, effect in pairs
    )
    if isinstance(answer, CannotCompute):
        return HealthCheck(
            "simpson", _SIMPSON, variant, HealthStatus.UNKNOWN, answer.message, None, table
        )
    # A bandit's pool is expected to mislead: its effects are taken phase by phase.
    misled = answer.reversal and not scope.stratified
    status = HealthStatus.WARNING if misled else HealthStatus.OK
    told = "contradict" if answer.reversal else "agree with"
    message = (
        f"The phases {told} their pool: {answer.combined_effect:+.4g} phase by phase, "
        f"{answer.pooled_effect:+.4g} thrown together (heterogeneity p = {answer.p_value:.2g})."
    )
    return HealthCheck("simpson", _SIMPSON, variant, status, message, answer.p_value, table)
