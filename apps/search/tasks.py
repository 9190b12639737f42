"""Jobs of search, as apps.jobs runs them."""

from dataclasses import asdict

from django.utils import timezone

from apps.jobs.contracts import JobContext, JobOutcome, JobSpec
from apps.search.services.analytics_rollup import search_days_rollup
from apps.search.services.build_lexicon import lexicon_build
from apps.search.services.popular_queries import popular_publish
from apps.search.services.query_categories import query_categories_publish
from apps.search.services.warm import answers_warm


def build_lexicon_run(context: JobContext) -> JobOutcome:
    report = lexicon_build(progress=context.progress, force=bool(context.params.get("force")))
    return asdict(report)


BUILD_LEXICON = JobSpec(
    name="build_lexicon",
    title="Build the lexicon",
    run=build_lexicon_run,
    every_s=60,
    soft_time_limit_s=3000,
    description=(
        "Builds the inverted index that search finds words in, when many products have "
        "changed since the last one. Parameter force: build it in any case."
    ),
    quiet=True,
)


def search_analytics_rollup_run(context: JobContext) -> JobOutcome:
    """Empty when nothing was new."""
    report = search_days_rollup(full=bool(context.params.get("full")), progress=context.progress)
    return asdict(report) if report.days or report.expired else {}


SEARCH_ANALYTICS = JobSpec(
    name="search_analytics_rollup",
    title="Roll-up of searches",
    run=search_analytics_rollup_run,
    cron="7 * * * *",
    soft_time_limit_s=3000,
    description=(
        "Totals the query log by day, query and category for the page of search analytics. "
        "Only days with something new are computed again. Parameter full: every day."
    ),
    quiet=True,
)


def popular_queries_run(context: JobContext) -> JobOutcome:
    del context
    return asdict(popular_publish(as_of=timezone.now()))


POPULAR_QUERIES = JobSpec(
    name="popular_queries",
    title="Publish popular queries",
    run=popular_queries_run,
    every_s=3600,
    soft_time_limit_s=600,
    description=(
        "Counts the searches of the last days that found something, and publishes those that "
        "enough different shoppers made: suggestions begin with them."
    ),
    quiet=True,
)


def query_categories_run(context: JobContext) -> JobOutcome:
    del context
    return asdict(query_categories_publish(as_of=timezone.now()))


QUERY_CATEGORIES = JobSpec(
    name="query_categories",
    title="Publish queries' categories",
    run=query_categories_run,
    every_s=3600,
    soft_time_limit_s=600,
    description=(
        "Totals by category what shoppers clicked, put into the cart and bought after each "
        "query: it helps to tell which category's weights and rules a query asks for."
    ),
    quiet=True,
)


def warm_answers_run(context: JobContext) -> JobOutcome:
    return asdict(
        answers_warm(as_of=timezone.now(), limit=500, seconds=60.0, cancelled=context.cancelled)
    )


WARM_ANSWERS = JobSpec(
    name="warm_answers",
    title="Warm popular answers",
    run=warm_answers_run,
    every_s=300,
    soft_time_limit_s=240,
    description=(
        "Computes the answers of the most popular requests of the last day that are not in the "
        "cache, so that the first shopper after a change does not wait for them."
    ),
    quiet=True,
)
