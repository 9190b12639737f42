"""Popular queries of this process: from the artifact that the job publishes."""

from apps.model_registry.contracts import Artifact
from apps.model_registry.services.holder import ArtifactHolder
from apps.search.engines.popular_files import popular_read

POPULAR_ARTIFACT = "popular_queries"
Popular = tuple[tuple[str, int], ...]


def _artifact_load(artifact: Artifact) -> Popular:
    return popular_read(artifact.folder)


_holder: ArtifactHolder[Popular] = ArtifactHolder(POPULAR_ARTIFACT, _artifact_load)
_NONE: Popular = ()


def popular_held() -> Popular:
    """(query, shoppers), most shoppers first; none while nothing was published."""
    return _holder.get() or _NONE
