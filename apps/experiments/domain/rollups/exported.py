"""The tables that leave for a warehouse: their columns, in order, and their types."""

from collections.abc import Mapping
from enum import StrEnum


class ExportTable(StrEnum):
    """What is exported of an experiment."""

    EXPOSURES = "exposures"
    UNIT_METRICS = "unit_metrics"
    ROLLUPS = "rollups"


class Cell(StrEnum):
    """A column's type."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"
    DAY = "day"
    MOMENT = "moment"
    NUMBERS = "numbers"


_T, _W, _N, _D = Cell.TEXT, Cell.WHOLE, Cell.NUMBER, Cell.DAY
_SUMS = ("m", "mm", "d", "dd", "md")
_COVARIATES = ("x", "xx", "mx", "dx")
_RATIO_COVARIATES = ("z", "zz", "xz", "mz", "dz")

SCHEMAS: Mapping[ExportTable, Mapping[str, Cell]] = {
    ExportTable.EXPOSURES: {
        "experiment": _T,
        "salt_version": _W,
        "phase": _W,
        "unit": _T,
        "variant": _T,
        "first_exposed_at": Cell.MOMENT,
        "last_exposed_at": Cell.MOMENT,
        "exposures": _W,
        "multiple": Cell.FLAG,
        "merged": _W,
        "mismatched": _W,
        "dimensions": _T,
    },
    ExportTable.UNIT_METRICS: {
        "experiment": _T,
        "salt_version": _W,
        "phase": _W,
        "unit": _T,
        "variant": _T,
        "metric": _T,
        "day": _D,
        "numerator": _N,
        "denominator": _N,
        "rows": _W,
        "numerator_before": _N,
        "denominator_before": _N,
    },
    ExportTable.ROLLUPS: {
        "experiment": _T,
        "phase": _W,
        "variant": _T,
        "metric": _T,
        "dimension": _T,
        "value": _T,
        "day": _D,
        "n": _W,
        "rows": _W,
        **dict.fromkeys(_SUMS, _N),
        **dict.fromkeys(_COVARIATES, Cell.NUMBERS),
        **dict.fromkeys(_RATIO_COVARIATES, _N),
        "steps": Cell.NUMBERS,
        "cap": _N,
    },
}
