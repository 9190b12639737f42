"""Metrics that every shop has from the first day; people change them like their own."""

from collections.abc import Mapping

from apps.experiments.contracts.metrics import (
    Aggregation,
    Direction,
    Fact,
    FactFilter,
    FactSource,
    MetricDefinition,
    MetricKind,
    Operator,
)


def _events(*types: str, value: str = "", aggregation: Aggregation = Aggregation.COUNT) -> Fact:
    return Fact(FactSource.EVENTS, types, value=value, aggregation=aggregation)


def _searches(*filters: FactFilter, value: str = "") -> Fact:
    aggregation = Aggregation.SUM if value else Aggregation.COUNT
    return Fact(FactSource.SEARCHES, filters=filters, value=value, aggregation=aggregation)


def _sessions(value: str = "") -> Fact:
    aggregation = Aggregation.SUM if value else Aggregation.COUNT
    return Fact(FactSource.SESSIONS, value=value, aggregation=aggregation)


_REVENUE = _events("purchase", "refund", value="value", aggregation=Aggregation.SUM)
_ORDERS = _events("purchase", value="order_id", aggregation=Aggregation.DISTINCT)
_CLICKED = FactFilter("clicked", Operator.EQUALS, True)
_FIRST_PAGE = FactFilter("page", Operator.AT_MOST, 1.0)

SHIPPED: Mapping[str, MetricDefinition] = {
    "ctr": MetricDefinition(
        title="Click-through rate",
        kind=MetricKind.RATIO,
        numerator=_events("click"),
        denominator=_events("impression"),
        format="percent",
        description="Clicks over products shown. It rises when fewer products are shown: read "
        "it beside conversion.",
        tags=("search", "engagement"),
    ),
    "conversion_rate": MetricDefinition(
        title="Conversion rate",
        kind=MetricKind.PROPORTION,
        numerator=_events("purchase"),
        format="percent",
        description="Units that bought anything after their first exposure, over all units.",
        tags=("sales",),
    ),
    "add_to_cart_rate": MetricDefinition(
        title="Add-to-cart rate",
        kind=MetricKind.PROPORTION,
        numerator=_events("add_to_cart"),
        format="percent",
        description="Units that put anything into the cart, over all units.",
        tags=("sales",),
    ),
    "revenue_per_visitor": MetricDefinition(
        title="Revenue per visitor",
        kind=MetricKind.MEAN,
        numerator=_REVENUE,
        format="money",
        description="Purchases less refunds, per unit, also of those who bought nothing. A few "
        "very large orders make it noisy: cap it by percentile for a steadier reading.",
        tags=("sales",),
    ),
    "revenue_per_visitor_capped": MetricDefinition(
        title="Revenue per visitor, winsorised at 99 %",
        kind=MetricKind.MEAN,
        numerator=_REVENUE,
        cap_percentile=0.99,
        format="money",
        description="As revenue per visitor; a unit counts at most the 99th percentile of the "
        "units that bought.",
        tags=("sales",),
    ),
    "average_order_value": MetricDefinition(
        title="Average order value",
        kind=MetricKind.RATIO,
        numerator=_events("purchase", value="value", aggregation=Aggregation.SUM),
        denominator=_ORDERS,
        format="money",
        description="Money of purchases over orders. It says nothing of how many ordered.",
        tags=("sales",),
    ),
    "zero_result_rate": MetricDefinition(
        title="Zero-result rate",
        kind=MetricKind.RATIO,
        numerator=_searches(_FIRST_PAGE, value="zero_result"),
        denominator=_searches(_FIRST_PAGE),
        direction=Direction.DOWN,
        format="percent",
        description="Searches that found nothing, over searches.",
        tags=("search",),
    ),
    "time_to_first_click": MetricDefinition(
        title="Time to first click",
        kind=MetricKind.RATIO,
        numerator=_searches(_CLICKED, value="first_click_seconds"),
        denominator=_searches(_CLICKED),
        direction=Direction.DOWN,
        format="seconds",
        description="Seconds from a search to its first click, over searches that were clicked.",
        tags=("search", "engagement"),
    ),
    "click_ndcg": MetricDefinition(
        title="NDCG of clicks",
        kind=MetricKind.RATIO,
        numerator=_searches(_CLICKED, value="click_ndcg"),
        denominator=_searches(_CLICKED),
        format="number",
        description="How near the top the clicks of a search lie: 1 when they are the first "
        "hits. Searches without a click are left out.",
        tags=("search",),
    ),
    "search_exit_rate": MetricDefinition(
        title="Search exit rate",
        kind=MetricKind.RATIO,
        numerator=_searches(value="exited"),
        denominator=_searches(),
        direction=Direction.DOWN,
        format="percent",
        description="Searches without a click after which the visitor did nothing more for 30 "
        "minutes, over searches.",
        tags=("search",),
    ),
    "session_length": MetricDefinition(
        title="Session length",
        kind=MetricKind.RATIO,
        numerator=_sessions("seconds"),
        denominator=_sessions(),
        format="seconds",
        description="Seconds from first to last event of a visit, over visits. Longer may mean "
        "lost: read it beside conversion.",
        tags=("engagement",),
    ),
    "pages_per_session": MetricDefinition(
        title="Pages per session",
        kind=MetricKind.RATIO,
        numerator=_sessions("pages"),
        denominator=_sessions(),
        format="number",
        description="Answered searches and product views of a visit, over visits.",
        tags=("engagement",),
    ),
    "return_rate": MetricDefinition(
        title="Return rate within a week",
        kind=MetricKind.RETENTION,
        numerator=_sessions(),
        retention_from_day=1,
        retention_to_day=8,
        format="percent",
        description="Units that came back from one to eight days after their first exposure, "
        "over units whose eight days are over.",
        tags=("engagement",),
    ),
    "search_to_purchase": MetricDefinition(
        title="Search, click, cart, purchase",
        kind=MetricKind.FUNNEL,
        numerator=_events("purchase"),
        steps=(_searches(), _events("click"), _events("add_to_cart"), _events("purchase")),
        format="percent",
        description="Units that searched, then clicked, then filled the cart, then bought.",
        tags=("sales", "search"),
    ),
}
