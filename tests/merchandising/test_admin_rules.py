import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.access.models import User
from apps.catalog.models import Category, Product
from apps.merchandising import admin_calendar, selectors_rules
from apps.merchandising.contracts_rules import MerchandisingRule, RuleState
from apps.merchandising.domain.rules.calendar import Planned
from apps.merchandising.domain.rules.conflicts import rule_conflicts
from apps.merchandising.domain.rules.content import rule_parse
from apps.merchandising.models import RuleVersion, SynonymSetVersion
from apps.merchandising.selectors_rules import rule_view
from apps.merchandising.services_csv import rules_export
from apps.merchandising.services_rules import rule_create, rule_edit, rule_publish
from tests.experiments.api.conftest import person_client
from tests.merchandising.rule_content import content, published

pytestmark = pytest.mark.django_db
LIST = "/admin/merchandising/ruleversion/"
ROWS = ("queries", "attributes", "variants", "consequences")


@pytest.fixture
def mara(client: Client) -> User:
    user = User.objects.create_superuser("mara")
    client.force_login(user)
    return user


def sent(**changes: Any) -> dict[str, Any]:
    """What a browser sends for a rule that pins product 1 for `tv`."""
    fields: dict[str, Any] = {
        "key": "tv",
        "title": "For TV",
        "priority": "0",
        "reach": "everyone",
        "time_zone": "Europe/Berlin",
        "queries-0-match": "exact",
        "queries-0-text": "TV",
        "consequences-0-do": "pin",
        "consequences-0-products": "1",
        "consequences-0-position": "1",
        "save": "1",
    }
    for name in ROWS:
        fields |= {f"{name}-TOTAL_FORMS": "2", f"{name}-INITIAL_FORMS": "0"}
    return {**fields, **changes}


def errors(page: str) -> list[str]:
    return re.findall(r'class="xa-error"[^>]*>([^<]+)<', page)


