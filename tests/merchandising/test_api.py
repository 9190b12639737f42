from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from yaml import CSafeLoader, load

from apps.access.contracts import Scope
from apps.access.models import User
from apps.merchandising.api.urls import urlpatterns
from apps.merchandising.contracts_acting import RuleContext
from apps.merchandising.models import RuleVersion
from apps.merchandising.selectors import rule_book
from apps.merchandising.services_csv import MOST_BYTES, MOST_BYTES_API, rules_export
from tests.experiments.api.conftest import key_client, person_client
from tests.merchandising.rule_content import content, published

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/merchandising"
Send = Callable[..., Any]


def sender(client: Client) -> Send:
    def send(method: str, path: str, body: Any = None) -> Any:
        if method in {"get", "delete"}:
            return getattr(client, method)(f"{ROOT}{path}")
        sent = {} if body is None else body
        return getattr(client, method)(f"{ROOT}{path}", sent, content_type="application/json")

    return send


@pytest.fixture
def api() -> Send:
    return sender(key_client(Scope.RANKING_READ, Scope.RANKING_WRITE))


@pytest.fixture
def maker() -> Send:
    return sender(person_client("mara", "merchandiser"))


@pytest.fixture
def checker() -> Send:
    return sender(person_client("chris", "merchandiser"))


@pytest.fixture(scope="session")
def schemas() -> dict[str, Any]:
    path = django_settings.BASE_DIR / "docs" / "openapi.yaml"
    found: dict[str, Any] = load(path.read_text(), CSafeLoader)
    return found


