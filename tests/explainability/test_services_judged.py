"""Lists, raters, runs and the gate on PostgreSQL, with the code that answers shoppers."""

from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from apps.access.models import AuditEntry, User
from apps.common.errors import ApplicationError, Conflict, InvalidInput, NotFound
from apps.explainability.contracts.judged import (
    PUBLISHED,
    Configuration,
    EvaluationStatus,
    JudgementSource,
)
from apps.explainability.models import EvaluationRun, JudgedQuery, Judgement, JudgementList
from apps.explainability.selectors import judged as lists
from apps.explainability.selectors import runs
from apps.explainability.services.evaluations import (
    evaluation_execute,
    evaluation_request,
    evaluation_run_now,
    run_delete,
)
from apps.explainability.services.lists import (
    judgements_import,
    lines_of,
    list_ensure,
    query_add,
)
from apps.explainability.services.rating import queries_pool, rating_give, rating_take_back
from apps.explainability.tasks import EVALUATION_RUN, POOL_CANDIDATES
from apps.jobs.services import job_run_now
from tests.search.types import Build

pytestmark = pytest.mark.django_db
HEAD = "query,product_id,rating\n"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "icecat" / "judgements.csv"


def imported(*lines: str, name: str = "list", scale: int = 3) -> int:
    list_id = list_ensure(name=name, scale=scale)
    judgements_import(list_id=list_id, lines=[HEAD, *lines])
    return list_id


def test_an_import_stores_replaces_and_counts(catalogue: None) -> None:
    list_id = list_ensure(name="list", scale=3)
    report = judgements_import(
        list_id=list_id, lines=[HEAD, "mouse,p-0-1,3\n", "mouse,gone,1\n", "hub,p-0-2,0\n"]
    )
    assert (report.rows, report.stored, report.unchanged) == (3, 3, 0)
    assert (report.queries, report.unknown_products) == (2, 1)
    again = judgements_import(list_id=list_id, lines=[HEAD, "mouse,p-0-1,2\n", "hub,p-0-2,0\n"])
    assert (again.stored, again.unchanged) == (1, 1)
    view = lists.judgement_list(list_id)
    assert (view.queries, view.judgements, view.raters) == (2, 3, ("",))
    assert lists.judgements_merged(list_id) == {
        "mouse": {"gone": 1, "p-0-1": 2},
        "hub": {"p-0-2": 0},
    }
    assert AuditEntry.objects.filter(action="judgementlist.import").count() == 2


def test_nothing_is_stored_when_a_line_is_wrong(catalogue: None) -> None:
    list_id = list_ensure(name="list", scale=3)
    with pytest.raises(InvalidInput, match="line 3") as refused:
        judgements_import(list_id=list_id, lines=[HEAD, "mouse,a,3\n", "mouse,b,4\n"])
    assert refused.value.extra["lines"] == [
        {"line": 3, "message": "the rating must be a whole number from 0 to 3"}
    ]
    assert not Judgement.objects.exists()
    with pytest.raises(InvalidInput, match="UTF-8"):
        judgements_import(list_id=list_id, lines=lines_of(BytesIO(HEAD.encode() + b"m,\xff,1\n")))
    with pytest.raises(NotFound):
        judgements_import(list_id=0, lines=[HEAD])


def test_a_mark_at_the_front_is_no_column(catalogue: None) -> None:
    list_id = list_ensure(name="list", scale=4)
    handle = BytesIO(b"\xef\xbb\xbf" + HEAD.encode() + "größe,a,4\n".encode())
    judgements_import(list_id=list_id, lines=lines_of(handle), rater="ada")
    assert Judgement.objects.get().rater == "ada"
    assert Judgement.objects.get().query == "größe"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared judgements are not here")
