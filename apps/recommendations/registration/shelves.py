"""The strategies that follow the shopper, the route's schema, and the experiments' surface."""


def shelves_register() -> None:
    """Make them known; models are loaded when this is called."""
    from apps.experiments.contracts.surfaces import surface_register
    from apps.recommendations.api.schema import schema_register
    from apps.recommendations.selectors.strategies import strategy_register
    from apps.recommendations.selectors.strategies_personal import ForYou, InSession
    from apps.recommendations.services.shelf_surface import RecommendationsSurface

    schema_register()
    strategy_register(ForYou())
    strategy_register(InSession())
    surface_register(RecommendationsSurface())