def fits(schemas: dict[str, Any], name: str, answer: Any) -> Any:
    """The answer's body, once it fits the committed schema of this name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": schemas["components"]}
    jsonschema.validate(answer.json(), schema)
    return answer.json()


def test_a_rule_lives_its_life_through_the_api(api: Send, schemas: dict[str, Any]) -> None:
    made = api("post", "/rules", {"key": "tv", **content()})
    assert made.status_code == 201
    body = fits(schemas, "RuleAnswer", made)
    assert (body["state"], body["rule"], body["proposal"]["number"]) == ("draft", None, 1)
    warned = api("post", "/rules/tv/publish", {"reason": "now"})
    assert (warned.status_code, warned.json()["code"]) == (409, "publish_warnings")
    live = api("post", "/rules/tv/publish", {"reason": "now", "acknowledge_warnings": True})
    body = fits(schemas, "RuleAnswer", live)
    assert (body["state"], body["version"]) == ("live", 1)
    assert body["rule"]["words"] == "When the query is exactly 'tv': pin 1 to position 1."
    assert api("put", "/rules/tv", content(priority=7)).json()["proposal"]["number"] == 2
    again = {"reason": "more", "acknowledge_warnings": True}
    assert api("post", "/rules/tv/publish", again).json()["version"] == 2
    gone = api("delete", "/rules/tv?reason=over")
    assert (gone.status_code, gone.json()["state"]) == (200, "retired")
    fits(schemas, "RuleAnswer", gone)
    back = api("post", "/rules/tv/rollback", {"version": 1, "reason": "new stock"})
    assert (back.json()["state"], back.json()["rule"]["priority"]) == ("live", 0)
    history = fits(schemas, "MerchandisingVersions", api("get", "/rules/tv/versions"))
    assert [each["number"] for each in history["results"]] == [4, 3, 2, 1]
    assert fits(schemas, "RuleAnswer", api("get", "/rules/tv"))["version"] == 4


def test_two_people_are_asked_where_the_house_wants_it(
    maker: Send, checker: Send, settings: Settings, schemas: dict[str, Any]
) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    maker("post", "/rules", {"key": "tv", **content()})
    assert maker("post", "/rules/tv/submit").json()["state"] == "in_review"
    assert maker("post", "/rules/tv/approve").status_code == 403
    assert maker("post", "/rules/tv/withdraw").json()["state"] == "draft"
    maker("post", "/rules/tv/submit")
    assert checker("post", "/rules/tv/approve").json()["proposal"]["approved"]
    maker("post", "/rules/tv/publish", {"reason": "now", "acknowledge_warnings": True})
    waits = maker("delete", "/rules/tv?reason=over")
    assert (waits.status_code, waits.json()["state"]) == (202, "live")
    refused = checker("post", "/rules/tv/reject", {"reason": "not yet"})
    assert fits(schemas, "MerchandisingVersion", refused)["status"] == "rejected"
    maker("put", "/rules/tv", content())
    given_up = maker("post", "/rules/tv/discard", {"reason": "never mind"})
    assert fits(schemas, "MerchandisingVersion", given_up)["status"] == "rejected"


def test_rules_are_listed_in_pages(
    api: Send, schemas: dict[str, Any], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    mara = User.objects.create_user("mara")
    for key in ("a", "b", "c"):
        published(key, mara, campaign="sale" if key != "b" else "")
    first = fits(schemas, "RuleList", api("get", "/rules?limit=2"))
    assert ([each["key"] for each in first["results"]], first["after"]) == (["a", "b"], "b")
    rest = api("get", "/rules?limit=2&after=b").json()
    assert ([each["key"] for each in rest["results"]], rest["after"]) == (["c"], None)
    with django_assert_max_num_queries(4):
        sale = api("get", "/rules?campaign=sale&state=live").json()
    assert [each["key"] for each in sale["results"]] == ["a", "c"]


def test_conflicts_are_told(api: Send, schemas: dict[str, Any]) -> None:
    published("spring", User.objects.create_user("mara"), priority=10)
    pin = [{"do": "pin", "product": "2", "position": 1}]
    api("post", "/rules", {"key": "summer", **content(priority=20, consequences=pin)})
    found = fits(schemas, "RuleConflictList", api("get", "/rules/summer/conflicts"))
    assert found["results"] == [
        {
            "winner": "summer",
            "rule": "spring",
            "what": "pin 1 to position 1",
            "why": "its priority is 20 against 10",
            "words": "Rule 'summer' wins over 'spring', which would pin 1 to position 1, because "
            "its priority is 20 against 10.",
        }
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("post", "/rules", [], "body"),
        ("post", "/rules", {"title": "x"}, "key"),
        ("post", "/rules", {"key": "Big", **content()}, "key"),
        ("post", "/rules", {"key": "x", **content(colour=1)}, "colour"),
        ("post", "/rules", {"key": "x", **content(priority="a")}, "priority"),
        (
            "post",
            "/rules",
            {"key": "x", **content(consequences=[{"do": "redirect", "url": "javascript:1"}])},
            "consequences.1.url",
        ),
        (
            "post",
            "/rules",
            {"key": "x", **content(conditions={"time_zone": "Mars"})},
            "conditions.time_zone",
        ),
        ("put", "/rules/tv", [], "body"),
        ("get", "/rules?colour=1", None, "colour"),
        ("get", "/rules?limit=0", None, "limit"),
        ("get", "/rules?limit=1&limit=2", None, "limit"),
        ("get", "/rules?state=odd", None, "state"),
        ("get", "/rules/tv?x=1", None, "x"),
        ("delete", "/rules/tv", None, "reason"),
        ("post", "/rules/tv/rollback", {}, "version"),
        ("post", "/rules/tv/rollback", {"version": "one"}, "version"),
        ("post", "/rules/tv/publish", {"odd": 1}, "odd"),
        ("post", "/rules/tv/publish", [], "body"),
        ("put", "/synonyms", {"entries": ["x"]}, "entries"),
        ("put", "/synonyms", {}, "entries"),
        ("post", "/imports/rules", {"csv": "key\n"}, "csv"),
        ("post", "/imports/synonyms", {"csv": "x\n"}, "csv"),
    ],
)
def test_refusals_name_the_field(api: Send, method: str, path: str, body: Any, field: str) -> None:
    published("tv", User.objects.create_user("mara"))
    refused = api(method, path, body)
    assert refused.status_code == 400
    assert refused.json()["extra"]["field"] == field


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/rules/none"),
        ("put", "/rules/none"),
        ("delete", "/rules/none?reason=x"),
        ("get", "/rules/none/versions"),
        ("get", "/rules/none/conflicts"),
        ("post", "/rules/none/submit"),
    ],
)
def test_what_is_not_there_is_not_found(api: Send, method: str, path: str) -> None:
    assert api(method, path, content() if method == "put" else None).status_code == 404


def test_scopes_and_permissions_are_wanted(api: Send) -> None:
    reader = sender(key_client(Scope.RANKING_READ))
    assert reader("get", "/rules").status_code == 200
    assert reader("post", "/rules", {"key": "tv", **content()}).status_code == 403
    assert sender(key_client(Scope.SEARCH_READ))("get", "/rules").status_code == 403
    analyst = sender(person_client("ada", "analyst"))
    assert analyst("get", "/rules").status_code == 200
    assert analyst("get", "/files/rules").status_code == 200
    refused = analyst("post", "/rules", {"key": "tv", **content()})
    assert refused.status_code == 403
    assert sender(Client())("get", "/rules").status_code == 401
    assert api("post", "/rules", {"key": "tv", **content()}).status_code == 201
    assert api("post", "/rules", {"key": "tv", **content()}).json()["code"] == "key_taken"


def test_files_go_out_and_come_in(api: Send, schemas: dict[str, Any]) -> None:
    published("tv", User.objects.create_user("mara"))
    file = api("get", "/files/rules")
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert file.content.decode() == rules_export()
    edited = file.content.decode().replace(",0,,everyone", ",9,,everyone")
    done = fits(schemas, "RulesImportAnswer", api("post", "/imports/rules", {"csv": edited}))
    assert done == {"drafted": ["tv"], "unchanged": []}
    same = api("post", "/imports/rules", {"csv": file.content.decode()}).json()
    assert same == {"drafted": [], "unchanged": ["tv"]}
    bad = api("post", "/imports/rules", {"csv": "key,title,do\na,A,fly\nb,B,pin\n"})
    assert bad.status_code == 400
    places = [(each["line"], each["column"]) for each in bad.json()["extra"]["errors"]]
    assert places == [(2, "do"), (3, "products")]
    assert RuleVersion.objects.count() == 2


def test_synonyms_live_their_life_through_the_api(api: Send, schemas: dict[str, Any]) -> None:
    entries = [{"kind": "two_way", "terms": ["sofa", "couch"]}]
    body = fits(schemas, "SynonymsAnswer", api("put", "/synonyms", {"entries": entries}))
    assert (body["version"], body["proposal"]["number"]) == (0, 1)
    api("post", "/synonyms/publish", {"reason": "now"})
    body = fits(schemas, "SynonymsAnswer", api("get", "/synonyms"))
    assert (body["version"], body["entries"], body["proposal"]) == (1, entries, None)
    assert api("get", "/files/synonyms").content.decode().endswith("two_way,,sofa | couch\n")
    csv = "kind,terms\ntwo_way,tv | television\n"
    api("post", "/imports/synonyms", {"csv": csv})
    api("post", "/synonyms/publish", {"reason": "more"})
    api("post", "/synonyms/rollback", {"version": 1, "reason": "back"})
    assert api("get", "/synonyms").json()["entries"] == entries
    history = fits(schemas, "MerchandisingVersions", api("get", "/synonyms/versions"))
    assert [each["number"] for each in history["results"]] == [3, 2, 1]


def test_the_api_changes_the_next_request(api: Send) -> None:
    api("post", "/rules", {"key": "tv", **content(conditions={})})
    api("post", "/rules/tv/publish", {"reason": "now", "acknowledge_warnings": True})
    found = rule_book().acting(RuleContext(("x",), (), {}, {}, timezone.now()))
    assert [each.key for each in found.rules] == ["tv"]


def test_every_route_is_described(schemas: dict[str, Any]) -> None:
    routed = {f"/api/v1/{route.pattern}".replace("<slug:key>", "{key}") for route in urlpatterns}
    assert routed == {path for path in schemas["paths"] if path.startswith(ROOT)}


@pytest.mark.parametrize("path", ["/imports/rules", "/imports/synonyms"])
def test_a_file_by_api_is_bounded_below_the_body(api: Send, settings: Settings, path: str) -> None:
    assert MOST_BYTES_API < settings.DATA_UPLOAD_MAX_MEMORY_SIZE < MOST_BYTES
    head = "key,title,do\n" if path.endswith("rules") else "kind,terms\n"
    fits_in = head + "x" * (MOST_BYTES_API - len(head))
    # Read, and refused for what stands in it.
    told = api("post", path, {"csv": fits_in}).json()
    assert (told["extra"]["field"], "at most" in told["message"]) == ("csv", False)
    refused = api("post", path, {"csv": f"{fits_in}x"})
    assert (refused.status_code, refused.json()["extra"]["field"]) == (400, "csv")
    assert f"at most {MOST_BYTES_API} bytes" in refused.json()["message"]
    assert api("post", path, {"csv": "x" * 3_000_000}).status_code == 413
