"""`cf_score` in searches by a model that was trained on what shoppers of this catalogue bought."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.events.domain.months import month_start
from apps.events.services.partitions import partitions_ensure
from apps.recommendations.selectors.recommender import recommender_now
from apps.recommendations.services.training import Trained, recommender_publish, recommender_train
from tests.events.sessions import event_of, ingest
from tests.search.types import Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue", "trained")
_DAY_S = 86_400.0


@pytest.fixture
def trained(lasting_catalogue: None, settings: Settings) -> None:
    """Even shoppers bought mice, odd ones shoes: six of the nine each, in the last weeks."""
    settings.RECOMMENDER_SEARCH_S = 0
    now, random = timezone.now(), np.random.default_rng(7)
    partitions_ensure(first=month_start(now - timedelta(days=60)), last=month_start(now))
    ingest(
        *[
            event_of(
                "purchase", f"p-{3 * (user % 2)}-{at}", user_id=f"u-{user}", client_id=None,
                session_id=None, ago_s=float(random.uniform(1.0, 50.0)) * _DAY_S,
            )
            for user in range(40)
            for at in random.choice(9, size=6, replace=False).tolist()
        ]
    )  # fmt: skip
    found = recommender_train(as_of=now)
    assert isinstance(found, Trained)
    recommender_publish(trained=found)
    assert recommender_now() is not None


def scores(answer: Json) -> dict[str, float]:
    """Product → `cf_score`; every record adds up to its score."""
    for hit in answer["hits"]:
        parts = hit["explanation"]["contributions"]
        assert sum(parts.values()) == pytest.approx(hit["score"], abs=1e-9)
    return {
        hit["product_id"]: hit["explanation"]["score_breakdown"]["cf_score"]
        for hit in answer["hits"]
    }


def asked(user: str) -> Json:
    return {"q": "", "explain": "true", "per_page": "40", "user_id": user}


def test_the_trained_model_tells_tastes_apart(search: Search) -> None:
    for user, liked, other in (("u-0", "p-0-", "p-3-"), ("u-1", "p-3-", "p-0-")):
        answer = search(asked(user))
        assert "cf_score" in answer["weights"]["weights"]
        found = scores(answer)
        theirs = [score for name, score in found.items() if name.startswith(liked)]
        others = [score for name, score in found.items() if name.startswith(other)]
        assert min(theirs) > max(others)
        assert answer["hits"][0]["product_id"].startswith(liked)
    nobody = search(q="", explain="true")
    assert "cf_score" in nobody["weights"]["shared_out"]


def test_without_postgresql_the_factors_of_training_count(
    search: Search, serving_artifact: None, request: pytest.FixtureRequest
) -> None:
    """No history can be read, and none is in Redis: what training knew of the shopper is left."""
    search(q="", explain="true")
    request.getfixturevalue("postgresql_refused")
    answer = search(asked("u-1"))
    assert "history" in answer["degraded"]
    assert "cf_score" in answer["weights"]["weights"]
    found = scores(answer)
    shoes = [score for name, score in found.items() if name.startswith("p-3-")]
    mice = [score for name, score in found.items() if name.startswith("p-0-")]
    assert min(shoes) > max(mice)
    stranger = search(asked("nobody-knows"))
    assert "history" in stranger["degraded"]
    assert "cf_score" in stranger["weights"]["shared_out"]
