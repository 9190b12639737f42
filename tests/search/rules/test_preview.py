"""A rule before it is published: side by side, and what the checks say of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.events.selectors import query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.merchandising.services_rules import rule_create
from apps.publishing.services import version_findings
from apps.search.services.rule_checks import rule_effect_check
from tests.search.rules.conftest import Publish
from tests.search.rules.doing import banner, bury, hide, keep, pin, redirect, rewrite
from tests.search.test_preview import person
from tests.search.types import Json

pytestmark = pytest.mark.usefixtures("catalogue")


def draft(*consequences: Json, key: str = "draft", q: str = "", **content: Any) -> int:
    conditions = dict(content.pop("conditions", {}))
    if q:
        conditions["queries"] = [{"match": "exact", "text": q}]
    content = {"title": key, "conditions": conditions, "consequences": [*consequences], **content}
    return rule_create(key=key, content=content, actor=None).id


def page(client: Client, **parameters: str | int) -> Any:
    return client.get(reverse("search-rule-preview"), parameters)


def test_side_by_side_with_who_moved_and_why(client: Client) -> None:
    version = draft(pin("p-3-0", 2), hide("p-0-0"), q="wireless mouse")
    client.force_login(person("root", superuser=True))
    response = page(client, version=version)
    body = response.content.decode()
    assert response.status_code == 200
    assert "unsafe-eval" not in response["Content-Security-Policy"]
    (preview,) = response.context["previews"]
    assert preview.acts
    assert preview.proposed[1].hit.document.product_id == "p-3-0"
    assert (preview.proposed[1].before, preview.proposed[1].moved) == (None, None)
    assert [hit.document.product_id for hit in preview.gone] == ["p-0-0"]
    assert "pin by draft (the query does not find it)" in body
    assert "Rule <strong>draft</strong>: hide p-0-0; pin p-3-0 to position 2." in body
    assert "No longer there:" in body
    buffer_drain()
    assert query_log_recent(limit=5) == []


def test_it_is_tried_on_what_was_asked_at_its_start_as_its_experiment_shows_it(
    client: Client, publish: Publish
) -> None:
    publish("wins", pin("p-0-1", 1), priority=5)
    later = (timezone.now().replace(microsecond=0)).replace(year=timezone.now().year + 1)
    version = draft(
        pin("p-0-2", 1), banner("top"), redirect("/x"), rewrite("rodent", "mouse"),
        conditions={
            "queries": [{"match": "pattern", "text": "... rodent"}],
            "devices": ["phone"], "segments": ["vip"], "attributes": {"zone": ["n"]},
            "variants": [{"experiment": "e", "variants": ["b"]}],
            "starts_at": later.isoformat(),
        },
        reach="experiments",
    )  # fmt: skip
    client.force_login(person("root", superuser=True))
    body = page(client, version=version, q="acme rodent").content.decode()
    assert "is searched for as" in body
    assert "The shopper is sent to" in body
    assert "Banner in slot" in body
    assert "Rule &#x27;wins&#x27; wins over &#x27;draft&#x27;" in body
    assert "device phone" in body
    elsewhere = page(client, version=version, q="hub", category="electronics").content.decode()
    assert "This version does nothing here." in elsewhere


def test_who_may_not_look_and_what_is_not_there(client: Client) -> None:
    version = draft(hide("p-0-0"))
    client.force_login(person("nobody"))
    assert page(client, version=version).status_code in {302, 403}
    client.force_login(person("root", superuser=True))
    assert page(client, version=version + 1).status_code == 404
    assert page(client, version="x").status_code == 404
    assert page(client).status_code == 404
    assert page(client, version=version).context["previews"][0].occasion.query == ""


@pytest.mark.parametrize(
    ("consequences", "more", "codes"),
    [
        ([pin("p-0-0")], {"q": "mouse"}, set()),
        ([pin("p-0-8")], {"q": "mouse"}, {"pin_inactive"}),
        ([bury(-10, brand=["Nobody"])], {"q": "mouse"}, {"matches_no_product"}),
        ([bury(-10, **{"attr.unheard": ["x"]})], {"q": "mouse"}, {"matches_no_product"}),
        ([hide("p-0-8")], {"q": "mouse"}, {"matches_no_product"}),
        ([pin("p-9-9")], {"q": "mouse"}, {"unknown_products"}),
        ([hide("p-0-0")], {"q": "zzqx"}, {"finds_nothing"}),
        ([redirect("/help")], {"q": "zzqx"}, set()),
        ([hide(category=["electronics"])], {"q": "hub"}, {"hides_results"}),
        ([keep(category=["fashion"])], {"q": "hub"}, {"hides_results"}),
        ([keep(category=["fashion"])],
         {"conditions": {"categories": ["electronics"]}}, {"hides_results"}),
        ([hide(price=["0.."])], {}, {"hides_everything"}),
        ([hide(brand=["Acme"])], {}, set()),
    ],
)  # fmt: skip
def test_a_rule_that_matches_nothing_or_leaves_nothing_warns(
    consequences: list[Json], more: Json, codes: set[str]
) -> None:
    version = draft(*consequences, **more)
    found = version_findings(kind="rules", version_id=version)
    assert {finding.code for finding in found} == codes


@pytest.mark.django_db
def test_an_empty_catalogue_says_nothing_of_a_rule() -> None:
    from apps.catalog.models import Product
    from apps.publishing.selectors import version_view

    version = draft(hide("p-0-0"), q="mouse")
    Product.objects.update(active=False)
    assert rule_effect_check(version_view(kind="rules", version_id=version)) == ()


def test_the_versions_page_leads_to_it(client: Client) -> None:
    version = draft(hide("p-0-0"))
    client.force_login(person("root", superuser=True))
    change = reverse("admin:merchandising_ruleversion_change", args=(version,))
    body = client.get(change).content.decode()
    assert f'{reverse("search-rule-preview")}?version={version}"' in body
