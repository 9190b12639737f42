"""What is edited is understood in the very next search."""

import pytest

from apps.catalog.models import Product
from apps.merchandising.services import synonyms_draft_from_lines
from apps.publishing.services import version_publish
from tests.search.types import Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def test_the_word_itself_comes_before_its_synonym(search: Search) -> None:
    draft = synonyms_draft_from_lines(text="trainers, plimsolls", actor=None)
    version_publish(kind="synonyms", version_id=draft.id, actor=None, reason="a test")
    assert search(q="plimsolls", explain="true")["found"] == 9
    Product.objects.filter(product_id="p-3-4").update(title="Plimsolls of canvas")
    again = search(q="plimsolls", explain="true")
    assert again["hits"][0]["product_id"] == "p-3-4"
    assert "words" not in again["hits"][0]["explanation"]["score_breakdown"]["search_score"]


def test_a_word_that_came_a_moment_ago_is_not_corrected(search: Search) -> None:
    assert search(q="wirelets mouse")["corrected_query"] == "wireless mouse"
    Product.objects.filter(product_id="p-0-1").update(title="Wirelets mouse")
    answer = search(q="wirelets mouse")
    assert answer["corrected_query"] is None
    assert answer["hits"][0]["product_id"] == "p-0-1"
