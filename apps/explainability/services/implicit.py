"""A judgement list from clicks, made anew from the last days' searches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.access.services import audit_record
from apps.events.selectors_shown import Shown, shown_and_clicked
from apps.explainability.contracts.judged import LOWEST_SCALE, JudgementSource
from apps.explainability.domain.clicks import (
    ClickCounts,
    ClickModel,
    Examination,
    Prior,
    clicks_fit,
    ratings_of,
)
from apps.explainability.domain.judgement_csv import LONGEST_QUERY
from apps.explainability.models import JudgedQuery, Judgement, JudgementList
from apps.explainability.services.lists import SUBJECT, queries_add_rows

LIST_NAME = "From clicks"
_DEEPEST = 50
_LEAST_PRODUCTS = 2  # a query with one product orders nothing
_BATCH = 2000
_HOW = {
    Examination.ESTIMATED: "examination of each position estimated by expectation maximisation",
    Examination.POWER_LAW: (
        "examination 1 / position (too few products moved between positions to estimate it)"
    ),
}
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ImplicitReport:
    """What the clicks said; zero of everything where there were too few.

    Attributes:
        impressions, clicks: that were read.
        queries, products: that got ratings.
        how: how the model was fitted.
    """

    impressions: int = 0
    clicks: int = 0
    queries: int = 0
    products: int = 0
    how: str = ""

    @property
    def outcome(self) -> dict[str, str | int | float | bool | None]:
        """What a job tells; empty when nothing was written."""
        if not self.products:
            return {}
        return {
            "queries": self.queries,
            "products": self.products,
            "impressions": self.impressions,
            "clicks": self.clicks,
            "how": self.how,
        }


def implicit_fit(*, as_of: datetime, prior: Prior | None = None) -> ImplicitReport:
    """Fit the click model and replace the list's ratings; the list is made when missing.

    A list without anything to be read stays as it is.
    """
    days, least = settings.RELEVANCE_CLICKS_DAYS, settings.RELEVANCE_CLICKS_LEAST_IMPRESSIONS
    rows = _worth_judging(
        list(
            shown_and_clicked(
                as_of=as_of, days=days, least=least, deepest=_DEEPEST, longest=LONGEST_QUERY
            )
        )
    )
    if not rows or not any(row.clicked for row in rows):
        return ImplicitReport()
    prior = prior or Prior()
    pairs = {pair: at for at, pair in enumerate(dict.fromkeys(map(_pair, rows)))}
    counts = _counts(rows, pairs)
    model = clicks_fit(counts, prior)
    report = ImplicitReport(
        impressions=int(counts.shown.sum()),
        clicks=int(counts.clicked.sum()),
        queries=len({query for query, _ in pairs}),
        products=len(pairs),
        how=_HOW[model.how],
    )
    _store(pairs, counts, model, report, f"{_how(report, prior, days, least)} As of {as_of:%F}.")
    return report


def _pair(row: Shown) -> Pair:
    return row.query, row.product_id


def _worth_judging(rows: list[Shown]) -> list[Shown]:
    """Rows of queries that were clicked at all and showed two products often enough."""
    products: dict[str, set[str]] = {}
    clicked: set[str] = set()
    for row in rows:
        products.setdefault(row.query, set()).add(row.product_id)
        if row.clicked:
            clicked.add(row.query)
    return [
        row for row in rows if row.query in clicked and len(products[row.query]) >= _LEAST_PRODUCTS
    ]


def _counts(rows: list[Shown], pairs: dict[Pair, int]) -> ClickCounts:
    return ClickCounts(
        pairs=np.asarray([pairs[_pair(row)] for row in rows], dtype=np.int64),
        positions=np.asarray([row.position for row in rows], dtype=np.int64),
        shown=np.asarray([row.shown for row in rows], dtype=np.float64),
        clicked=np.asarray([row.clicked for row in rows], dtype=np.float64),
    )


def _how(report: ImplicitReport, prior: Prior, days: int, least: int) -> str:
    return (
        f"Position-based click model over {days} days: {report.impressions:,} impressions, "
        f"{report.clicks:,} clicks; {report.how}. Products shown {least} times or more for a "
        f"query; attractiveness smoothed by a Beta prior of {prior.impressions:g} impressions; "
        f"ratings in equal steps of attractiveness up to its 95th percentile."
    )


def _store(
    pairs: dict[Pair, int],
    counts: ClickCounts,
    model: ClickModel,
    report: ImplicitReport,
    how: str,
) -> None:
    with transaction.atomic():
        row = _list()
        row.how = how
        row.save(update_fields=["how", "changed_at"])
        Judgement.objects.filter(judgement_list=row).delete()
        JudgedQuery.objects.filter(judgement_list=row).delete()
        queries_add_rows(row.pk, {query for query, _ in pairs})
        Judgement.objects.bulk_create(_judgements(row, pairs, counts, model), batch_size=_BATCH)
        audit_record(
            actor=None,
            action="judgementlist.fit",
            subject_type=SUBJECT,
            subject_id=str(row.pk),
            after=dict(report.outcome),
        )


def _judgements(
    row: JudgementList, pairs: dict[Pair, int], counts: ClickCounts, model: ClickModel
) -> Iterator[Judgement]:
    ratings = ratings_of(model.attractiveness, top=LOWEST_SCALE)
    shown = np.bincount(counts.pairs, counts.shown, len(pairs))
    clicked = np.bincount(counts.pairs, counts.clicked, len(pairs))
    now = timezone.now()
    for (query, product), at in pairs.items():
        yield Judgement(
            judgement_list=row,
            query=query,
            product_id=product,
            rating=int(ratings[at]),
            rated_at=now,
            evidence={
                "impressions": int(shown[at]),
                "clicks": int(clicked[at]),
                "attractiveness": round(float(model.attractiveness[at]), 6),
            },
        )


def _list() -> JudgementList:
    row, _ = JudgementList.objects.get_or_create(
        name=LIST_NAME,
        defaults={
            "source": JudgementSource.IMPLICIT.value,
            "description": "What shoppers clicked, freed from where it stood.",
        },
    )
    return JudgementList.objects.select_for_update().get(pk=row.pk)
