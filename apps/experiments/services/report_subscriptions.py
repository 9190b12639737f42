"""Who is told of experiments: subscribing, changing, stopping; audited."""

import secrets
from collections.abc import Collection

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.access.services import Actor, audit_record
from apps.common.errors import InvalidInput, NotFound
from apps.experiments.contracts.reports import Channel, Occasion, SubscriptionView
from apps.experiments.engines.webhook import TargetRefused, url_check
from apps.experiments.models import Experiment, ReportSubscription
from apps.experiments.selectors.reports import subscription_view

SUBJECT_TYPE = "experiment_report_subscription"
_SECRET_BYTES = 32


@transaction.atomic
def report_subscription_create(
    *,
    channel: str,
    target: str,
    occasions: Collection[str],
    experiment: str = "",
    actor: Actor,
) -> tuple[SubscriptionView, str]:
    """Tell somebody of one experiment, or (without a key) of all.

    Returns:
        The subscription and the secret that signs its webhooks, which is never shown again;
        empty for e-mail.

    Raises:
        InvalidInput: an unknown channel or occasion, or a target that cannot be told.
        NotFound: no such experiment.
    """
    told = _channel(channel)
    secret = secrets.token_hex(_SECRET_BYTES) if told is Channel.WEBHOOK else ""
    row = ReportSubscription.objects.create(
        experiment=_experiment(experiment),
        channel=told.value,
        target=_target(told, target),
        secret=secret,
        occasions=_occasions(occasions),
    )
    view = subscription_view(row.pk)
    _audited(actor, "experiments.report_subscribed", view.id, None, view)
    return view, secret


@transaction.atomic
def report_subscription_edit(
    *,
    subscription_id: int,
    occasions: Collection[str] | None = None,
    active: bool | None = None,
    actor: Actor,
) -> SubscriptionView:
    """Change what is told, or pause it. Another target is another subscription.

    Raises:
        InvalidInput: an unknown occasion.
        NotFound: no such subscription.
    """
    before = subscription_view(subscription_id)
    row = ReportSubscription.objects.select_for_update().get(pk=subscription_id)
    if occasions is not None:
        row.occasions = _occasions(occasions)
    if active is not None:
        row.active = active
    row.save(update_fields=["occasions", "active"])
    after = subscription_view(subscription_id)
    _audited(actor, "experiments.report_subscription_changed", after.id, before, after)
    return after


@transaction.atomic
def report_subscription_remove(*, subscription_id: int, actor: Actor) -> None:
    """Stop telling somebody; the log of deliveries goes with the subscription.

    Raises:
        NotFound: no such subscription.
    """
    before = subscription_view(subscription_id)
    ReportSubscription.objects.filter(pk=subscription_id).delete()
    _audited(actor, "experiments.report_unsubscribed", subscription_id, before, None)


@transaction.atomic
def report_secret_renew(*, subscription_id: int, actor: Actor) -> str:
    """A new secret for a webhook; the old one signs nothing from now on.

    Raises:
        NotFound: no such subscription.
        InvalidInput: it is no webhook.
    """
    if subscription_view(subscription_id).channel is not Channel.WEBHOOK:
        raise InvalidInput("Only webhooks are signed.", field="channel")
    secret = secrets.token_hex(_SECRET_BYTES)
    ReportSubscription.objects.filter(pk=subscription_id).update(secret=secret)
    _audited(actor, "experiments.report_secret_renewed", subscription_id, None, None)
    return secret


def _channel(channel: str) -> Channel:
    try:
        return Channel(channel)
    except ValueError:
        raise InvalidInput("A channel is email or webhook.", field="channel") from None


def _occasions(occasions: Collection[str]) -> list[str]:
    known = {each.value for each in Occasion}
    if not occasions or not set(occasions) <= known:
        message = f"Choose one or more of {', '.join(sorted(known))}."
        raise InvalidInput(message, field="occasions")
    return [each.value for each in Occasion if each.value in occasions]


def _target(channel: Channel, target: str) -> str:
    """An address that can be told, judged as far as that is possible without the network."""
    trimmed = target.strip()
    try:
        if channel is Channel.EMAIL:
            validate_email(trimmed)
        else:
            url_check(trimmed, allow_private=settings.EXPERIMENT_WEBHOOK_PRIVATE)
    except ValidationError:
        raise InvalidInput("This is no e-mail address.", field="target") from None
    except TargetRefused as error:
        raise InvalidInput(f"Refused: {error}.", field="target") from error
    if len(trimmed) > _LONGEST_TARGET:
        message = f"An address has at most {_LONGEST_TARGET} characters."
        raise InvalidInput(message, field="target")
    return trimmed


_LONGEST_TARGET = 500


def _experiment(key: str) -> Experiment | None:
    if not key:
        return None
    row = Experiment.objects.filter(key=key).first()
    if row is None:
        raise NotFound(f"There is no experiment {key}.")
    return row


def _audited(
    actor: Actor,
    action: str,
    subscription_id: int,
    before: SubscriptionView | None,
    after: SubscriptionView | None,
) -> None:
    """Without the secret: an audit trail is read by many."""
    audit_record(
        actor=actor,
        action=action,
        subject_type=SUBJECT_TYPE,
        subject_id=str(subscription_id),
        before=_recorded(before),
        after=_recorded(after),
    )


def _recorded(view: SubscriptionView | None) -> dict[str, object] | None:
    if view is None:
        return None
    return {
        "experiment": view.experiment,
        "channel": view.channel.value,
        "target": view.target,
        "occasions": [each.value for each in view.occasions],
        "active": view.active,
    }
