"""The live rules as search asks them."""

from datetime import datetime

from django.utils import timezone

from apps.merchandising.selectors import rule_book
from apps.ranking.domain.ruling import Ruling


def ruling_live(as_of: datetime | None = None) -> Ruling:
    """The live rules of a request that no experiment is in; now, unless another time is said."""
    return Ruling(rule_book(), as_of or timezone.now())
