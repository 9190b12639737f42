"""Runs cases: one, a list, or a whole file with its wrapper."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from apps.experiments.domain.statistics.cases import comparing, planning
from apps.experiments.domain.statistics.cases.documents import Document
from apps.experiments.domain.statistics.cases.reader import (
    CaseInvalid,
    CaseReader,
    Fields,
    as_fields,
    case_reader,
)
from apps.experiments.domain.statistics.errors import NotComputable

METHODS: Mapping[str, Callable[[CaseReader], Document]] = {
    "t_test": comparing.read_t_test,
    "welch": comparing.read_t_test,
    "frequentist": comparing.read_t_test,
    "ratio": comparing.read_t_test,
    "cuped": comparing.read_t_test,
    "two_proportions": comparing.read_two_proportions,
    "z_test": comparing.read_two_proportions,
    "sequential": comparing.read_sequential,
    "confidence_sequence": comparing.read_sequential,
    "bayesian": comparing.read_bayesian,
    "beta_binomial": comparing.read_beta_binomial,
    "non_inferiority": comparing.read_non_inferiority,
    "guardrail": comparing.read_non_inferiority,
    "pre_exposure_bias": comparing.read_pre_exposure_bias,
    "post_stratification": comparing.read_post_stratification,
    "quantile": comparing.read_quantile,
    "quantile_bootstrap": comparing.read_quantile,
    "holm": planning.read_holm,
    "benjamini_hochberg": planning.read_benjamini_hochberg,
    "srm": planning.read_srm,
    "multiple_exposure": planning.read_multiple_exposure,
    "group_sequential": planning.read_group_sequential,
    "novelty": planning.read_novelty,
    "simpson": planning.read_simpson,
    "power": planning.read_power,
    "sequential_power": planning.read_power,
    "power_sequential": planning.read_power,
    "mde": planning.read_power,
    "sample_size": planning.read_power,
    "remaining": comparing.read_remaining,
}


def _failed(name: str, code: str, message: str) -> Document:
    return {"name": name, "error": {"code": code, "message": message}}


def case_run(case: Fields) -> Document:
    """`{"name", "result"}` of one case, or `{"name", "error": {"code", "message"}}`.

    Codes: the reasons of `CannotCompute`, `unknown_method` and `invalid_case`.
    """
    name = str(case.get("name", ""))
    try:
        reader = case_reader(case)
        method = METHODS.get(reader.text("", "method"))
        if method is None:
            return _failed(name, "unknown_method", f"known methods: {', '.join(METHODS)}")
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            return {"name": name, "result": method(reader)}
    except NotComputable as refusal:
        return _failed(name, refusal.reason.value, refusal.message)
    except CaseInvalid as refusal:
        return _failed(name, "invalid_case", str(refusal))
    except ArithmeticError:
        return _failed(name, "invalid_input", "the numbers are too large or too small")


def cases_run(content: object) -> list[Document]:
    """Answers in the order of the cases: one case, a list, or `{"cases": [...]}`.

    Raises:
        CaseInvalid: It is none of these.
    """
    if isinstance(content, Mapping) and "cases" in content:
        content = content["cases"]
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, Sequence) or isinstance(content, str):
        raise CaseInvalid("cases", "must be a case, a list of cases, or an object with `cases`")
    return [case_run(as_fields(case, "case")) for case in content]
