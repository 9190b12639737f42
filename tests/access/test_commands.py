import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.access.contracts import Scope
from apps.access.models import ApiKey
from apps.access.selectors import principal_for

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_secret_is_all_that_is_printed() -> None:
    raw = run("--name", "a", "--scope", "ops", "--scope", "search:read").strip()
    principal = principal_for(raw)
    assert principal is not None
    assert principal.scopes == {Scope.OPS, Scope.SEARCH_READ}


def test_json_carries_key_and_secret() -> None:
    printed = json.loads(
        run(
            "--name", "shop", "--scope", "search:read", "--public", "--origin",
            "https://shop.example", "--rate-per-minute", "12", "--expires-days", "1", "--json",
        )
    )  # fmt: skip
    assert printed["secret_once"].startswith(printed["key"]["prefix"] + ".")
    assert printed["key"]["public"] is True
    key = ApiKey.objects.get()
    assert (key.rate_per_minute, key.allowed_origins) == (12, ["https://shop.example"])
    assert key.expires_at is not None


def test_a_bad_key_is_an_error_that_names_the_field() -> None:
    with pytest.raises(CommandError, match="allowed_networks"):
        run("--name", "a", "--scope", "ops", "--allow", "everywhere")
    with pytest.raises(CommandError, match="scope"):
        run("--name", "a", "--scope", "all")
