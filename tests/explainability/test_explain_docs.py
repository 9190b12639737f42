"""Every command of docs/explanations.md runs, and what its tables say is there."""

import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.events.services.buffer import buffer_drain
from apps.explainability.contracts.explained import Obstacle, Verdict
from apps.search.domain.drafting import REWRITE
from tests.search.types import Search

PAGE = (Path(settings.BASE_DIR) / "docs" / "explanations.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("lasting_catalogue")
def test_every_command_works(client: Client, search: Search) -> None:
    answer = search(q="wireless mouse")
    buffer_drain()
    scopes = [Scope.SEARCH_READ, Scope.RANKING_READ, Scope.OPS]
    secret = api_key_create(name="docs", scopes=scopes, rate_per_minute=1000).secret_once
    known = {"$PRODUCT": answer["hits"][0]["product_id"], "$QUERY_ID": answer["query_id"]}
    blocks = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    lines = [shlex.split(line) for line in "\n".join(blocks).splitlines() if line]
    assert len(lines) == 5
    for words in lines:
        path = words[-1].removeprefix("$ENDCAP")
        for name, value in known.items():
            path = path.replace(name, value)
        response = client.get(path, headers={"Authorization": f"Bearer {secret}"})
        assert response.status_code == 200, (path, response.content)


def test_everything_is_documented() -> None:
    for name in (*Verdict, *(each for each in Obstacle if each), REWRITE):
        assert f"`{name}`" in PAGE, name


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"\]\((images/[^)]+)\)", PAGE)
    assert pictures
    for name in pictures:
        assert (Path(settings.BASE_DIR) / "docs" / name).is_file(), name
