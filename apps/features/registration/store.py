"""The store's own features, with their computations."""


def features_register() -> None:
    """Register every one; what depends on another comes after it."""
    from apps.events.contracts_sessions import session_shares_register
    from apps.features import selectors_affinity as users
    from apps.features import selectors_compute as made
    from apps.features.contracts import FEATURES, FRESHNESS_SCORE, POPULARITY_SCORE
    from apps.features.contracts_store import Feature
    from apps.features.domain import definitions as told
    from apps.features.domain.affinities import session_affinity
    from apps.features.domain.registry import feature_register
    from apps.features.selectors_demand import session_shares

    weighed = {spec.name: spec for spec in FEATURES}
    for feature in (
        Feature(weighed[POPULARITY_SCORE], made.popularity_compute, made.popularity_unseen),
        Feature(weighed[FRESHNESS_SCORE], made.freshness_compute, made.freshness_unseen),
        Feature(told.CTR_SPEC, made.ctr_compute, made.rate_unseen),
        Feature(told.CONVERSION_SPEC, made.conversion_compute, made.rate_unseen),
        Feature(told.RETURN_SPEC, made.return_compute, made.rate_unseen),
        Feature(told.PRICE_BAND_SPEC, made.price_band_compute, made.price_band_unseen),
        Feature(told.STOCK_SPEC, made.stock_compute, made.stock_unseen),
        Feature(
            told.AFFINITY_SPEC, users.categories_compute, of_users=users.categories_of_users,
            on_demand=users.affinity_on_demand,
        ),
        Feature(
            told.BRAND_AFFINITY_SPEC, users.brands_compute, of_users=users.brands_of_users,
            on_demand=users.affinity_on_demand,
        ),
        Feature(told.SESSION_CATEGORY_SPEC, on_demand=session_affinity),
        Feature(told.SESSION_BRAND_SPEC, on_demand=session_affinity),
        Feature(told.SESSION_SPEC),
        Feature(told.REVISIT_SPEC),
    ):  # fmt: skip
        feature_register(feature)
    session_shares_register(session_shares)
