"""What suggested products look like: from memory, as the catalogue is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Product
from apps.features.selectors import serving_snapshot
from apps.merchandising.services import synonyms_draft_from_lines
from apps.publishing.services import version_publish
from apps.search.domain.suggesting.items import SuggestRequest
from apps.search.selectors import suggested
from apps.search.selectors.suggested import suggested_cards
from apps.search.services import suggest as answering
from apps.search.services.suggest import suggest_answer
from tests.search.suggest.conftest import Suggest

pytestmark = pytest.mark.usefixtures("catalogue")


def _products(found: list[dict[str, object]]) -> list[object]:
    return [each["text"] for each in found if each["type"] == "product"]


def test_nothing_is_asked_while_nothing_changes(suggest: Suggest) -> None:
    suggest("mou")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for typed in ("wireless", "gam", "usb-c", "runn", "mou"):
            suggest_answer(request=SuggestRequest(typed))
    assert not [each for each in asked if "catalog_product" in each["sql"]]


def test_products_that_few_look_for(suggest: Suggest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggested, "MOST_CARDS", 1)
    monkeypatch.setattr(suggested, "_MOST_READ", 1)
    snapshot = serving_snapshot()
    for _ in range(2):
        found, whole = suggested_cards(snapshot, [1, 2, 3])
        assert whole
        assert [card.title for card in found.values()] == [
            Product.objects.get(pk=int(snapshot.columns.pks[row])).title for row in (1, 2, 3)
        ]
    assert suggested_cards(snapshot, [4, 5])[1]
    assert suggested_cards(snapshot, []) == ({}, True)


def test_synonyms_are_suggested(suggest: Suggest) -> None:
    assert suggest("plimsolls") == []
    draft = synonyms_draft_from_lines(text="plimsolls, shoes", actor=None)
    version_publish(kind="synonyms", version_id=draft.id, actor=None, reason="a test")
    found = suggest("plimsolls")
    assert "Shoes" in [each["text"] for each in found if each["type"] == "category"]
    assert _products(found)


def test_words_of_descriptions_when_nothing_else_is_found(suggest: Suggest) -> None:
    found = suggest("silen")
    assert [each["text"] for each in found if each["type"] == "query"] == ["silent"]
    assert all("wireless mouse" in str(each) for each in _products(found))
    assert suggest("silent", types="query") == []


def test_answers_are_kept_while_nothing_changes(
    suggest: Suggest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = suggest_answer(request=SuggestRequest("wirel"))
    assert suggest_answer(request=SuggestRequest("Wirel ")).items is first.items
    monkeypatch.setattr(answering, "_MOST_KEPT", 1)
    suggest_answer(request=SuggestRequest("gam"))
    again = suggest_answer(request=SuggestRequest("wirel"))
    assert again.items is not first.items
    assert again.items == first.items
