"""What the house knows of relations: a job, a health check, a route, six strategies."""


def relations_register() -> None:
    """Make them known."""
    from apps.common.health import health_check_register
    from apps.jobs.contracts import JobSpec, job_register
    from apps.recommendations.api.similar_schema import similar_schema_register
    from apps.recommendations.health_relations import NAME, product_relations_check
    from apps.recommendations.services.relate_products import relate_products_job

    job_register(
        JobSpec(
            name="relate_products",
            title="Relate products",
            run=relate_products_job,
            every_s=3600,
            soft_time_limit_s=3000,
            description=(
                "Finds what is bought together, what is looked at together and what is on the "
                "rise, and publishes it as the next version of product_relations."
            ),
        )
    )
    health_check_register(NAME, product_relations_check)
    similar_schema_register()
    _strategies_register()


def _strategies_register() -> None:
    from apps.recommendations.selectors.related import BoughtTogether, Similar
    from apps.recommendations.selectors.shelves_plain import (
        NewArrivals,
        Popular,
        RecentlyViewed,
        Trending,
    )
    from apps.recommendations.selectors.similarity import Sources
    from apps.recommendations.selectors.strategies import strategy_register

    sources = Sources()
    strategy_register(BoughtTogether(sources))
    strategy_register(Similar(sources))
    strategy_register(Trending())
    strategy_register(Popular())
    strategy_register(RecentlyViewed())
    strategy_register(NewArrivals())
