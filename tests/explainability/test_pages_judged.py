"""Pages of judged relevance: permissions, forms, refusals."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.access.models import AuditEntry, User
from apps.explainability.contracts.judged import PUBLISHED, Configuration
from apps.explainability.models import EvaluationRun, JudgedQuery, Judgement, JudgementList
from apps.explainability.services.evaluations import evaluation_run_now
from apps.explainability.services.lists import judgements_import, list_ensure
from apps.search.models import SearchDay
from tests.search.types import Build

HEAD = "query,product_id,rating\n"


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def page(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


def judged(name: str = "list") -> int:
    list_id = list_ensure(name=name, scale=3)
    lines = [
        "wireless mouse,p-0-1,3\n", "wireless mouse,p-3-1,0\n", "running shoes,p-3-2,2\n",
        "sneakers,p-3-1,1\n", "mouse,gone,1\n",
    ]  # fmt: skip
    judgements_import(list_id=list_id, lines=[HEAD, *lines], rater="ada")
    return list_id


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["lists", "runs"])
def test_pages_are_for_those_who_may(name: str, client: Client) -> None:
    address = reverse(f"relevance-{name}")
    assert client.get(address).status_code == 302
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(address).status_code == 403


def test_without_lists_the_pages_say_what_to_do(page: Client) -> None:
    assert "No list yet" in page.get(reverse("relevance-lists")).content.decode()
    assert "No judgement list yet" in page.get(reverse("relevance-runs")).content.decode()
    assert page.get(reverse("relevance-list", args=(1,))).status_code == 404


def test_a_list_is_made_in_admin_and_audited(page: Client) -> None:
    address = reverse("admin:explainability_judgementlist_add")
    made = page.post(
        address,
        {"name": "laptops", "description": "", "scale": "4", "how": "As a shopper.", "gate": "on"},
    )
    row = JudgementList.objects.get()
    assert made.headers["Location"] == reverse("relevance-list", args=(row.pk,))
    change = reverse("admin:explainability_judgementlist_change", args=(row.pk,))
    page.post(change, {"name": "notebooks", "scale": "4", "description": "", "how": ""})
    assert JudgementList.objects.get().name == "notebooks"
    actions = AuditEntry.objects.filter(subject_type="explainability.judgementlist")
    assert {each.action for each in actions} == {"judgementlist.add", "judgementlist.change"}
    for again in ("_continue", "_addanother"):
        page.post(change, {"name": "notebooks", "scale": "4", again: "1"})
    assert page.get(change).status_code == 200
    assert page.get(reverse("admin:explainability_judgementlist_changelist")).status_code == 200
    added = page.post(address, {"name": "second", "scale": "3", "_addanother": "1"})
    assert added.headers["Location"].endswith("/add/")


def test_a_list_shows_coverage_raters_and_agreement(
    page: Client, catalogue: None, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    list_id = judged()
    judgements_import(
        list_id=list_id,
        lines=[HEAD, "wireless mouse,p-0-1,3\n", "wireless mouse,p-3-1,1\n", "sneakers,p-3-1,1\n"],
        rater="bob",
    )
    with django_assert_max_num_queries(14):
        said = page.get(reverse("relevance-list", args=(list_id,))).content.decode()
    assert "ada and bob" in said
    assert "Krippendorff" in said
    assert "running shoes" in said
    listed = page.get(reverse("relevance-lists")).content.decode()
    assert "ada, bob" in listed


def test_files_come_in_and_go_out(page: Client, catalogue: None) -> None:
    list_id = judged()
    address = reverse("relevance-import", args=(list_id,))
    here = reverse("relevance-list", args=(list_id,))
    file = SimpleUploadedFile("a.csv", (HEAD + "hub,p-0-2,2\n").encode())
    assert page.post(address, {"file": file, "back": here}, follow=True).status_code == 200
    assert Judgement.objects.filter(query="hub", rater="").count() == 1
    wrong = SimpleUploadedFile("b.csv", (HEAD + "hub,p-0-3,7\n").encode())
    said = page.post(address, {"file": wrong, "back": here}, follow=True).content.decode()
    assert "line 2: the rating must be" in said
    assert "Choose a CSV" in page.post(address, {"back": here}, follow=True).content.decode()
    assert page.post(address).status_code == 400
    out = page.get(reverse("relevance-export", args=(list_id,))).getvalue()
    assert out.decode().splitlines() == [
        "query,product_id,rating", "hub,p-0-2,2", "mouse,gone,1", "running shoes,p-3-2,2",
        "sneakers,p-3-1,1", "wireless mouse,p-0-1,3", "wireless mouse,p-3-1,0",
    ]  # fmt: skip
    by_rater = page.get(reverse("relevance-export", args=(list_id,)), {"raters": "1"})
    lines = by_rater.getvalue().decode().splitlines()
    assert lines[0] == "query,product_id,rating,rater"
    assert lines[-1] == "wireless mouse,p-3-1,0,ada"


def test_a_query_is_judged_in_two_clicks(page: Client, catalogue: None, embedded: Build) -> None:
    embedded()
    list_id = judged()
    choose = page.get(reverse("relevance-lists"), {"query": "gaming mouse"}).content.decode()
    assert "Judge “gaming mouse”" in choose
    sent = page.post(reverse("relevance-query", args=(list_id,)), {"query": "gaming mouse"})
    assert sent.headers["Location"].endswith("/rate/?query=gaming+mouse")
    assert JudgedQuery.objects.get(query="gaming mouse").pool
    rating = page.get(sent.headers["Location"]).content.decode()
    assert "rated by you, for “gaming mouse” alone" in rating
    assert page.post(reverse("relevance-pool", args=(list_id,))).status_code == 302


def test_without_scripts_ratings_are_forms(page: Client, catalogue: None) -> None:
    list_id = judged()
    address = reverse("relevance-rate", args=(list_id,))
    given = {"item_query": "sneakers", "product_id": "p-3-1", "rating": "2"}
    sent = page.post(address, given)
    assert sent.status_code == 302
    mine = Judgement.objects.filter(rater="root")
    assert mine.get().rating == 2
    page.post(address, {**given, "rating": "0"})
    assert mine.get().rating == 0
    undo = reverse("relevance-undo", args=(list_id,))
    back = page.post(undo)
    assert mine.get().rating == 2
    assert "item=" in back.headers["Location"]
    page.post(undo)
    assert not mine.exists()
    assert page.post(undo).status_code == 302
    for wrong in ({"rating": "x"}, {"rating": "9"}, {"product_id": "p-9-9"}):
        assert page.post(address, {**given, **wrong}).status_code == 400
    gone = next(
        each.content.decode()
        for at in range(1, 6)
        if "mouse</h1>" in (each := page.get(address, {"item": at})).content.decode()
        and "does not hold" in each.content.decode()
    )
    assert "gone" in gone
    assert "All rated" in page.get(address, {"item": "99"}).content.decode()


def test_runs_are_asked_for_shown_and_compared(
    page: Client, catalogue: None, embedded: Build
) -> None:
    embedded()
    list_id = judged()
    here = reverse("relevance-runs")
    sent = page.post(reverse("relevance-start"), {"list": list_id, "configuration": "keyword"})
    assert sent.headers["Location"] == f"{here}?list={list_id}"
    assert EvaluationRun.objects.get().configuration == {"system": "keyword"}
    for wrong in ({"configuration": "{"}, {"configuration": "none"}, {"list": "x"}):
        form = {"list": list_id, "configuration": "published", "back": here, **wrong}
        assert page.post(reverse("relevance-start"), form).headers["Location"] == here
    first = evaluation_run_now(list_id=list_id, configuration=PUBLISHED, label="now")
    second = evaluation_run_now(list_id=list_id, configuration=Configuration("semantic"))
    listed = page.get(here).content.decode()
    assert "NDCG@10 by run" in listed
    assert "semantic alone" in listed
    assert page.get(here, {"list": "999999"}).status_code == 404
    one = page.get(reverse("relevance-run", args=(first.id,))).content.decode()
    assert "wireless mouse" in one
    compare = {"before": first.id, "after": second.id}
    both = page.get(reverse("relevance-compare"), compare).content.decode()
    assert "Over 4 queries" in both
    assert "What the figures mean" in both
    assert page.get(reverse("relevance-compare"), {"before": first.id}).status_code == 404
    queued = {**compare, "after": EvaluationRun.objects.earliest("pk").pk}
    assert page.get(reverse("relevance-compare"), queued).status_code == 409


def test_search_analytics_lead_to_rules_and_judgements(
    page: Client, catalogue: None, embedded: Build
) -> None:
    """Two clicks: the link beside the query, then the button of a list."""
    embedded()
    list_id = judged()
    SearchDay.objects.create(
        day=timezone.now().date(), query="usb & hub", category="", searches=9, zero_results=9,
        corrected=0, fallbacks=0, clicks=0, clicked=0, reciprocal_ranks=0, refined=0, converted=0,
    )  # fmt: skip
    said = page.get(reverse("search-analytics")).content.decode()
    judge = f"{reverse('relevance-lists')}?query=usb%20%26%20hub"
    assert f'href="{judge}"' in said
    assert f'href="{reverse("search-merchandiser")}?q=usb%20%26%20hub"' in said
    assert reverse("relevance-query", args=(list_id,)) in page.get(judge).content.decode()
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_searchday"))
    page.force_login(clerk)
    assert judge not in page.get(reverse("search-analytics")).content.decode()
