"""Publishing what shoppers ask for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from apps.events.selectors_popular import popular_queries
from apps.model_registry.contracts import Scalar
from apps.model_registry.services.publish import artifact_publish
from apps.search.engines.popular_files import FORMAT, popular_write
from apps.search.selectors.popular import POPULAR_ARTIFACT, popular_held

_LONGEST = 60
_TIMEOUT_S = 300
# What looks like an address, a card or a telephone number is nobody else's business.
_PERSONAL = re.compile(r"@|(?:\d[ ./-]?){9,}")


@dataclass(frozen=True, slots=True)
class PopularReport:
    """What one run has done.

    Attributes:
        number: the version published; 0 when the one before says the same.
        queries: how many it has.
    """

    number: int
    queries: int


def popular_publish(*, as_of: datetime) -> PopularReport:
    """Count the query log's last days, and publish what enough shoppers asked for."""
    counted = popular_queries(
        as_of=as_of,
        days=settings.SUGGEST_WINDOW_DAYS,
        least_shoppers=settings.SUGGEST_LEAST_SHOPPERS,
        most=settings.SUGGEST_POPULAR_MOST,
        longest=_LONGEST,
        timeout_s=_TIMEOUT_S,
    )
    found = [(each.text, each.shoppers) for each in counted if not _PERSONAL.search(each.text)]
    if tuple(found) == popular_held():
        return PopularReport(0, len(found))

    def write(folder: Path) -> Mapping[str, Scalar]:
        popular_write(folder, found)
        return {"format": FORMAT, "queries": len(found), "as_of": as_of.isoformat()}

    return PopularReport(artifact_publish(name=POPULAR_ARTIFACT, write=write), len(found))
