"""Every command of docs/relevance.md runs, in order; every picture and setting in it exists."""

import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.catalog.models import Product
from apps.explainability.domain.metrics import METRIC_KEYS
from apps.explainability.models import EvaluationRun
from tests.search.types import Build

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "relevance.md").read_text()


def test_every_command_runs(
    catalogue: None,
    embedded: Build,
    client: Client,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    embedded()
    # The shop's own judgements in the place of the file that the page names.
    products = Product.objects.filter(active=True).order_by("product_id")[:8]
    lines = [f"{each.title},{each.product_id},3\n" for each in products]
    file = tmp_path / "judgements.csv"
    file.write_text("query,product_id,rating\n" + "".join(lines))
    issued = api_key_create(name="docs", scopes=[Scope.RANKING_READ])
    blocks = re.findall(r"^```bash\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if line]
    assert len(commands) == 6
    for command in commands:
        words = shlex.split(command.replace("../shared/data/icecat/judgements.csv", str(file)))
        if words[:2] == ["python", "manage.py"]:
            call_command(*words[2:])
            continue
        url = urlsplit(words[-1])
        headers = {"Authorization": f"Bearer {issued.secret_once}"}
        answer = client.get(f"{url.path}?{url.query}", headers=headers)
        assert answer.status_code == 200, answer.content
        assert answer.json()["count"] == 4
    assert EvaluationRun.objects.filter(status="finished").count() == 4
    assert "NDCG@10 has not fallen." in capsys.readouterr().out


def test_what_the_page_names_is_there() -> None:
    for key in METRIC_KEYS:
        assert f"`{key}`" in TEXT
    for name in re.findall(r"`(RELEVANCE_\w+)`", TEXT):
        assert hasattr(settings, name)
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target


def test_its_addresses_are_those_of_the_api() -> None:
    described = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())["paths"]
    named = set(re.findall(r"/api/v1/[\w/{}]+", TEXT))
    assert named
    assert named <= {*described}
