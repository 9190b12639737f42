"""What shoppers took after each query, in this process: from the artifact that the job writes."""

from collections.abc import Mapping

from apps.model_registry.contracts import Artifact
from apps.model_registry.services.holder import ArtifactHolder, Held
from apps.search.engines.query_category_files import ClicksOfQueries, query_categories_read

QUERY_CATEGORIES = "query_categories"


def _artifact_load(artifact: Artifact) -> ClicksOfQueries:
    return query_categories_read(artifact.folder)


_holder: ArtifactHolder[ClicksOfQueries] = ArtifactHolder(QUERY_CATEGORIES, _artifact_load)
_NONE: ClicksOfQueries = {}


def query_categories_held() -> ClicksOfQueries:
    """Query → category → clicks; empty while nothing was published."""
    return _holder.get() or _NONE


def query_categories_state() -> Held[ClicksOfQueries]:
    """What is served, and its version."""
    return _holder.state


def clicks_of(query: str) -> Mapping[str, float]:
    """Path of a category → clicks that the query led to; empty for a query without history.

    Args:
        query: normalised, as it is searched for.
    """
    return query_categories_held().get(query, {})