def test_a_rule_is_written_in_the_guided_form(client: Client, mara: User) -> None:
    Category.objects.create(name="Screens", slug="screens", path="screens")
    everything = sent(**{
        "priority": "7",
        "campaign": "sale",
        "categories": ["screens"],
        "segments": "vip | new",
        "devices": "mobile",
        "starts_at": "2026-11-27T00:00",
        "ends_at": "2026-12-01T00:00",
        "queries-1-match": "pattern",
        "queries-1-text": "best * tv ...",
        "attributes-0-name": "shop",
        "attributes-0-values": "de | at",
        "variants-0-experiment": "x",
        "variants-0-variants": "a",
        "consequences-TOTAL_FORMS": "9",
        "consequences-1-do": "boost",
        "consequences-1-brand": "Sony",
        "consequences-1-factor": "50",
        "consequences-2-do": "bury",
        "consequences-2-price_to": "100",
        "consequences-2-category": ["screens"],
        "consequences-2-factor": "30",
        "consequences-3-do": "hide",
        "consequences-3-availability": ["out_of_stock"],
        "consequences-4-do": "keep",
        "consequences-4-others": "color=red",
        "consequences-5-do": "redirect",
        "consequences-5-url": "/tv",
        "consequences-6-do": "banner",
        "consequences-6-slot": "top",
        "consequences-6-payload": "title: Black Friday\ncount: 3",
        "consequences-7-do": "rewrite",
        "consequences-7-find": "telly",
        "consequences-7-replace": "tv",
    })  # fmt: skip
    answer = client.post(f"{LIST}add/", everything)
    assert answer.status_code == 302, errors(answer.content.decode())
    row = RuleVersion.objects.get()
    assert row.content() == {
        "title": "For TV",
        "priority": 7,
        "campaign": "sale",
        "reach": "everyone",
        "retired": False,
        "conditions": {
            "queries": [
                {"match": "exact", "text": "tv"},
                {"match": "pattern", "text": "best * tv ..."},
            ],
            "categories": ["screens"],
            "segments": ["vip", "new"],
            "devices": ["mobile"],
            "attributes": {"shop": ["de", "at"]},
            "variants": [{"experiment": "x", "variants": ["a"]}],
            "starts_at": "2026-11-27T00:00:00+01:00",
            "ends_at": "2026-12-01T00:00:00+01:00",
            "time_zone": "Europe/Berlin",
        },
        "consequences": [
            {"do": "pin", "product": "1", "position": 1},
            {"do": "boost", "filters": {"brand": ["Sony"]}, "factor": 50},
            {
                "do": "bury",
                "filters": {"category": ["screens"], "price": ["..100"]},
                "factor": -30,
            },
            {"do": "hide", "filters": {"availability": ["out_of_stock"]}},
            {"do": "keep", "filters": {"attr.color": ["red"]}},
            {"do": "redirect", "url": "/tv"},
            {"do": "banner", "slot": "top", "payload": {"title": "Black Friday", "count": 3}},
            {"do": "rewrite", "find": "telly", "replace": "tv"},
        ],
    }
    page = client.get(answer["Location"]).content.decode()
    assert "boost brand Sony by +50 (doubles)" in page
    # The form that it was written in comes back filled, and saves the same.
    again = client.get(f"{LIST}rule/tv/edit/").content.decode()
    for shown in ("vip | new", "best * tv ...", "color=red", "title: Black Friday", "..."):
        assert shown in again
    fresh = everything | {"queries-INITIAL_FORMS": "2", "title": "Now"}
    del fresh["key"]
    assert client.post(f"{LIST}rule/tv/edit/", fresh).status_code == 302
    assert RuleVersion.objects.get().content() == row.content() | {"title": "Now"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"key": "Big TV"}, "This has small letters"),
        ({"title": ""}, "This field is required."),
        ({"campaign": "Black Friday"}, "This has small letters"),
        ({"queries-0-text": "?!"}, "There is no word in it."),
        ({"queries-0-match": "pattern", "queries-0-text": "a*"}, "stands for one whole word"),
        ({"starts_at": "2026-03-29T02:30"}, "The clocks of Europe/Berlin skip this time."),
        (
            {"starts_at": "2026-02-02T00:00", "ends_at": "2026-02-01T00:00"},
            "The end must lie after the start.",
        ),
        ({"attributes-0-name": "device", "attributes-0-values": "x"}, "a condition of its own"),
        ({"variants-0-experiment": "x"}, "Give at least one variant."),
        ({"consequences-0-position": "0"}, "greater than or equal to 1"),
        ({"consequences-0-position": ""}, "There must be a whole number from 1"),
        ({"consequences-0-products": "1 | 2"}, "A pin is for one product"),
        ({"consequences-0-do": "hide", "consequences-0-products": ""}, "Give either products"),
        (
            {"consequences-0-do": "hide", "consequences-0-price_from": "x",
             "consequences-0-products": ""},
            "This must be low..high",
        ),
        (
            {"consequences-0-do": "keep", "consequences-0-others": "red",
             "consequences-0-products": ""},
            "not of the form name=value",
        ),
        ({"consequences-0-do": "redirect", "consequences-0-url": "//x"}, "an https address"),
        ({"consequences-0-do": "banner", "consequences-0-payload": "x"}, "form name: value"),
        ({"consequences-0-DELETE": "on"}, "A rule needs at least one consequence."),
        (
            {"consequences-1-do": "pin", "consequences-1-products": "2",
             "consequences-1-position": "1"},
            "This fills position 1, and so does consequence 1.",
        ),
    ],
)  # fmt: skip
def test_refusals_stand_at_their_field(
    client: Client, mara: User, changes: dict[str, Any], told: str
) -> None:
    answer = client.post(f"{LIST}add/", sent(**changes))
    assert answer.status_code == 200
    page = answer.content.decode().replace("&#x27;", "'")
    assert told in page
    if "at least one consequence" not in told:
        assert 'class="xa-error">' in page
    assert not RuleVersion.objects.exists()


def test_a_taken_key_and_a_review_are_told(client: Client, mara: User) -> None:
    rule_create(key="tv", content=content(), actor=mara)
    page = client.post(f"{LIST}add/", sent()).content.decode()
    assert "There is a rule &#x27;tv&#x27; already." in page
    draft = RuleVersion.objects.get()
    client.post(f"{LIST}{draft.pk}/step/submit/")
    refused = sent(title="Other")
    del refused["key"]
    page = client.post(f"{LIST}rule/tv/edit/", refused).content.decode()
    assert "is under review; withdraw it first" in page


def test_rows_are_added_without_javascript(client: Client, mara: User) -> None:
    page = client.post(f"{LIST}add/", sent(add_row="consequences")).content.decode()
    assert 'name="consequences-2-do"' in page
    assert 'value="TV"' in page
    assert errors(page) == []
    odd = sent(add_row="queries", **{"queries-TOTAL_FORMS": "x"})
    assert client.post(f"{LIST}add/", odd).status_code == 200


def test_checking_tells_the_rule_in_words_and_whom_it_contradicts(
    client: Client, mara: User
) -> None:
    published("spring", mara, priority=10)
    page = client.post(f"{LIST}add/", sent(check="1")).content.decode().replace("&#x27;", "'")
    assert "When the query is exactly 'tv': pin 1 to position 1." in page
    assert "Rule 'spring' wins over 'tv'" in page
    assert RuleVersion.objects.count() == 1


