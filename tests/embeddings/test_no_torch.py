"""A web process answers a query's vector and its neighbours without torch, and stays small."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from apps.catalog.models import Product
from apps.embeddings.services.embed import products_embed

WEB = """
import json, os, sys
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["WEB_DATABASE"]
settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE = os.environ["WEB_STORE"], os.environ["WEB_CACHE"]
import config.wsgi  # warms up: only after the settings name this test's stores
from apps.embeddings.selectors import nearest, query_vector
vector = query_vector("cordless pc mouse")
answer = nearest(vector=vector, k=1, floor=0.3)
rss = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
unwanted = [n for n in ("torch", "sentence_transformers", "transformers") if n in sys.modules]
print(json.dumps({"pks": answer.pks.tolist(), "unwanted": unwanted, "rss_mib": rss}))
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("exported_once")
def test_a_web_process_never_imports_torch(
    stores: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mouse = Product.objects.create(
        product_id="mouse", title="Logitech wireless optical mouse", price=Decimal(9)
    )
    products_embed(progress=lambda *_: None, cancelled=lambda: False)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "WEB_DATABASE": str(connection.settings_dict["NAME"]),
        "WEB_STORE": str(stores / "store"),
        "WEB_CACHE": str(stores / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-c", WEB], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    with capsys.disabled():
        print(f"\na web process with encoder and index: {answer['rss_mib']} MiB")  # noqa: T201 - the figure is the point
    assert answer["pks"] == [mouse.pk]
    assert answer["unwanted"] == []
    assert answer["rss_mib"] < 300
