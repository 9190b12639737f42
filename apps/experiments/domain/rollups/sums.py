"""Day rows as SQL: what each day adds to the sums, for every metric at once.

Units' totals are running, so a day adds the difference of what is now and what was before:
Σm² up to a day grows by Σ (now² - before²) on it. The running sums over days are `days.py`'s.
"""

from collections.abc import Mapping, Sequence

from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.domain.rollups.exposed import NONE
from apps.experiments.domain.rollups.frame import UNIT_TABLE
from apps.experiments.domain.rollups.plan import Covariate, MetricSlots
from apps.experiments.domain.rollups.quoting import number_literal, text_literal

_PRESENCE = frozenset({MetricKind.PROPORTION, MetricKind.FUNNEL, MetricKind.RETENTION})
Caps = Mapping[str, float]


def units_sql(experiment_id: int, where: str = "true") -> str:
    """Units that count: those seen in one variant only. Arrays are unpacked once a unit."""
    return (
        "SELECT id, unit, salt_version, phase, variant, first_exposed_at, dimensions, days,"
        " array_cat(totals, '{}') AS totals, before"
        f" FROM {UNIT_TABLE} WHERE experiment_id = {experiment_id} AND NOT multiple"
        f" AND ({where}) OFFSET 0"
    )


def days_sql(
    experiment_id: int,
    metrics: Sequence[MetricSlots],
    dimensions: Sequence[str],
    caps: Caps,
    aged: MetricSlots | None = None,
) -> str:
    """What each day adds.

    Answers rows of phase, variant, place of the dimension (0: all units), its value, day, units
    first exposed, exposures, and one array a metric (see `layout`). With `aged`, one of the
    metrics, rows of all units are apart by days since first exposure, and one more array says
    how many those are and the metric's Σm, Σm², Σd, Σd², Σmd of what was done on the day.
    """
    columns = [
        "u.phase", "u.variant", "d.day", "(d.i = 1) AS first", "u.before",
        "u.totals[d.i][1] - coalesce(u.totals[d.i - 1][1], 0) AS exposures",
        *(f"{_dimension(name)} AS d{place}" for place, name in enumerate(dimensions, 1)),
    ]  # fmt: skip
    for place in places_used(metrics):
        columns.append(f"u.totals[d.i][{place}] AS n{place}")
        columns.append(f"coalesce(u.totals[d.i - 1][{place}], 0) AS p{place}")
    arrays = [metric_array(one, caps) for one in metrics]
    whole = "phase, variant, day"
    if aged is not None:
        columns.append("d.day - u.days[1] AS age")
        arrays.append(_age_array(aged))
        whole += ", age"
    # Kept apart, so that an element is taken out of its array once and not once a sum.
    return (
        f"SELECT phase, variant, {_which(dimensions)}, day, count(*) FILTER (WHERE first),"
        f" sum(exposures), {', '.join(arrays)}"
        f" FROM (SELECT {', '.join(columns)} FROM ({units_sql(experiment_id)}) u"
        " CROSS JOIN LATERAL unnest(u.days) WITH ORDINALITY d (day, i) OFFSET 0) s"
        f" {_grouping(dimensions, whole)}"
    )


def _age_array(one: MetricSlots) -> str:
    """Days since first exposure, and the sums of what was done on the day."""
    m = f"(n{one.total} - p{one.total})"
    if one.definition.kind in _PRESENCE:
        m = f"({m} > 0)::int::float8"
    elif one.definition.cap_value is not None:
        m = f"least({m}, {number_literal(one.definition.cap_value)})"
    d = "0::float8"
    if one.denominator is not None:
        d = f"(n{one.denominator} - p{one.denominator})"
    products = (m, f"{m} * {m}", d, f"{d} * {d}", f"{m} * {d}")
    return _array(["age", *(f"sum({product})" for product in products)])


def places_used(metrics: Sequence[MetricSlots]) -> tuple[int, ...]:
    """Places of the slots that the metrics' sums read."""
    used: dict[int, None] = {}
    for one in metrics:
        used |= dict.fromkeys((one.total, one.rows, *one.steps))
        if one.denominator is not None:
            used[one.denominator] = None
    return tuple(used)


def _dimension(name: str) -> str:
    return f"coalesce(u.dimensions->>{text_literal(name)}, '{NONE}')"


def _which(dimensions: Sequence[str]) -> str:
    """Place and value of the dimension that a row of the grouping sets is about."""
    if not dimensions:
        return "0 AS dimension, '' AS value"
    places = " ".join(
        f"WHEN grouping(d{place}) = 0 THEN {place}" for place in range(1, len(dimensions) + 1)
    )
    values = ", ".join(f"d{place}" for place in range(1, len(dimensions) + 1))
    return f"CASE {places} ELSE 0 END AS dimension, coalesce({values}, '') AS value"


def _grouping(dimensions: Sequence[str], whole: str = "phase, variant, day") -> str:
    if not dimensions:
        return f"GROUP BY {whole}"
    sets = "".join(f", (phase, variant, day, d{place})" for place in range(1, len(dimensions) + 1))
    return f"GROUP BY GROUPING SETS (({whole}){sets})"


def layout(one: MetricSlots) -> dict[str, int]:
    """Lengths of the parts of a metric's array, in order."""
    covariates = len(one.covariates)
    ratio = one.denominator is not None
    parts = {"n": 1, "rows": 1, "m": 1, "mm": 1}
    if ratio:
        parts |= {"d": 1, "dd": 1, "md": 1}
    if covariates:
        parts |= {"x": covariates, "xx": covariates**2, "mx": covariates}
        if ratio:
            parts |= {"dx": covariates, "z": 1, "zz": 1, "xz": 1, "mz": 1, "dz": 1}
    if one.steps:
        parts["steps"] = len(one.steps)
    return parts


