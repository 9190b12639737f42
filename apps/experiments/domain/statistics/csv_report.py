"""The report of `analyze_csv`: every variant against control, and whether to believe it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.experiments.contracts.statistics import CannotCompute, Reason, Scale, SummableSums
from apps.experiments.domain.statistics.cases.documents import Document, document
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.frequentist import t_test_of
from apps.experiments.domain.statistics.health import multiple_exposure, srm
from apps.experiments.domain.statistics.moments import moment_vector
from apps.experiments.domain.statistics.multiple import holm
from apps.experiments.domain.statistics.power import plan_baseline
from apps.experiments.domain.statistics.unit_totals import UnitTotals, arm_from_totals


@dataclass(frozen=True, slots=True)
class CsvPlan:
    """How to read the file; `allocation` empty means equal shares."""

    control: str | None = None
    kind: str = "mean"
    covariate: bool = False
    scale: Scale = Scale.RELATIVE
    alpha: float = 0.05
    allocation: Mapping[str, float] = field(default_factory=dict)


def _state(answer: object) -> Document:
    """The answer, or its reason under `error`."""
    if isinstance(answer, CannotCompute):
        return {"error": {"code": answer.reason.value, "message": answer.message}}
    return document(answer)


def _arm(name: str, sums: SummableSums) -> Document:
    body: Document = {"variant": name, "n": moment_vector(sums).n}
    mean, variance = plan_baseline(sums)
    return {**body, "mean": mean, "variance": variance}


def _safe_arm(name: str, sums: SummableSums, n: int) -> Document:
    try:
        return _arm(name, sums)
    except NotComputable as refusal:
        error = {"code": refusal.reason.value, "message": refusal.message}
        return {"variant": name, "n": n, "error": error}


def _compared(control: SummableSums, treatment: SummableSums, plan: CsvPlan) -> Document:
    try:
        estimate = effect_compute(control, treatment, plan.scale)
        return document(t_test_of(estimate, alpha=plan.alpha))
    except NotComputable as refusal:
        return {"error": {"code": refusal.reason.value, "message": refusal.message}}


def _names(totals: UnitTotals, control: str | None) -> list[str]:
    """Control first: the one named, else `control`, else the first seen.

    Raises:
        NotComputable: Fewer than two variants, or control is not among them.
    """
    names = list(totals.metric)
    first = control if control is not None else next((n for n in names if n == "control"), "")
    first = first or (names[0] if names else "")
    if first not in names or len(names) < 2:  # noqa: PLR2004  # something to compare
        raise NotComputable(Reason.NO_DATA, f"need control {first!r} and another variant")
    return [first, *(name for name in names if name != first)]


def _split(totals: UnitTotals, names: Sequence[str], plan: CsvPlan) -> Document:
    counts = [int(totals.metric[name].size) for name in names]
    weights = [plan.allocation.get(name, 0.0) if plan.allocation else 1.0 for name in names]
    return _state(srm(counts, weights))


def csv_report(totals: UnitTotals, plan: CsvPlan) -> Document:
    """Arms, comparisons with control, Holm over them, SRM and multiple exposures.

    Raises:
        NotComputable: There is nothing to compare.
    """
    names = _names(totals, plan.control)
    sums = {
        name: arm_from_totals(totals, name, kind=plan.kind, covariate=plan.covariate)
        for name in names
    }
    arms = [_safe_arm(name, sums[name], int(totals.metric[name].size)) for name in names]
    comparisons: list[Document] = [
        {"variant": name, **_compared(sums[names[0]], sums[name], plan)} for name in names[1:]
    ]
    p_values = [p for body in comparisons if isinstance(p := body.get("p_value"), float)]
    report: Document = {
        "control": names[0],
        "kind": plan.kind,
        "arms": arms,
        "comparisons": comparisons,
        "srm": _split(totals, names, plan),
        "multiple_exposure": _state(
            multiple_exposure(units=totals.units, multiple=totals.multiple)
        ),
        "rows": totals.rows,
    }
    if len(p_values) > 1:
        report["holm"] = holm(p_values)
    return report


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _line(body: Document, names: Sequence[str]) -> str:
    error = body.get("error")
    if isinstance(error, dict):
        return f"{body.get('variant', '')}: cannot be computed: {error['message']}"
    return "  ".join(f"{name} {_text(body[name])}" for name in names if name in body)


def report_lines(report: Document) -> list[str]:
    """The report as lines of text, one a fact."""
    lines = [f"{report['rows']} rows, control {report['control']}, {report['kind']} per unit"]
    arms, comparisons = report["arms"], report["comparisons"]
    if isinstance(arms, list) and isinstance(comparisons, list):
        lines += [_line(arm, ("variant", "n", "mean", "variance")) for arm in arms]
        for body in comparisons:
            lines.append(_line(body, ("variant", "scale", "effect", "p_value", "significant")))
            ci = body.get("ci")
            if isinstance(ci, list):
                level = f"{100 * (1 - float(body['alpha'])):g} %"
                lines.append(f"  {level} interval {_text(ci[0])} to {_text(ci[1])}")
    if "holm" in report:
        lines.append(f"p adjusted by Holm: {report['holm']}")
    for name in ("srm", "multiple_exposure"):
        body = report[name]
        if isinstance(body, dict):
            facts = ("p_value", "mismatch", "multiple", "share", "alarm")
            lines.append(f"{name}: {_line(body, facts)}")
    return lines