def test_the_shared_judgements_load_in_one_command(
    catalogue: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("judgements_import", str(SHARED), list="icecat")
    said = capsys.readouterr().out
    assert said.startswith("icecat: 2582 lines, 93 queries, 2582 ratings stored, 0 there already")
    view = lists.judgement_list_named("icecat")
    assert (view.queries, view.judgements) == (93, 2582)


def test_the_command_says_what_is_wrong(tmp_path: Path, catalogue: None) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(HEAD + "mouse,a,9\n")
    with pytest.raises(CommandError, match="line 2"):
        call_command("judgements_import", str(path), list="bad")
    assert not JudgementList.objects.exists()
    with pytest.raises(CommandError, match="No such file"):
        call_command("judgements_import", str(tmp_path / "none.csv"), list="bad")
    with pytest.raises(CommandError, match="Letters"):
        call_command("judgements_import", str(path), list="<b>")


def test_lists_and_names() -> None:
    with pytest.raises(NotFound, match="There is no judgement list x"):
        lists.judgement_list_named("x")
    with pytest.raises(NotFound):
        lists.judgement_list(0)
    assert lists.gate_list() is None
    list_id = list_ensure(name="list", scale=3)
    assert list_ensure(name="list", scale=4) == list_id
    JudgementList.objects.update(gate=True)
    gate = lists.gate_list()
    assert gate is not None
    assert gate.id == list_id
    row = JudgementList(name="other", gate=True)
    with pytest.raises(Exception, match="checks publishing already"):
        row.full_clean()
    imported("mouse,a,4\n", name="four", scale=4)
    four = JudgementList.objects.get(name="four")
    four.scale = 3
    with pytest.raises(Exception, match="ratings above 3"):
        four.full_clean()


def test_lists_take_three_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for name in ("one", "two", "three"):
        imported("mouse,a,1\n", "hub,b,2\n", name=name)
    with django_assert_num_queries(3):
        found = lists.judgement_lists()
    assert [(each.name, each.queries, each.judgements) for each in found] == [
        ("one", 2, 2), ("three", 2, 2), ("two", 2, 2),
    ]  # fmt: skip


def test_raters_rate_take_back_and_do_not_see_each_other(catalogue: None) -> None:
    list_id = list_ensure(name="list", scale=3)
    assert query_add(list_id=list_id, query="  wireless   mouse ") == "wireless mouse"
    JudgedQuery.objects.update(pool=["p-0-1", "p-0-2"])
    thing = {"query": "wireless mouse", "product_id": "p-0-1"}
    give = partial(rating_give, list_id=list_id, **thing)  # type: ignore[arg-type]  # a table of keywords
    take_back = partial(rating_take_back, list_id=list_id, **thing)  # type: ignore[arg-type]  # the same
    assert give(rater="ada", rating=3) is None
    assert give(rater="ada", rating=1) == 3
    assert give(rater="bob", rating=0) is None
    queue = lists.rating_queue(list_id, "bob")
    assert {item.product_id: item.rating for item in queue.items} == {"p-0-1": 0, "p-0-2": None}
    assert lists.judgements_merged(list_id) == {"wireless mouse": {"p-0-1": 0}}
    assert lists.rating_units(list_id) == [{"ada": 1, "bob": 0}]
    assert lists.query_coverage(list_id) == [("wireless mouse", 2, 1, 0)]
    take_back(rater="ada", before=3)
    assert lists.rating_units(list_id) == [{"ada": 3, "bob": 0}]
    take_back(rater="ada", before=None)
    assert lists.rating_units(list_id) == [{"bob": 0}]
    assert lists.list_queries(list_id) == ("wireless mouse",)


def test_what_cannot_be_rated_is_refused(catalogue: None) -> None:
    list_id = imported("mouse,p-0-1,3\n")
    for given, field in (
        ({"rating": 4, "product_id": "p-0-1"}, "rating"),
        ({"rating": 1, "product_id": "p-0-9"}, "product_id"),
    ):
        with pytest.raises(InvalidInput) as refused:
            rating_give(list_id=list_id, rater="ada", query="mouse", **given)  # type: ignore[arg-type]  # a table of keywords
        assert refused.value.extra["field"] == field
    with pytest.raises(NotFound):
        rating_give(list_id=0, rater="ada", query="mouse", product_id="p-0-1", rating=1)
    for query in ("", " ", "q" * 257):
        with pytest.raises(InvalidInput, match="1 to 256"):
            query_add(list_id=list_id, query=query)
    JudgementList.objects.update(source=JudgementSource.IMPLICIT.value)
    with pytest.raises(InvalidInput, match="made from clicks"):
        query_add(list_id=list_id, query="hub")
    with pytest.raises(InvalidInput, match="made from clicks"):
        judgements_import(list_id=list_id, lines=[HEAD])
    with pytest.raises(InvalidInput, match="made from clicks"):
        rating_give(list_id=list_id, rater="ada", query="mouse", product_id="p-0-1", rating=1)


def test_candidates_are_pooled_from_several_systems(catalogue: None, embedded: Build) -> None:
    embedded()
    list_id = list_ensure(name="list", scale=3)
    query_add(list_id=list_id, query="wireless mouse")
    query_add(list_id=list_id, query="running shoes")
    assert queries_pool(list_id=list_id, queries=("wireless mouse",)) == 1
    pool = JudgedQuery.objects.get(query="wireless mouse").pool
    assert "p-0-1" in pool
    assert pool == sorted(pool)
    assert job_run_now(job_name="pool_candidates", params={"list": list_id}) == {"queries": 1}
    assert queries_pool(list_id=list_id) == 0
    with pytest.raises(TypeError, match="parameter list"):
        job_run_now(job_name=POOL_CANDIDATES.name)


def judged(catalogue_list: str = "list") -> int:
    return imported(
        "wireless mouse,p-0-1,3\n", "wireless mouse,p-3-1,0\n", "running shoes,p-3-2,2\n",
        "sneakers,p-3-1,1\n", "nothing,p-0-0,0\n", name=catalogue_list,
    )  # fmt: skip


def test_a_run_is_stored_query_by_query(catalogue: None, embedded: Build) -> None:
    embedded()
    list_id = judged()
    view = evaluation_run_now(list_id=list_id, configuration=PUBLISHED, label="first")
    assert view.status is EvaluationStatus.FINISHED
    assert (view.queries, view.judgements, view.label) == (3, 4, "first")
    assert view.words == "as published"
    assert 0.0 < (view.figures["ndcg@10"].mean or 0.0) <= 1.0
    assert view.versions["product_index"] == 1
    scores = runs.run_scores(view.id)
    assert [each.query for each in scores] == ["running shoes", "sneakers", "wireless mouse"]
    assert scores[2].ranked
    keyword = evaluation_run_now(list_id=list_id, configuration=Configuration("keyword"))
    compared = runs.runs_compared(view, keyword)
    assert compared.queries == 3
    assert [each.id for each in runs.runs_newest(list_id=list_id)] == [keyword.id, view.id]
    assert runs.runs_count(status="finished") == 2
    newest = runs.run_published_newest(list_id)
    assert newest is not None
    assert newest.id == view.id
    run_delete(run_id=keyword.id)
    with pytest.raises(NotFound):
        runs.run_view(keyword.id)
    assert AuditEntry.objects.filter(action="evaluationrun.delete").count() == 1


def test_runs_of_other_ratings_do_not_compare(catalogue: None, embedded: Build) -> None:
    embedded()
    list_id = judged()
    before = evaluation_run_now(list_id=list_id, configuration=PUBLISHED)
    judgements_import(list_id=list_id, lines=[HEAD, "sneakers,p-3-1,3\n"])
    after = evaluation_run_now(list_id=list_id, configuration=PUBLISHED)
    with pytest.raises(Conflict, match="different ratings"):
        runs.runs_compared(before, after)
    queued = EvaluationRun.objects.create(judgement_list_id=list_id, words="as published")
    with pytest.raises(Conflict, match="is queued"):
        runs.runs_compared(before, runs.run_view(queued.pk))


def test_what_cannot_be_run_is_refused_before_anything_is_stored(catalogue: None) -> None:
    list_id = judged()
    for configuration, field in (
        (Configuration("none"), "system"),
        (Configuration("keyword", payload={"search": {}}), "payload"),
        (Configuration(payload={"search": {"fusion": "x"}}), "search.fusion"),
        (Configuration(draft_kind="flags", draft_id=1), "draft"),
        (Configuration(draft_kind="synonyms", draft_id=1), "draft"),
    ):
        with pytest.raises(InvalidInput) as refused:
            evaluation_request(list_id=list_id, configuration=configuration)
        assert refused.value.extra["field"] == field
    empty = imported("nothing,p-0-0,0\n", name="empty")
    with pytest.raises(Conflict, match="no query with a relevant"):
        evaluation_request(list_id=empty, configuration=PUBLISHED)
    assert not EvaluationRun.objects.exists()


def test_a_failed_run_says_why(catalogue: None) -> None:
    list_id = judged()
    run_id = evaluation_request(list_id=list_id, configuration=Configuration("semantic"))
    with pytest.raises(ApplicationError, match="no index"):
        evaluation_execute(run_id=run_id, progress=lambda *_: None)
    view = runs.run_view(run_id)
    assert view.status is EvaluationStatus.FAILED
    assert "build_embeddings" in view.error
    with pytest.raises(NotFound):
        evaluation_execute(run_id=0, progress=lambda *_: None)
    with pytest.raises(TypeError, match="parameter run"):
        job_run_now(job_name=EVALUATION_RUN.name)


def test_requesting_names_the_person(catalogue: None) -> None:
    user = User.objects.create_user("ada")
    run_id = evaluation_request(list_id=judged(), configuration=PUBLISHED, actor=user)
    assert runs.run_view(run_id).requested_by == "ada"
