"""The store's own features, with their computations."""


def features_register() -> None:
    """Register every one; what depends on another comes after it."""
    from apps.features import selectors_affinity as users
    from apps.features import selectors_compute as made
    from apps.features.contracts import FEATURES, FRESHNESS_SCORE, POPULARITY_SCORE
    from apps.features.contracts_store import Feature
    from apps.features.domain import definitions as told
    from apps.features.domain.registry import feature_register

    weighed = {spec.name: spec for spec in FEATURES}
    for feature in (
        Feature(told.SESSION_SPEC),
        Feature(weighed[POPULARITY_SCORE], made.popularity_compute, made.popularity_unseen),
        Feature(weighed[FRESHNESS_SCORE], made.freshness_compute, made.freshness_unseen),
        Feature(told.CTR_SPEC, made.ctr_compute, made.rate_unseen),
        Feature(told.CONVERSION_SPEC, made.conversion_compute, made.rate_unseen),
        Feature(told.RETURN_SPEC, made.return_compute, made.rate_unseen),
        Feature(told.PRICE_BAND_SPEC, made.price_band_compute, made.price_band_unseen),
        Feature(told.STOCK_SPEC, made.stock_compute, made.stock_unseen),
        Feature(told.AFFINITY_SPEC, users.affinity_compute, of_users=users.affinity_of_users),
    ):
        feature_register(feature)
