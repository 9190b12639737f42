"""Which notices an analysis is worth, and how they read."""

from datetime import timedelta

import pytest

from apps.experiments.contracts.design import ExperimentKind, MetricRole
from apps.experiments.contracts.reports import Notice, Occasion, ReportSubject
from apps.experiments.contracts.results import ExperimentResults, HealthStatus, InterleavingResult
from apps.experiments.domain.report_words import (
    mail_words,
    notices,
    report_document,
    started_notice,
)
from tests.experiments.reports.made import (
    NOW,
    comparison_made,
    metric_made,
    results_made,
    srm_made,
)

SUBJECT = ReportSubject(
    key="weights-test", name="Weights", hypothesis="", owner="", status="running",
    variants={"control": "As it is", "treatment": "New"}, page="/experiments/weights-test/",
)  # fmt: skip


def told(results: ExperimentResults, kind: ExperimentKind = ExperimentKind.AB) -> list[Notice]:
    return list(notices(results, kind))


def preference(wins: tuple[int, int], *, significant: bool = True) -> InterleavingResult:
    return InterleavingResult(
        variants=("control", "treatment"), wins=wins, ties=3, credits=(9, 9), preference=0.5,
        ci=(0.1, 0.9), p_value=0.004, significant=significant, days=(),
    )  # fmt: skip


def test_a_quiet_analysis_is_not_worth_a_word() -> None:
    ok = results_made(
        health=(srm_made(HealthStatus.OK), srm_made(HealthStatus.ALARM, "freshness")),
        metrics=(
            metric_made(MetricRole.PRIMARY, comparison_made()),
            metric_made(MetricRole.GUARDRAIL, comparison_made(guardrail_breached=False)),
            metric_made(MetricRole.SECONDARY, comparison_made(significant=True)),
        ),
        interleaving=preference((2, 3), significant=False),
    )
    assert told(ok) == []


def test_a_mismatch_is_told_once_an_allocation_and_once_a_bandit() -> None:
    results = results_made(health=(srm_made(HealthStatus.ALARM), srm_made(HealthStatus.ALARM)))
    (notice,) = told(results)
    assert (notice.occasion, notice.once) == (Occasion.SRM, "srm:2")
    assert notice.reasons == ("52 % instead of 50 %.",) * 2
    assert told(results, ExperimentKind.BANDIT)[0].once == "srm:0"


def test_a_breached_guardrail_names_metric_variant_and_margin() -> None:
    breached = metric_made(MetricRole.GUARDRAIL, comparison_made(guardrail_breached=True), "zrr")
    (notice,) = told(results_made(metrics=(breached,)))
    assert notice.once == "guardrail:2:zrr:treatment"
    assert notice.reasons == ("ZRR: +10.00% (from +2.00% to no bound).", "Tolerated: 2.0%.")
    assert notice.facts["ci"] == [0.02, None]
    assert notice.facts["margin"] == 0.02


@pytest.mark.parametrize("readable", [True, False])
def test_significance_waits_until_it_may_be_read(readable: bool) -> None:
    metric = metric_made(MetricRole.PRIMARY, comparison_made(significant=True))
    found = told(
        results_made(metrics=(metric,), readable=readable, interleaving=preference((3, 12)))
    )
    assert [notice.once for notice in found] == (
        ["significance:2:interleaving", "significance:2:cvr:treatment"] if readable else []
    )
    if readable:
        assert found[0].headline == "Shoppers prefer the ranking of treatment."
        assert found[0].facts["wins"] == {"control": 3, "treatment": 12}
        assert found[1].reasons[1:] == ("Ship treatment.", "It sells.")
        assert found[1].facts["margin"] is None


def test_effects_are_told_on_the_scale_that_there_is() -> None:
    absolute = metric_made(MetricRole.PRIMARY, comparison_made(significant=True, relative=None))
    nothing = metric_made(
        MetricRole.PRIMARY, comparison_made(significant=True, relative=None, absolute=None)
    )
    first, second = told(results_made(metrics=(absolute, nothing)))
    assert first.reasons[0] == "CVR: +0.01 (from +0.002 to +0.018)."
    assert first.facts["relative_effect"] is None
    assert second.reasons[0] == "CVR: no effect can be computed."


def test_the_planned_end_comes_by_days_or_by_date() -> None:
    (by_days,) = told(results_made(days_running=14.0))
    assert by_days.once == "planned_end:2"
    assert by_days.facts["recommended"] == "ship"
    results = results_made(days_planned=None)
    assert notices(results, ExperimentKind.AB, ends_at=NOW + timedelta(hours=1)) == ()
    assert len(notices(results, ExperimentKind.AB, ends_at=NOW)) == 1


def test_a_document_becomes_a_mail_of_the_same_words() -> None:
    notice = started_notice(SUBJECT, {"control": 0.5, "treatment": 0.5})
    document = report_document(SUBJECT, notice, told_at=NOW, url="https://e/experiments/w/")
    assert document["version"] == 1
    subject, text = mail_words(document)
    assert subject == "[Endcap] weights-test: “Weights” has started."
    assert "- Allocation: control 50.0%, treatment 50.0%." in text
    assert "Hypothesis: none was written" in text
    assert "Owner: nobody" in text
    assert "Results: https://e/experiments/w/" in text


def test_a_subject_stays_on_one_line() -> None:
    notice = Notice(Occasion.SRM, "srm:1", "a\r\nBcc: x", (), {})
    document = report_document(SUBJECT, notice, told_at=NOW, url="")
    assert mail_words(document)[0] == "[Endcap] weights-test: a Bcc: x"


def test_what_is_no_report_is_no_mail() -> None:
    with pytest.raises(TypeError):
        mail_words({"experiment": None, "reasons": []})
