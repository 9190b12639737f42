"""Publishing what belongs together and what is on the rise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from django.conf import settings

from apps.events.contracts import EventType
from apps.events.selectors_baskets import lines_streamed, product_activity
from apps.jobs.contracts import JobContext, JobOutcome, Progress
from apps.model_registry.contracts import Scalar
from apps.model_registry.services.publish import artifact_publish
from apps.recommendations.contracts import Int32
from apps.recommendations.contracts_relations import (
    ARTIFACT,
    Activity,
    Baskets,
    Line,
    PairRules,
    ProductRelations,
    Relation,
    TrendRules,
)
from apps.recommendations.domain.basket_pairs import relation_of
from apps.recommendations.domain.baskets import baskets_pack
from apps.recommendations.domain.trends import trend_of
from apps.recommendations.engines.relation_files import relations_write
from apps.recommendations.metrics_relations import (
    relations_baskets,
    relations_pairs,
    relations_sampled,
    trending_products,
)

_STEPS = 4
_BOUGHT = (EventType.PURCHASE, EventType.REFUND)
_VIEWED = (EventType.VIEW, EventType.CLICK)


def _untold(done: int, total: int, message: str) -> None:
    """Nobody waits."""


@dataclass(frozen=True, slots=True)
class RelationsReport:
    """What one run has found.

    Attributes:
        number: the version published; 0 for one that is not.
        products: that occur in any of it.
        baskets, visits: how many were counted.
        bought_pairs, viewed_pairs: neighbours kept.
        baskets_too_large, visits_too_large: left out, because they hold too many products.
        sampled: whether only some shoppers were read.
        trending: products on the rise.
    """

    number: int
    products: int
    baskets: int
    visits: int
    bought_pairs: int
    viewed_pairs: int
    baskets_too_large: int
    visits_too_large: int
    sampled: bool
    trending: int


def products_relate(*, as_of: datetime, progress: Progress) -> RelationsReport:
    """Find pairs and trends in what happened before `as_of`, and publish them.

    Args:
        as_of: the windows' end, exclusive; aware.
        progress: told four steps.
    """
    relations, report = relations_find(as_of=as_of, progress=progress)

    def write(folder: Path) -> Mapping[str, Scalar]:
        relations_write(folder, relations)
        found = asdict(report)
        del found["number"]
        return {"as_of": as_of.isoformat(), **found}

    number = artifact_publish(name=ARTIFACT, write=write)
    _measured(relations, report)
    progress(_STEPS, _STEPS, f"Version {number}")
    return replace(report, number=number)


def relations_find(
    *, as_of: datetime, progress: Progress = _untold
) -> tuple[ProductRelations, RelationsReport]:
    """The same without publishing: what could be known at `as_of`."""
    progress(0, _STEPS, "Reading baskets")
    bought = _baskets(as_of, _BOUGHT)
    progress(1, _STEPS, "Reading visits")
    viewed = _baskets(as_of, _VIEWED)
    progress(2, _STEPS, "Reading what is recent")
    activity = _activity(as_of)
    progress(3, _STEPS, "Counting pairs")
    relations = _relations(bought, viewed, activity, as_of)
    return relations, _report(relations, bought, viewed)


def relate_products_job(context: JobContext) -> JobOutcome:
    """What the job `relate_products` runs."""
    report = products_relate(as_of=context.as_of, progress=context.progress)
    return asdict(report)


def _measured(relations: ProductRelations, report: RelationsReport) -> None:
    for name, relation, too_large in (
        ("bought", relations.bought, report.baskets_too_large),
        ("viewed", relations.viewed, report.visits_too_large),
    ):
        relations_baskets.labels(name, "counted").set(relation.baskets)
        relations_baskets.labels(name, "too_large").set(too_large)
        relations_pairs.labels(name, "tested").set(relation.tested)
        relations_pairs.labels(name, "kept").set(len(relation))
    relations_sampled.set(report.sampled)
    trending_products.set(report.trending)


def _baskets(as_of: datetime, types: Sequence[EventType]) -> Baskets:
    days = settings.RELATIONS_WINDOW_DAYS
    return baskets_pack(
        _lines(as_of, days, types),
        pause_s=settings.RELATIONS_BASKET_PAUSE_MINUTES * 60.0,
        largest=settings.RELATIONS_BASKET_MOST,
        most_lines=settings.RELATIONS_LINES_MOST,
    )


def _lines(as_of: datetime, days: int, types: Sequence[EventType]) -> Iterator[Line]:
    return map(Line._make, lines_streamed(as_of=as_of, days=days, types=types))


def _activity(as_of: datetime) -> list[Activity]:
    found = product_activity(
        as_of=as_of,
        days=settings.TREND_WINDOW_DAYS,
        fast_days=settings.TREND_FAST_DAYS,
        slow_days=settings.TREND_SLOW_DAYS,
        recent_days=settings.TREND_RECENT_DAYS,
    )
    return [Activity._make(row) for row in found]


def _relations(
    bought: Baskets, viewed: Baskets, activity: Sequence[Activity], as_of: datetime
) -> ProductRelations:
    active = np.array([each.pk for each in activity], dtype=np.int32)
    pks = np.unique(np.concatenate([bought.pks, viewed.pks, active])).astype(np.int32)
    moment = as_of.timestamp()
    trend_rules = TrendRules(
        settings.TREND_LEAST_SHOPPERS, settings.TREND_LEAST_GROWTH, settings.TREND_PRIOR
    )
    return ProductRelations(
        pks=pks,
        bought=_relation(bought, pks, moment),
        viewed=_relation(viewed, pks, moment),
        trend=trend_of(pks, activity, trend_rules),
        as_of=moment,
    )


def _relation(baskets: Baskets, pks: Int32, as_of: float) -> Relation:
    rules = PairRules(
        least=settings.RELATIONS_LEAST_BASKETS,
        false_share=settings.RELATIONS_FALSE_SHARE,
        half_life_days=settings.RELATIONS_HALF_LIFE_DAYS,
        most=settings.RELATIONS_NEIGHBOURS,
    )
    return relation_of(baskets.recoded(pks), products=len(pks), as_of=as_of, rules=rules)


def _report(relations: ProductRelations, bought: Baskets, viewed: Baskets) -> RelationsReport:
    return RelationsReport(
        number=0,
        products=len(relations.pks),
        baskets=len(bought),
        visits=len(viewed),
        bought_pairs=len(relations.bought),
        viewed_pairs=len(relations.viewed),
        baskets_too_large=bought.too_large,
        visits_too_large=viewed.too_large,
        sampled=bought.sampled or viewed.sampled,
        trending=len(relations.trend),
    )
