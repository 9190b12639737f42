"""What publishing, admin and the API know of placements."""


def placements_register() -> None:
    """Make the kind and its checks known; models are loaded when this is called."""
    from apps.publishing.bases import PublishKind, publish_kind_register
    from apps.publishing.contracts import publish_check_register
    from apps.recommendations.models import PlacementVersion
    from apps.recommendations.selectors.placements import PLACEMENTS
    from apps.recommendations.services.placement_checks import placement_check

    publish_kind_register(
        PublishKind(
            name=PLACEMENTS, model=PlacementVersion, bumps=(PLACEMENTS,), title="Placements"
        )
    )
    publish_check_register(PLACEMENTS, placement_check)


def placement_pages_register() -> None:
    """Their lines in the sidebar."""
    from apps.common.admin_navigation import NavigationEntry, navigation_register

    navigation_register(
        NavigationEntry(
            section="Merchandising",
            title="Placements",
            icon="view_carousel",
            url_name="admin:recommendations_placementversion_changelist",
            permission="recommendations.view_placementversion",
            rank=25,
        ),
        NavigationEntry(
            section="Operations",
            title="Recommender",
            icon="network_intelligence",
            url_name="recommendations-recommender",
            permission="recommendations.view_placementversion",
            rank=40,
        ),
    )
