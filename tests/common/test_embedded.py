import pytest
from django.db import connection

from apps.common.redis import redis_client


@pytest.mark.django_db
def test_tests_run_on_postgresql_18_with_its_extensions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        row = cursor.fetchone()
    assert row is not None
    assert int(row[0].split(".")[0]) >= 15


def test_tests_run_on_a_real_valkey() -> None:
    redis_client().set("greeting", "hello")
    assert redis_client().get("greeting") == b"hello"
