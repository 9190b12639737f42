"""What publishing and admin know of placements."""


def placements_register() -> None:
    """Make the kind known; models are loaded when this is called."""
    from apps.publishing.bases import PublishKind, publish_kind_register
    from apps.recommendations.models import PlacementVersion
    from apps.recommendations.selectors.placements import PLACEMENTS

    publish_kind_register(
        PublishKind(
            name=PLACEMENTS, model=PlacementVersion, bumps=(PLACEMENTS,), title="Placements"
        )
    )
