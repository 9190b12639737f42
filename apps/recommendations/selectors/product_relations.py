"""What belongs together and what is on the rise, in this process: from the job's artifact."""

from apps.model_registry.contracts import Artifact
from apps.model_registry.services.holder import ArtifactHolder, Held
from apps.recommendations.contracts_relations import ARTIFACT, ProductRelations
from apps.recommendations.engines.relation_files import relations_read


def _artifact_load(artifact: Artifact) -> ProductRelations:
    return relations_read(artifact.folder)


_holder: ArtifactHolder[ProductRelations] = ArtifactHolder(ARTIFACT, _artifact_load)


def product_relations() -> ProductRelations | None:
    """What is served; None while nothing was published, or none of it can be read."""
    return _holder.get()


def product_relations_state() -> Held[ProductRelations]:
    """The same with its version, and why it is not a newer one."""
    return _holder.state
