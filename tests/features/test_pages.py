"""Discovery page, admin rows, lineage, and the documentation that is written from code."""

from xml.etree import ElementTree as ET

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django import DjangoAssertNumQueries
from pytest_django.live_server_helper import LiveServer

from apps.access.models import AuditEntry, User
from apps.features.contracts import Entity, FeatureSpec
from apps.features.domain.lineage import lineage_nodes, lineage_svg
from apps.features.domain.registry import features_registered
from apps.features.domain.rendering import (
    MarkersMissing,
    page_with,
    registry_markdown,
    span_written,
)
from apps.features.models import FeatureNote
from apps.features.services import features_refresh
from apps.features.services_notes import notes_ensure
from tests.browser import ChromiumPages
from tests.features.shop import NOW, happen, shop_create, shown

SVG = "{http://www.w3.org/2000/svg}"


def spec(name: str, *depends_on: str, title: str = "") -> FeatureSpec:
    return FeatureSpec(
        name, title or name, Entity.PRODUCT, "1.0.0", "What.", stored=True, computation="How.",
        depends_on=depends_on, fresh_s=7200,
    )  # fmt: skip


def test_lineage_goes_from_sources_to_the_right() -> None:
    nodes = {
        each.name: each
        for each in lineage_nodes([spec("c", "b", "events"), spec("b", "a"), spec("a", "query")])
    }
    columns = {name: node.column for name, node in nodes.items()}
    assert columns == {"events": 0, "query": 0, "a": 1, "b": 2, "c": 3}
    assert len({(node.x, node.y) for node in nodes.values()}) == len(nodes)


def test_the_drawing_escapes_and_holds_every_edge() -> None:
    drawn = lineage_svg([spec("a", "query", title="<b>&")], paper="#fff")
    tree = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    texts = [each.text for each in tree.iter(f"{SVG}text")]
    assert "<b>&" in texts
    assert len(list(tree.iter(f"{SVG}path"))) == 1
    whole = [each.spec for each in features_registered()]
    edges = list(ET.fromstring(lineage_svg(whole)).iter(f"{SVG}path"))  # noqa: S314 - the same
    assert len(edges) == sum(len(each.depends_on) for each in whole)
    assert ET.fromstring(lineage_svg([])).tag == f"{SVG}svg"  # noqa: S314 - the same


def test_the_registry_in_words() -> None:
    told = registry_markdown([spec("a", "query"), spec("b", "a")])
    assert "| `a` | product | share | 1.0.0 | ranking | 2 hours | 3,600 s | yes |" in told
    assert "**b** (`b@1.0.0`). What. How. Made from `a`." in told
    assert span_written(90) == "90 seconds"
    with pytest.raises(MarkersMissing):
        page_with("nothing", told)


def test_the_documentation_is_in_step() -> None:
    call_command("features_docs", "--check")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


@pytest.mark.django_db
def test_the_page_finds_features(
    staff: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    notes_ensure()
    address = reverse("features-discovery")
    page = staff.get(address).content.decode()
    for each in features_registered():
        assert f"<code>{each.spec.key}</code>" in page
    assert "product, band" in page
    assert "3600 s in Redis" in page
    assert "<svg" in page
    found = staff.get(address, {"q": "refunds purchases"}).content.decode()
    assert "return_rate@1.0.0</code>" in found
    assert "<code>ctr@1.0.0</code>" not in found
    assert "has these words" in staff.get(address, {"q": "dreams"}).content.decode()
    # Session, person, what the sidebar needs not; the rows' ids.
    with django_assert_num_queries(3):
        staff.get(address)


@pytest.mark.django_db
def test_the_page_is_for_whom_may_see_it(client: Client) -> None:
    address = reverse("features-discovery")
    assert client.get(address).status_code == 302
    client.force_login(User.objects.create_user("nobody", "n@example.com", "x", is_staff=True))
    assert client.get(address).status_code == 403


@pytest.mark.django_db
def test_admin_edits_what_people_say_and_nothing_else(staff: Client) -> None:
    notes_ensure()
    note = FeatureNote.objects.get(key="ctr@1.0.0")
    address = reverse("admin:features_featurenote_change", args=[note.pk])
    page = staff.get(address).content.decode()
    assert "Click-through rate" in page
    assert "<svg" in page
    assert staff.get(reverse("admin:features_featurenote_changelist")).status_code == 200
    assert staff.get(reverse("admin:features_featurenote_add")).status_code == 403
    told = {"owner": "mara", "status": "deprecated", "successor": "ctr@1.0.0", "notes": "n"}
    assert "cannot follow itself" in staff.post(address, told).content.decode()
    assert staff.post(address, {**told, "status": "active", "key": "x"}).status_code == 302
    note.refresh_from_db()
    assert (note.key, note.owner, note.successor) == ("ctr@1.0.0", "mara", "")
    entry = AuditEntry.objects.get(action="feature.change")
    assert entry.after is not None
    assert (entry.subject_id, entry.after["owner"]) == ("ctr@1.0.0", "mara")
    # A row whose code is gone is history.
    gone = FeatureNote.objects.create(key="gone@1.0.0", owner="x")
    address = reverse("admin:features_featurenote_change", args=[gone.pk])
    assert "no longer registered" in staff.get(address).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_in_a_browser(live_server: LiveServer, chromium_page: ChromiumPages) -> None:
    shop_create()
    happen(("purchase", "a", 1), user_id="mara")
    happen(("click", "a", 1), query_id=shown(["b", "a"], 1))
    features_refresh(as_of=NOW, progress=lambda _done, _all, _words: None)
    user = User.objects.create_superuser("root", "root@example.com", "x")
    for width, name in ((1280, "features"), (390, "features-phone")):
        page = chromium_page(
            width=width, height=900, signed_in=user, base_url=live_server.url, java_script=False
        )
        page.goto(reverse("features-discovery"))
        expect(page.get_by_role("heading", name="Features")).to_be_visible()
        expect(page.locator("table.features tbody tr")).to_have_count(len(features_registered()))
        # What is wider scrolls by itself, not the page.
        assert page.locator("body").evaluate("body => body.scrollWidth") <= width
        chromium_page.screenshot(page, name, full_page=True)
    page = chromium_page(width=1280, height=1000, signed_in=user, base_url=live_server.url)
    note = FeatureNote.objects.get(key="ctr@1.0.0")
    page.goto(reverse("admin:features_featurenote_change", args=[note.pk]))
    expect(page.locator("svg[role=img]")).to_be_visible()
    chromium_page.screenshot(page, "features-admin", full_page=True)
