"""The demo's judgement list: what its simulated shoppers would say, and what search scores."""

from collections.abc import Iterator

from apps.demo.contracts import DemoCatalogue, ShopperConfig
from apps.demo.domain.judging import shelf_ratings
from apps.demo.services.stages import DemoPlan
from apps.explainability.contracts.judged import PUBLISHED, Configuration
from apps.explainability.selectors.judged import judgement_list_named
from apps.explainability.services.evaluations import evaluation_run_now
from apps.explainability.services.lists import judgements_import_named, list_describe

LIST = "Demo shoppers"
_PER_SHELF = 2
_RATERS = {"shopper-a": 10_000, "shopper-b": 12}
_HOW = (
    "Nobody judged these by hand: two simulated shoppers did, by the utility that the demo's "
    "shoppers are made with (how well a product fits the query, its appeal, its freshness, its "
    "discount, and the shopper's own taste; docs/demo.md). What fits the query wholly is 3 in "
    "the best quarter by that utility, 2 in the next half, 1 below; what misses a wish is 0."
)


def judgements_live(plan: DemoPlan, catalogue: DemoCatalogue) -> str:
    """Store the list, have publishing checked on it, and measure search twice."""
    report = judgements_import_named(name=LIST, scale=3, lines=_lines(plan, catalogue))
    list_id = judgement_list_named(LIST).id
    list_describe(
        list_id=list_id,
        description="Two queries of every shelf of the demo.",
        how=_HOW,
        gate=True,
    )
    keyword = evaluation_run_now(
        list_id=list_id, configuration=Configuration("keyword"), label="words alone"
    )
    served = evaluation_run_now(list_id=list_id, configuration=PUBLISHED, label="first")
    figures = [each.figures["ndcg@10"].mean or 0.0 for each in (keyword, served)]
    return (
        f"{report.queries} queries, {report.stored:,} ratings; NDCG@10 {figures[1]:.3f} as "
        f"published, {figures[0]:.3f} by words alone"
    )


def _lines(plan: DemoPlan, catalogue: DemoCatalogue) -> Iterator[str]:
    yield "query,product_id,rating,rater\n"
    for each in shelf_ratings(
        catalogue,
        raters=_RATERS,
        per_shelf=_PER_SHELF,
        as_of=plan.as_of,
        config=ShopperConfig(seed=plan.seed),
    ):
        yield f'"{each.query}",{each.product_id},{each.rating},{each.rater}\n'
