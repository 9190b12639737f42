"""The goals on a real shop's year: imported, learnt from and judged by the commands themselves."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

RETAIL = (
    Path(__file__).resolve().parents[3]
    / "shared/data/online_retail/online_retail_2009_2010.parquet"
)
CUT = "2010-11-01"
NEW_LEAST, ALL_LEAST = 0.115, 0.31
FIGURES = {"ndcg_at_10", "hit_rate_at_10", "recall_at_10", "users"}

pytestmark = [
    pytest.mark.django_db,
    # A minute and a half of one core: on a busy machine that is long.
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not RETAIL.exists() and os.environ.get("CI") != "true",
        reason="../shared/data/online_retail is not on this machine",
    ),
]


def test_what_is_served_reaches_the_goals_on_a_year_of_a_real_shop(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    # The parameters as they are shipped: looking for better ones takes a minute more.
    settings.RECOMMENDER_SEARCH_S = 0
    call_command("import_events", str(RETAIL), "--format", "online_retail")
    capsys.readouterr()
    call_command("recsys_eval", "--cut", CUT, "--json")
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["definition"]["cut"].startswith(CUT)
    systems = document["systems"]
    assert {"served", "popularity", "als"} <= set(systems)
    for system in systems.values():
        assert {"new", "all", "coverage", "novelty"} <= set(system)
        # The shoppers of the data's README: nobody was left out.
        assert (system["new"]["users"], system["all"]["users"]) == (1368, 1463)
        assert all(set(system[kind]) >= FIGURES for kind in ("new", "all"))
    served, popularity = systems["served"], systems["popularity"]
    assert served["new"]["ndcg_at_10"] >= NEW_LEAST
    assert served["all"]["ndcg_at_10"] >= ALL_LEAST
    # Different people are shown different products, and much more of the shop (0.152 and 0.017;
    # two lists have 7 % in common, and 68 %).
    assert served["coverage"] > 5.0 * popularity["coverage"]
    assert served["overlap"] < 0.25 * popularity["overlap"]
