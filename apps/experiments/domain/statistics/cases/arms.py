"""Arms in a case: sums under our names or those of common engines' rows."""

from apps.experiments.contracts.statistics import (
    ArmSums,
    ClusterSums,
    CupedSums,
    MeanSums,
    ProportionSums,
    QuantileSummary,
    RatioCupedSums,
    RatioSums,
)
from apps.experiments.domain.statistics.cases.reader import (
    CaseInvalid,
    CaseReader,
    Fields,
    as_count,
    as_fields,
    as_list,
    as_number,
    as_numbers,
)

N = ("n", "count", "users", "units")
SUM = ("sum", "main_sum", "successes", "conversions")
SQUARES = ("sum_squares", "main_sum_squares", "sum_of_squares")
SPREAD = ("variance", "var", "standard_deviation", "stddev", "std", "sd")
RATIO = ("sum_d", "denominator_sum")
COVARIATE = ("sum_x", "covariate_sum", "covariates")
KINDS = {"binomial": "proportion", "bernoulli": "proportion", "count": "mean", "revenue": "mean"}


def _number(arm: Fields, *names: str) -> float:
    for name in names:
        if arm.get(name) is not None:
            return as_number(arm[name], name)
    raise CaseInvalid(names[0], "is missing")


def _n(arm: Fields) -> int:
    for name in N:
        if arm.get(name) is not None:
            return as_count(arm[name], name)
    raise CaseInvalid("n", "is missing")


def _has(arm: Fields, names: tuple[str, ...]) -> bool:
    return any(arm.get(name) is not None for name in names)


def _variance(arm: Fields) -> float:
    if _has(arm, SPREAD[:2]):
        return _number(arm, *SPREAD[:2])
    return _number(arm, *SPREAD[2:]) ** 2


def _sum(arm: Fields, n: int) -> float:
    return _number(arm, *SUM) if _has(arm, SUM) else n * _number(arm, "mean", "rate")


def _plain(arm: Fields, kind: str) -> MeanSums | ProportionSums:
    """A mean (from sums, or from mean and spread), or a proportion."""
    n = _n(arm)
    total = _sum(arm, n)
    if not kind:
        kind = "mean" if _has(arm, SQUARES) or _has(arm, SPREAD) else "proportion"
    if kind == "proportion":
        return ProportionSums(n, total)
    if _has(arm, SQUARES):
        return MeanSums(n, total, _number(arm, *SQUARES))
    variance = _variance(arm)
    return MeanSums(n, total, (n - 1) * variance + total * total / n if n else 0.0)


def _ratio(arm: Fields) -> RatioSums:
    return RatioSums(
        n=_n(arm),
        sum_m=_number(arm, "sum_m", *SUM),
        sum_squares_m=_number(arm, "sum_squares_m", *SQUARES),
        sum_d=_number(arm, *RATIO),
        sum_squares_d=_number(arm, "sum_squares_d", "denominator_sum_squares"),
        sum_md=_number(arm, "sum_md", "main_denominator_sum_product"),
    )


def _ratio_cuped(arm: Fields) -> RatioCupedSums:
    pre = RatioSums(
        n=_n(arm),
        sum_m=_number(arm, "sum_m_pre", "covariate_sum"),
        sum_squares_m=_number(arm, "sum_squares_m_pre", "covariate_sum_squares"),
        sum_d=_number(arm, "sum_d_pre", "denominator_pre_sum"),
        sum_squares_d=_number(arm, "sum_squares_d_pre", "denominator_pre_sum_squares"),
        sum_md=_number(arm, "sum_md_pre", "main_pre_denominator_pre_sum_product"),
    )
    return RatioCupedSums(
        post=_ratio(arm),
        pre=pre,
        sum_m_m=_number(arm, "sum_m_m_pre", "main_covariate_sum_product"),
        sum_d_d=_number(arm, "sum_d_d_pre", "denominator_post_denominator_pre_sum_product"),
        sum_m_d=_number(arm, "sum_m_d_pre", "main_post_denominator_pre_sum_product"),
        sum_d_m=_number(arm, "sum_d_m_pre", "main_pre_denominator_post_sum_product"),
    )