def metric_array(one: MetricSlots, caps: Caps) -> str:
    """What rows with `n<place>` (now), `p<place>` (before), `first`, `before` add to a metric."""
    now, before = _value(one, "n", caps), _value(one, "p", caps)
    began = _began(one)
    added = f"sum({now} - {before})"
    # What is 0 or 1 is its own square; said in the same words, it is summed once.
    squares = f"sum({now} * {now} - {before} * {before})"
    terms = [
        f"count(*) FILTER (WHERE {began})",
        f"sum(n{one.rows} - p{one.rows})",
        added,
        added if one.definition.kind in _PRESENCE else squares,
    ]
    d_now = d_before = ""
    if one.denominator is not None:
        d_now, d_before = f"n{one.denominator}", f"p{one.denominator}"
        terms += [
            f"sum({d_now} - {d_before})",
            f"sum({d_now} * {d_now} - {d_before} * {d_before})",
            f"sum({now} * {d_now} - {before} * {d_before})",
        ]
    terms += covariate_terms(one, began, f"{now} - {before}", f"{d_now} - {d_before}")
    terms += [f"sum((n{step} > 0)::int - (p{step} > 0)::int)" for step in one.steps]
    return _array(terms)


def _array(terms: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(f"coalesce({term}, 0)::float8" for term in terms) + "]"


def _value(one: MetricSlots, side: str, caps: Caps) -> str:
    """A unit's total as the metric reads it, now (n) or before the day (p)."""
    total = f"{side}{one.total}"
    if one.definition.kind in _PRESENCE:
        return f"({total} > 0)::int::float8"
    cap = caps.get(one.key, one.definition.cap_value)
    return total if cap is None else f"least({total}, {number_literal(cap)})"


def _began(one: MetricSlots) -> str:
    """Whether the unit enters the metric on this day."""
    if one.definition.missing_is_zero:
        return "first"
    return f"(n{one.rows} > 0 AND p{one.rows} = 0)"


def covariate_terms(one: MetricSlots, began: str, m: str, d: str) -> list[str]:
    """Σx, Σxx, Σmx and, of ratios, Σdx and the terms of the denominator before exposure."""
    if not one.covariates:
        return []
    x = [covariate_value(covariate) for covariate in one.covariates]
    terms = [f"sum({each}) FILTER (WHERE {began})" for each in x]
    terms += [f"sum({left} * {right}) FILTER (WHERE {began})" for left in x for right in x]
    terms += [f"sum(({m}) * {each})" for each in x]
    if one.denominator is None:
        return terms
    z = f"coalesce(before[{one.denominator}], 0)"
    terms += [f"sum(({d}) * {each})" for each in x]
    terms += [f"sum({each}) FILTER (WHERE {began})" for each in (z, f"{z} * {z}", f"{x[0]} * {z}")]
    return [*terms, f"sum(({m}) * {z})", f"sum(({d}) * {z})"]


def covariate_value(covariate: Covariate) -> str:
    """What a unit did before exposure, as the metric reads it."""
    total = f"coalesce(before[{covariate.place}], 0)"
    if covariate.presence:
        return f"({total} > 0)::int::float8"
    cap = covariate.cap_value
    return total if cap is None else f"least({total}, {number_literal(cap)})"


def retention_sql(
    experiment_id: int,
    one: MetricSlots,
    dimensions: Sequence[str],
    as_of: str,
    salt_ends: Mapping[int, str],
) -> str:
    """What each day adds to a retention metric: units whose days are over on it.

    Same columns as `days_sql` with one array. A unit whose salt version ended before its days
    were over is never counted: nobody knows whether it would have come back.
    """
    span = f"interval '{one.definition.retention_to_day * 24} hours'"
    mature = f"(u.first_exposed_at + {span})"
    ends = " ".join(f"WHEN {salt} THEN {end}" for salt, end in salt_ends.items())
    until = f"CASE u.salt_version {ends} ELSE {as_of} END" if ends else as_of
    columns = ", ".join(
        [
            "u.phase", "u.variant", f"({mature} AT TIME ZONE 'UTC')::date AS day", "u.before",
            f"coalesce(u.totals[cardinality(u.days)][{one.rows}], 0) AS n{one.rows}",
            *(f"{_dimension(name)} AS d{place}" for place, name in enumerate(dimensions, 1)),
        ]
    )  # fmt: skip
    value = f"(n{one.rows} > 0)::int::float8"
    terms = ["count(*)", f"sum(n{one.rows})", f"sum({value})", f"sum({value})"]
    terms += covariate_terms(one, "true", value, "0")
    return (
        f"SELECT phase, variant, {_which(dimensions)}, day, 0, 0, {_array(terms)}"
        f" FROM (SELECT {columns} FROM ({units_sql(experiment_id)}) u WHERE {mature} <= {until}) s"
        f" {_grouping(dimensions)}"
    )


def caps_sql(experiment_id: int, metrics: Sequence[MetricSlots]) -> str:
    """Percentile caps: over units whose total is above 0, of all variants and phases."""
    last = "u.totals[cardinality(u.days)]"
    chosen = ", ".join(
        f"percentile_cont({number_literal(one.definition.cap_percentile or 1.0)})"
        f" WITHIN GROUP (ORDER BY s{one.total}) FILTER (WHERE s{one.total} > 0)"
        for one in metrics
    )
    places = ", ".join(
        f"{last}[{place}] AS s{place}" for place in dict.fromkeys(one.total for one in metrics)
    )
    return f"SELECT {chosen} FROM (SELECT {places} FROM ({units_sql(experiment_id)}) u) s"