def test_a_version_is_told_in_words_with_its_differences(client: Client, mara: User) -> None:
    Product.objects.create(product_id="1", title="A very good TV", price=1)
    first = published("tv", mara)
    other = [
        {"do": "pin", "product": "1", "position": 2},
        {"do": "hide", "products": ["2"]},
    ]
    draft = rule_edit(key="tv", content=content(query="telly", consequences=other), actor=mara)
    page = client.get(f"{LIST}{first.id}/change/").content.decode()
    assert "A very good TV" in page
    assert "live</span>" in page
    page = client.get(f"{LIST}{draft.id}/diff/").content.decode().replace("&#x27;", "'")
    told = re.findall(r"<(?:del|ins)>([^<]*)<", page)
    assert told == [
        "For tv", "For telly",
        "When the query is exactly 'tv'", "When the query is exactly 'telly'",
        "pin 1 to position 1", "pin 1 to position 2",
        "\u2013", "hide 2",
    ]  # fmt: skip
    assert client.get(f"{LIST}999/change/").status_code == 404
    assert client.get(f"{LIST}x/change/").status_code == 404
    assert client.get(f"{LIST}rule/none/edit/").status_code == 404


def test_a_rule_is_published_retired_and_brought_back_by_clicks(
    client: Client, mara: User
) -> None:
    client.post(f"{LIST}add/", sent())
    first = RuleVersion.objects.get()
    step = f"{LIST}{first.pk}/step/publish/"
    assert client.post(step, {"reason": "now", "acknowledged": "on"}).status_code == 302
    retire = f"{LIST}rule/tv/retire/"
    assert "Retire tv" in client.get(retire).content.decode()
    assert "Say why." in client.post(retire, {"reason": ""}).content.decode()
    gone = client.post(retire, {"reason": "sold out"})
    page = client.get(gone["Location"]).content.decode()
    assert "takes the rule offline" in page
    assert rule_view("tv", as_of=timezone.now()).state.value == "retired"
    back = client.post(f"{LIST}{first.pk}/step/rollback/", {"reason": "new stock"})
    assert back.status_code == 302
    assert rule_view("tv", as_of=timezone.now()).state.value == "live"


def test_the_list_filters_by_state_and_campaign(client: Client, mara: User) -> None:
    published("now", mara, campaign="sale")
    published("soon", mara, conditions={"starts_at": "2099-01-01"})
    rule_edit(key="now", content=content(title="Later"), actor=mara)

    def listed(query: str = "") -> list[str]:
        page = client.get(f"{LIST}{query}").content.decode()
        return re.findall(r'ruleversion/\d+/change/[^"]*"[^>]*>\s*([a-z]+)\s*<', page)

    assert listed() == ["now", "now", "soon"]
    assert listed("?state=live") == ["now"]
    assert listed("?state=scheduled") == ["soon"]
    assert listed("?state=draft") == ["now"]
    assert listed("?state=history") == []
    assert listed("?campaign=sale") == ["now"]
    rule_publish(key="now", actor=mara, reason="x", acknowledge_warnings=True)
    assert listed("?state=history") == ["now"]


