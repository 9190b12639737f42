"""Subscribers of reports, and what was delivered to them."""

from apps.common.errors import NotFound
from apps.experiments.contracts.reports import (
    Channel,
    DeliveryView,
    Occasion,
    ReportSubject,
    SubscriptionView,
)
from apps.experiments.models import ReportDelivery, ReportSubscription
from apps.experiments.selectors.experiments import experiment_view


def subscriptions(*, experiment: str | None = None) -> tuple[SubscriptionView, ...]:
    """Every subscriber, or those who hear of this experiment; one statement."""
    rows = ReportSubscription.objects.select_related("experiment").order_by("target", "id")
    views = tuple(_view(row) for row in rows)
    if experiment is None:
        return views
    return tuple(view for view in views if view.experiment in {"", experiment})


def subscription_view(subscription_id: int) -> SubscriptionView:
    """One subscriber.

    Raises:
        NotFound: there is none.
    """
    rows = ReportSubscription.objects.select_related("experiment")
    row = rows.filter(pk=subscription_id).first()
    if row is None:
        raise NotFound("There is no such subscription.")
    return _view(row)


def deliveries(
    *, subscription_id: int | None = None, experiment: str | None = None, at_most: int = 100
) -> tuple[DeliveryView, ...]:
    """The newest deliveries, of one subscriber or experiment; one statement."""
    rows = ReportDelivery.objects.select_related("experiment").order_by("-created_at", "-id")
    if subscription_id is not None:
        rows = rows.filter(subscription_id=subscription_id)
    if experiment is not None:
        rows = rows.filter(experiment__key=experiment)
    return tuple(_delivery(row) for row in rows[:at_most])


def report_subject(key: str) -> ReportSubject:
    """The experiment as a report names it.

    Raises:
        NotFound: there is none.
    """
    view = experiment_view(key)
    return ReportSubject(
        key=view.key,
        name=view.design.name,
        hypothesis=view.design.hypothesis,
        owner=view.owner,
        status=view.status.value,
        variants={each.key: each.name or each.key for each in view.design.variants},
        page=f"/experiments/{view.key}/",
    )


def _view(row: ReportSubscription) -> SubscriptionView:
    return SubscriptionView(
        id=row.pk,
        experiment=row.experiment.key if row.experiment else "",
        channel=Channel(row.channel),
        target=row.target,
        occasions=tuple(Occasion(each) for each in row.occasions),
        active=row.active,
        created_at=row.created_at,
    )


def _delivery(row: ReportDelivery) -> DeliveryView:
    return DeliveryView(
        id=row.pk,
        subscription_id=row.subscription_id,
        experiment=row.experiment.key,
        occasion=Occasion(row.occasion),
        state=row.state,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        last_error=row.last_error,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
    )
