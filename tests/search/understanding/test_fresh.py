"""What is edited is understood in the very next search."""

import pytest

from apps.catalog.models import Product
from apps.merchandising.services import synonyms_draft_from_lines
from apps.publishing.services import version_publish
from apps.search.selectors import understanding
from apps.search.selectors.understanding import Insisting, query_understanding
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


def test_a_query_is_read_once_while_nothing_changes(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(q="wireless mouse")
    first = query_understanding("wireless mouse")
    assert query_understanding("wireless mouse") is first
    asked = Insisting(extraction=False)
    assert query_understanding("wireless mouse", insisting=asked).extracted == ()
    Product.objects.filter(product_id="p-0-1").update(title="Wireless trackball")
    search(q="keyboard")
    assert query_understanding("wireless mouse") is not first
    # As many as are kept, and no more.
    monkeypatch.setattr(understanding, "_KEPT", 1)
    kept = query_understanding("keyboard")
    assert query_understanding("keyboard") is kept
    assert query_understanding("wireless mouse") == first
    assert query_understanding("keyboard") is not kept
