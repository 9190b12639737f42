import pytest
from pytest_django import Settings

from apps.search.services.warm import search_warm


@pytest.mark.django_db
def test_a_process_without_an_index_starts_and_says_so() -> None:
    assert not search_warm()


@pytest.mark.django_db
def test_a_process_that_cannot_warm_up_starts_all_the_same(settings: Settings) -> None:
    settings.SEARCH_FUSION = "no such method"
    assert not search_warm()
