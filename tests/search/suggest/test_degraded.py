"""What is suggested while PostgreSQL is gone."""

import pytest

from tests.search.suggest.conftest import Get


@pytest.mark.django_db(transaction=True)
def test_without_postgresql_the_artifact_answers(
    lasting_catalogue: None,
    serving_artifact: None,
    get: Get,
    request: pytest.FixtureRequest,
) -> None:
    get(q="zzz")
    request.getfixturevalue("postgresql_refused")
    answer = get(q="wireless mou", types="product").json()
    assert answer["degraded"] == ["catalog"]
    assert "wireless mouse" in answer["suggestions"][0]["text"]
