from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.access.models import User
from apps.catalog.domain.product_input import ProductInput
from apps.catalog.services import product_upsert_many
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.domain.rules import rules_drafted, rules_of_demo
from apps.demo.services.rules import rules_store
from apps.merchandising.contracts_acting import RuleContext
from apps.merchandising.domain.rules.content import rule_parse
from apps.merchandising.selectors import rule_book
from apps.merchandising.selectors_rules import rules_view
from apps.merchandising.services_checks import categories_named
from apps.publishing.services import version_findings

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_rules_make_sense_for_the_catalogue() -> None:
    catalogue = catalogue_generate(seed=5, count_wanted=3000, as_of=NOW)
    paths = {category.path for category in catalogue.categories}
    brands = {product.brand for product in catalogue.products}
    for key, content in {**rules_of_demo(NOW), **rules_drafted(NOW)}.items():
        rule = rule_parse(key, 1, content)
        assert set(categories_named(rule)) <= paths
        for each in rule.consequences:
            target = getattr(each, "target", None)
            named = target.filters.get("brand", ()) if target is not None else ()
            assert set(named) <= brands


@pytest.fixture
def merchandiser() -> User:
    product_upsert_many(
        products=[
            ProductInput(
                product_id=f"S-{name}", title=f"{name} sofa", price=Decimal(1), category=("Home",)
            )
            for name in ("Blue", "Red")
        ]
    )
    return User.objects.create_user("merchandiser")


@pytest.mark.django_db
def test_they_are_live_planned_over_and_drafted(merchandiser: User) -> None:
    assert rules_store() == "10 published, 1 drafted"
    assert rules_store() == "kept as they are"
    states = [view.state.value for view in rules_view(as_of=timezone.now())]
    assert sorted(set(states)) == ["draft", "expired", "live", "scheduled"]
    acting = rule_book().acting(RuleContext(("sofa",), (), {}, {}, timezone.now()))
    assert [pin.product for _key, pin in acting.pins] == ["S-Blue"]
    # A conflict to look at: the campaign's banner has the slot.
    asked = RuleContext(("headphones",), (), {}, {}, timezone.now())
    (outdone,) = rule_book().acting(asked).outdone
    assert (outdone.rule, outdone.winner) == ("headphones-guide", "black-friday-soon")
    draft = rules_view(as_of=timezone.now(), campaign="winter")[0].proposal
    assert draft is not None
    assert version_findings(kind="rules", version_id=draft.id)


@pytest.mark.django_db
def test_where_two_people_are_wanted_they_wait(merchandiser: User, settings: Settings) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    assert rules_store() == "10 wait for review, 1 drafted"
    assert len(rule_book()) == 0
