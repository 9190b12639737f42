import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.search.types import Build

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.fixture
def judgements(tmp_path: Path) -> Path:
    path = tmp_path / "judgements.csv"
    path.write_text(
        "query,product_id,rating\nwireless mouse,p-0-1,3\nwireless mouse,p-3-1,0\n"
        "running shoes,p-3-2,2\nsneakers,gone,1\nnothing,p-0-0,0\n"
    )
    return path


SYSTEMS = [
    "baseline", "keyword", "semantic", "not_understood", "hybrid", "served_as_typed", "served",
]  # fmt: skip
FIGURES = {
    "ndcg_at_10", "ndcg_at_10_judged_only", "ndcg_at_10_ci", "mrr", "recall_at_100",
    "zero_result_rate", "judged_at_10", "queries", "p50_ms", "p95_ms",
}  # fmt: skip


def test_json(judgements: Path, embedded: Build, capsys: pytest.CaptureFixture[str]) -> None:
    embedded()
    call_command("search_eval", judgements=judgements, json=True, stdout=StringIO())
    report = json.loads(capsys.readouterr().out)
    assert list(report["systems"]) == SYSTEMS
    for figures in report["systems"].values():
        assert set(figures) == FIGURES
        assert 0.0 < figures["ndcg_at_10"] <= 1.0
        assert figures["queries"] == 3
    assert report["definition"]["queries_left_out_without_relevant_product"] == 1
    assert report["definition"]["judged_products_not_in_catalogue"] == 1
    assert set(report["comparisons"]) == {
        "hybrid_over_baseline",
        "served_over_baseline",
        "hybrid_over_keyword",
        "hybrid_over_not_understood",
        "served_over_served_as_typed",
    }
    for found in report["comparisons"].values():
        assert found["better"] + found["worse"] <= found["queries"] == 3
        assert 0.0 < found["p_value"] <= 1.0
        assert found["ci"][0] <= found["difference"] <= found["ci"][1]
    unanswerable = report["unanswerable"]
    assert unanswerable["queries"] == sum(unanswerable["labels"].values()) == 1
    assert set(unanswerable["answers"]["nothing"]) == {"found", "label"}


def test_one_query_is_too_few_to_compare(
    tmp_path: Path, embedded: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    embedded()
    path = tmp_path / "one.csv"
    path.write_text("query,product_id,rating\nmouse,p-0-1,3\nxqzvwk jjrrtt,p-0-1,0\n")
    call_command("search_eval", judgements=path)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("hybrid_over_baseline") and "too few" in line for line in lines)
    assert any(line.startswith("xqzvwk jjrrtt") and "nothing" in line for line in lines)


def test_table(judgements: Path, embedded: Build, capsys: pytest.CaptureFixture[str]) -> None:
    embedded()
    call_command("search_eval", judgements=judgements)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[-len(SYSTEMS) :]] == SYSTEMS


def test_without_an_index_it_says_so(judgements: Path) -> None:
    with pytest.raises(CommandError, match="build_embeddings"):
        call_command("search_eval", judgements=judgements)


def test_a_bad_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("query,product\n")
    with pytest.raises(CommandError, match="line 1"):
        call_command("search_eval", judgements=path)
    with pytest.raises(CommandError, match="No such file"):
        call_command("search_eval", judgements=tmp_path / "none.csv")