def test_pages_ask_the_same_however_many_rules_there_are(
    client: Client, mara: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        window = {"starts_at": "2099-01-01", "ends_at": f"2099-01-{number + 2:02}"}
        last = published(f"r-{number}", mara, campaign=f"c-{number}", conditions=window)
    client.get(LIST)  # what is read once a process
    for path, most in (
        ("", 9),
        ("calendar/?month=2099-01", 6),
        (f"{last.id}/change/", 12),
        ("rule/r-1/edit/", 8),
        ("export/", 6),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(f"{LIST}{path}").status_code == 200


def test_products_are_picked_by_id_and_title(client: Client, mara: User) -> None:
    for number, title in enumerate(("Blue lamp", "Blue sofa", "Red lamp")):
        Product.objects.create(product_id=f"P-{number}", title=title, price=1, brand="X")

    def found(text: str) -> list[str]:
        answer = client.get(f"{LIST}products/", {"q": text}).json()
        return [each["id"] for each in answer["results"]]

    assert found("blue la") == ["P-0"]
    assert found("P-2") == ["P-2"]
    assert found("P-") == ["P-0", "P-1", "P-2"]
    assert found("?! & |") == []
    assert found("") == []


def test_files_come_in_and_go_out_in_admin(client: Client, mara: User) -> None:
    published("tv", mara)
    file = client.get(f"{LIST}export/")
    assert file.content.decode() == rules_export()
    upload = SimpleUploadedFile("r.csv", file.content.replace(b",0,,everyone", b",5,,everyone"))
    assert client.post(f"{LIST}import/", {"file": upload}).status_code == 302
    assert "1 rules drafted" in client.get(LIST).content.decode()
    page = client.post(f"{LIST}import/", {"text": "key,title,do\na,A,fly\n"}).content.decode()
    assert "This is one of pin, boost" in page
    assert "Nothing was imported." in page
    odd = SimpleUploadedFile("r.csv", b"\xff\xfe")
    assert "not UTF-8" in client.post(f"{LIST}import/", {"file": odd}).content.decode()
    synonyms = "/admin/merchandising/synonymsetversion/"
    text = "kind,terms\ntwo_way,sofa | couch\n"
    assert client.post(f"{synonyms}import/", {"text": text}).status_code == 302
    assert SynonymSetVersion.objects.get().entries[0]["terms"] == ["sofa", "couch"]
    assert client.get(f"{synonyms}export/").content == b"kind,from,terms\n"
    assert "Import CSV" in client.get(synonyms).content.decode()


def test_the_calendar_says_what_is_live_when(client: Client, mara: User) -> None:
    window = {"starts_at": "2026-11-20", "ends_at": "2026-12-05", "time_zone": "Europe/Berlin"}
    published("friday", mara, campaign="black", title="Friday", conditions=window)
    other = [{"do": "pin", "product": "2", "position": 1}]
    published("monday", mara, title="Monday", consequences=other,
              conditions={"ends_at": "2026-11-25"})  # fmt: skip
    published("ever", mara, title="Ever")
    page = client.get(f"{LIST}calendar/?month=2026-11").content.decode().replace("&#x27;", "'")
    assert "Friday" in page
    assert "Monday" in page
    assert "Ever" not in page
    assert "1 published rule has no window" in page
    assert "2026-11-20 00:00 \u2013 2026-12-05 00:00" in page
    quarter = client.get(f"{LIST}calendar/?month=2026-10&months=3").content.decode()
    assert "December" in quarter
    assert "No rule has a window" in client.get(f"{LIST}calendar/?month=2030-01").content.decode()
    assert client.get(f"{LIST}calendar/?month=nonsense&months=9").status_code == 200


def test_a_calendar_that_stops_says_so(
    client: Client, mara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, product in (("one", "1"), ("two", "2"), ("three", "3")):
        published(
            key,
            mara,
            consequences=[{"do": "pin", "product": product, "position": 1}],
            conditions={"starts_at": "2099-01-01", "ends_at": "2099-02-01"},
        )
    said = "rules with a window in this time are shown here"
    assert said not in client.get(f"{LIST}calendar/?month=2099-01").content.decode()
    for module in (selectors_rules, admin_calendar):
        monkeypatch.setattr(module, "MOST_PLANNED", 2)
    assert f"2 of 3 {said}" in client.get(f"{LIST}calendar/?month=2099-01").content.decode()
    assert said not in client.get(f"{LIST}calendar/?month=2098-01").content.decode()


def pinning(product: str) -> dict[str, Any]:
    return content(consequences=[{"do": "pin", "product": product, "position": 1}])


def test_no_more_pairs_are_compared_than_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(one: MerchandisingRule, others: list[MerchandisingRule]) -> Any:
        compared.append(one)
        return rule_conflicts(one, others)

    monkeypatch.setattr(admin_calendar, "rule_conflicts", compare)
    rules = [rule_parse(f"r-{number}", 0, pinning(str(number))) for number in range(100)]
    planned = [Planned(1, rule, RuleState.LIVE) for rule in rules]
    assert len(admin_calendar._warnings(planned)) == 20
    assert len(compared) <= 20


def test_overlaps_are_warned_of(client: Client, mara: User) -> None:
    for key, product in (("one", "1"), ("two", "2")):
        published(
            key,
            mara,
            consequences=[{"do": "pin", "product": product, "position": 1}],
            conditions={"starts_at": "2099-01-01", "ends_at": "2099-02-01"},
        )
    page = client.get(f"{LIST}calendar/?month=2099-01").content.decode().replace("&#x27;", "'")
    assert "Rule 'one' wins over 'two'" in page


def test_only_those_who_may_are_let_in(mara: User) -> None:
    rule = published("tv", mara)
    analyst = person_client("ada", "analyst")
    for path in ("", "calendar/", "export/", "products/?q=x", f"{rule.id}/change/"):
        assert analyst.get(f"{LIST}{path}").status_code == 200
    for path in ("add/", "import/", "rule/tv/edit/", "rule/tv/retire/"):
        assert analyst.get(f"{LIST}{path}").status_code == 403
    nobody = person_client("nina")
    for path in ("calendar/", "export/", "products/", "add/"):
        assert nobody.get(f"{LIST}{path}").status_code == 403
    synonyms = "/admin/merchandising/synonymsetversion/"
    assert analyst.get(f"{synonyms}export/").status_code == 200
    assert analyst.get(f"{synonyms}import/").status_code == 403
    assert nobody.get(f"{synonyms}export/").status_code == 403
