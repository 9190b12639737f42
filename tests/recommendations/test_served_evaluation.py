"""What `recsys_eval` judges as served: the shelf by the cut's own model, whatever is live."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.access.models import User
from apps.publishing.services import version_publish
from apps.recommendations.contracts import PlacementName
from apps.recommendations.domain.placements import DEFAULT_PLACEMENTS, placement_content
from apps.recommendations.selectors.placements import PLACEMENTS
from apps.recommendations.selectors.recommender import recommender_now
from apps.recommendations.services.evaluating import stage_set
from apps.recommendations.services.evaluating_served import lists_served
from apps.recommendations.services.placements import placement_draft
from apps.recommendations.services.training import Trained, recommender_publish, recommender_train
from tests.recommendations.taste_groups import PRODUCTS, purchases_ingest
from tests.recommendations.test_recsys_eval import catalogue_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def home_without_for_you() -> None:
    """Popular products alone, weighed by what the shopper likes."""
    actor = User.objects.create_user("mara")
    content = {
        **placement_content(DEFAULT_PLACEMENTS[PlacementName.HOME]),
        "strategies": [{"name": "popular", "weight": 1.0}],
        "weights": {"cf_score": 1.0},
    }
    draft = placement_draft(name=PlacementName.HOME, content=content, actor=actor)
    version_publish(
        kind=PLACEMENTS, version_id=draft.id, actor=actor, reason="popular is enough",
        acknowledge_warnings=True,
    )  # fmt: skip


def test_a_model_that_learnt_after_the_cut_changes_nothing(settings: Settings) -> None:
    """Without `for_you` candidates alone are scored: by the cut's model too."""
    settings.RECOMMENDER_SEARCH_S = 0
    catalogue_of(PRODUCTS)
    purchases_ingest(NOW)
    home_without_for_you()
    stage = stage_set(cut=NOW - timedelta(days=45))
    before = lists_served(stage)
    later = recommender_train(as_of=NOW)
    assert isinstance(later, Trained)
    recommender_publish(trained=later)
    assert recommender_now() is not None
    after = lists_served(stage)
    assert (after.everything, after.new) == (before.everything, before.new)
    taste = {user: ranked[0][0] for user, ranked in after.everything.items()}
    assert all(group == "ab"[int(user) % 2] for user, group in taste.items())
