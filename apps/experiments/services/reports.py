"""What is told, to whom, when: notices become one delivery a subscriber, each once."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.common.errors import NotFound
from apps.experiments.contracts.design import ExperimentKind
from apps.experiments.contracts.reports import Notice
from apps.experiments.domain.analysis.documents import results_read
from apps.experiments.domain.report_words import notices, report_document, started_notice
from apps.experiments.models import Analysis, Experiment, ReportDelivery, ReportSubscription
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.reports import report_subject


def reports_consider(*, key: str, now: datetime | None = None) -> int:
    """Queue what the latest analysis of an experiment is worth telling; how much was new.

    Called after each analysis. Without subscribers nothing of the analysis is read.

    Raises:
        NotFound: no such experiment.
    """
    row = Experiment.objects.filter(key=key).only("id", "kind").first()
    if row is None:
        raise NotFound(f"There is no experiment {key}.")
    if not _subscribers(row.pk).exists():
        return 0
    analysis = Analysis.objects.filter(experiment=row, latest=True).first()
    if analysis is None:
        return 0
    found = notices(
        results_read(analysis.document),
        ExperimentKind(row.kind),
        ends_at=experiment_view(key).design.schedule.ends_at,
    )
    return _queued(row.pk, key, found, now or timezone.now())


def report_started(*, key: str, now: datetime | None = None) -> int:
    """Queue that an experiment has started; in the transaction that starts it.

    Raises:
        NotFound: no such experiment.
    """
    view = experiment_view(key)
    if not _subscribers(view.id).exists():
        return 0
    phase = view.phase
    weights = phase.weights if phase else tuple(each.weight for each in view.design.variants)
    shares = dict(zip(view.design.variant_keys, weights, strict=True))
    notice = started_notice(report_subject(key), shares)
    return _queued(view.id, key, (notice,), now or timezone.now())


def _subscribers(experiment_id: int) -> QuerySet[ReportSubscription]:
    return ReportSubscription.objects.filter(
        Q(experiment_id=experiment_id) | Q(experiment=None), active=True
    )


@transaction.atomic
def _queued(experiment_id: int, key: str, found: Iterable[Notice], now: datetime) -> int:
    """One delivery a subscriber and notice; those told already stay as they are."""
    told = tuple(found)
    if not told:
        return 0
    subject = report_subject(key)
    url = settings.PUBLIC_URL.rstrip("/") + subject.page
    rows = [
        ReportDelivery(
            subscription=subscriber,
            experiment_id=experiment_id,
            occasion=notice.occasion.value,
            occasion_key=notice.once[:200],
            payload=report_document(subject, notice, told_at=now, url=url),
            next_attempt_at=now,
        )
        for subscriber in _subscribers(experiment_id)
        for notice in told
        if notice.occasion.value in subscriber.occasions
    ]
    before = ReportDelivery.objects.filter(experiment_id=experiment_id).count()
    ReportDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    return ReportDelivery.objects.filter(experiment_id=experiment_id).count() - before
