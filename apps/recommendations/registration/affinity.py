"""Shoppers' histories follow their events, and the model's health is told."""


def affinity_register() -> None:
    """Make both known to the apps below."""
    from apps.common.health import health_check_register
    from apps.events.contracts_sessions import session_listener_register
    from apps.recommendations.health import recommender_check
    from apps.recommendations.selectors.kept_histories import history_expiries

    session_listener_register("recommendations_histories", history_expiries)
    health_check_register("recommender", recommender_check)