def _cuped(arm: Fields, kind: str) -> CupedSums:
    """One covariate by its three sums, or several: sum_x [p], sum_xx [p][p], sum_xy [p]."""
    outcome = _plain(arm, kind)
    if isinstance(arm.get("sum_x"), list):
        rows = as_list(arm.get("sum_xx"), "sum_xx")
        return CupedSums(
            outcome=outcome,
            sum_x=as_numbers(arm["sum_x"], "sum_x"),
            sum_xx=tuple(as_numbers(row, "sum_xx") for row in rows),
            sum_xy=as_numbers(arm.get("sum_xy"), "sum_xy"),
        )
    square = _number(arm, "sum_squares_x", "covariate_sum_squares", "sum_xx")
    return CupedSums(
        outcome=outcome,
        sum_x=(_number(arm, "sum_x", "covariate_sum"),),
        sum_xx=((square,),),
        sum_xy=(_number(arm, "sum_xy", "main_covariate_sum_product"),),
    )


def _quantile(arm: Fields, reader: CaseReader) -> QuantileSummary:
    n = _n(arm)
    level = arm.get("quantile", arm.get("nu", reader.find("quantile", "nu")))
    clusters = None
    if arm.get("clusters") is not None:
        inner = as_fields(arm["clusters"], "clusters")
        clusters = ClusterSums(
            clusters=as_count(inner.get("clusters", inner.get("n_clusters")), "clusters"),
            sum_s=_number(inner, "sum_s", "main_sum"),
            sum_squares_s=_number(inner, "sum_squares_s", "main_sum_squares"),
            sum_n=_number(inner, "sum_n", "denominator_sum"),
            sum_squares_n=_number(inner, "sum_squares_n", "denominator_sum_squares"),
            sum_sn=_number(inner, "sum_sn", "main_denominator_sum_product"),
        )
    return QuantileSummary(
        n=n,
        quantile=as_number(level, "quantile"),
        estimate=_number(arm, "estimate", "quantile_hat"),
        lower=_number(arm, "lower", "quantile_lower"),
        upper=_number(arm, "upper", "quantile_upper"),
        n_star=as_count(arm.get("n_star", n), "n_star"),
        level=as_number(arm.get("level", 0.05), "level"),
        clusters=clusters,
    )


def arm_sums(value: object, reader: CaseReader, field: str = "arm") -> ArmSums:
    """One arm of whatever kind its fields, or the case's `kind`, say.

    Raises:
        CaseInvalid: A field is missing or no number, or the kind is unknown.
    """
    arm = as_fields(value, field)
    said = reader.text("", "kind", "metric_kind", "metric_type")
    kind = KINDS.get(said, said)
    if kind not in {"", "mean", "proportion", "ratio", "quantile"}:
        raise CaseInvalid("kind", f"unknown kind {kind!r}")
    if kind == "quantile" or _has(arm, ("quantile_hat", "estimate")):
        return _quantile(arm, reader)
    if kind == "ratio" or (not kind and _has(arm, RATIO)):
        if _has(arm, ("sum_d_pre", "denominator_pre_sum")):
            return _ratio_cuped(arm)
        return _ratio(arm)
    return _cuped(arm, kind) if _has(arm, COVARIATE) else _plain(arm, kind)


def _named(reader: CaseReader) -> list[tuple[str, object]]:
    """Control first, then treatments, in whichever way the case names them."""
    listed = reader.find("arms", "variants", "variations")
    if listed is not None:
        items = as_list(listed, "arms")
        return [(str(as_fields(arm, "arms").get("name", i)), arm) for i, arm in enumerate(items)]
    if not reader.has("control"):
        raise CaseInvalid("control", "is missing")
    found: list[tuple[str, object]] = [("control", reader.find("control"))]
    several = reader.find("treatments")
    if several is not None:
        arms = as_list(several, "treatments")
        found += [(f"treatment_{i}", arm) for i, arm in enumerate(arms, start=1)]
    for key, value in reader.inputs.items():
        if key != "control" and isinstance(value, dict) and _has(value, N):
            found.append((key, value))
    if len(found) < 2:  # noqa: PLR2004  # an arm to compare with
        raise CaseInvalid("treatment", "is missing")
    return found


def case_arms(reader: CaseReader) -> tuple[ArmSums, list[tuple[str, ArmSums]]]:
    """Control, and every treatment with its name.

    Raises:
        CaseInvalid: Fewer than two arms, or one that cannot be read.
    """
    arms = [(name, arm_sums(arm, reader, name)) for name, arm in _named(reader)]
    if len(arms) < 2:  # noqa: PLR2004  # an arm to compare with
        raise CaseInvalid("arms", "two or more are needed")
    return arms[0][1], arms[1:]
