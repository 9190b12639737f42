"""The recommender in force, held by this process."""

from apps.model_registry.contracts import Artifact
from apps.model_registry.services.holder import ArtifactHolder
from apps.recommendations.contracts_models import ARTIFACT, Recommender
from apps.recommendations.engines.model_files import model_read


def _load(artifact: Artifact) -> Recommender:
    return model_read(artifact.folder, artifact.number)


recommender_holder: ArtifactHolder[Recommender] = ArtifactHolder(ARTIFACT, _load)


def recommender_now() -> Recommender | None:
    """The model to serve; None while there is none. Memory only, but for a poll of its version."""
    return recommender_holder.get()
