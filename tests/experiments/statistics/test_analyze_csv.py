import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.experiments.contracts.statistics import CupedSums, ProportionSums
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.unit_totals import UnitRow, arm_from_totals, unit_totals

HEADER = "user,arm,revenue,before,views\n"


def _file(folder: Path, text: str, name: str = "events.csv") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def _events(folder: Path) -> str:
    """40 units a variant with one or two events each; u0 is seen in both."""
    lines = []
    for index in range(120):
        arm = ("control", "blue", "green")[index % 3]
        lines.append(f"u{index},{arm},{index % 7},{index % 5},2")
        if index % 2:
            lines.append(f"u{index},{arm},{index % 4},,1")
    lines.append("u0,blue,3,1,1")
    return _file(folder, HEADER + "\n".join(lines) + "\n")


def _run(path: str, *more: str) -> str:
    out = io.StringIO()
    columns = ("--unit", "user", "--variant", "arm", "--metric", "revenue")
    call_command("analyze_csv", path, *columns, *more, stdout=out)
    return out.getvalue()


def _report(path: str, *more: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(_run(path, *more, "--json"))
    return report


def test_events_are_summed_per_unit_and_compared(tmp_path: Path) -> None:
    report = _report(_events(tmp_path))
    assert [arm["variant"] for arm in report["arms"]] == ["control", "blue", "green"]
    assert [arm["n"] for arm in report["arms"]] == [39, 40, 40]
    assert report["multiple_exposure"]["multiple"] == 1
    assert report["srm"]["p_value"] > 0.9
    assert len(report["holm"]) == 2
    assert report["comparisons"][0]["scale"] == "relative"


def test_the_text_says_the_same(tmp_path: Path) -> None:
    text = _run(_events(tmp_path), "--control", "blue", "--scale", "absolute", "--alpha", "0.1")
    assert "control blue" in text
    assert "90 % interval" in text
    assert "p adjusted by Holm" in text
    assert "srm: p_value" in text


def test_covariates_ratios_and_proportions(tmp_path: Path) -> None:
    path = _events(tmp_path)
    assert "theta" in _report(path, "--covariate", "before")["comparisons"][0]
    assert _report(path, "--denominator", "views")["kind"] == "ratio"
    share = _report(path, "--kind", "proportion")["arms"][0]
    assert 0 < share["mean"] < 1
    with pytest.raises(CommandError, match="covariate"):
        _run(path, "--denominator", "views", "--covariate", "before")


def test_an_unequal_plan_is_an_srm_when_the_split_is_equal(tmp_path: Path) -> None:
    plan = ("--allocation", "control=0.8,blue=0.1,green=0.1")
    assert _report(_events(tmp_path), *plan)["srm"]["mismatch"]


def test_what_cannot_be_computed_is_said(tmp_path: Path) -> None:
    rows = "a,control,1,,\nb,control,1,,\nc,blue,1,,\n"
    report = _report(_file(tmp_path, HEADER + rows))
    assert report["arms"][1]["error"]["code"] == "too_few_units"
    assert report["comparisons"][0]["error"]["code"] == "too_few_units"
    assert report["srm"]["error"]["code"] == "too_few_units"
    assert "cannot be computed" in _run(_file(tmp_path, HEADER + rows))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user,arm\n", "no column revenue"),
        (HEADER, "another variant"),
        (HEADER + "a,control,x,,\n", "line 2, revenue: 'x' is not a number"),
        (HEADER + "a,blue,1,,\n", "need control"),
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        _run(_file(tmp_path, text), "--control", "control")


def test_a_missing_file_and_a_tsv(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        _run(str(tmp_path / "none.csv"))
    text = Path(_events(tmp_path)).read_text().replace(",", "\t")
    assert _report(_file(tmp_path, text, "events.tsv"))["rows"] == 181


@pytest.mark.parametrize("allocation", ["control=many", "control"])
def test_an_allocation_that_is_none_is_refused(tmp_path: Path, allocation: str) -> None:
    with pytest.raises(CommandError, match="allocation"):
        _run(_events(tmp_path), "--allocation", allocation)


def test_totals_become_the_sums_of_an_arm() -> None:
    rows = [
        UnitRow("a", "x", 2.0, covariate=3.0),
        UnitRow("a", "x", 1.0, covariate=5.0),
        UnitRow("b", "x", 0.0),
    ]
    totals = unit_totals(rows)
    arm = arm_from_totals(totals, "x", kind="proportion", covariate=True)
    assert arm == CupedSums(ProportionSums(2, 1.0), (4.0,), ((16.0,),), (4.0,))
    with pytest.raises(NotComputable):
        arm_from_totals(totals, "y")
