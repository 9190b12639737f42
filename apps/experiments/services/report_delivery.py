"""Telling what is queued: by e-mail or signed webhook, again after a failure, at last given up.

A delivery is claimed in a transaction of its own before anything leaves the house, so that two
workers never tell the same at once and a slow receiver holds no lock. A worker that dies between
sending and noting it sends again: receivers know a repetition by the delivery's id.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from apps.experiments.contracts.reports import (
    DELIVERY_HEADER,
    OCCASION_HEADER,
    SIGNATURE_HEADER,
    Channel,
)
from apps.experiments.domain.report_retry import next_attempt
from apps.experiments.domain.report_signing import signature_header
from apps.experiments.domain.report_words import mail_words
from apps.experiments.engines.webhook import PostFailed, TargetRefused, webhook_post
from apps.experiments.models import ReportDelivery

logger = logging.getLogger(__name__)

_LEASE = timedelta(minutes=5)
"""Longer than any attempt may take: a claim that is older belonged to a worker that died."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one run of the job did."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


def reports_deliver(*, now: datetime | None = None, at_most: int = 100) -> DeliveryReport:
    """Attempt every report that is due, the longest waiting first.

    Args:
        now: what is due then; defaults to the clock, which is read anew for each report.
        at_most: attempts in this run.
    """
    counts = {"delivered": 0, "pending": 0, "dead": 0}
    for _ in range(at_most):
        moment = now or timezone.now()
        row = _claimed(moment)
        if row is None:
            break
        counts[_attempted(row, moment)] += 1
    return DeliveryReport(counts["delivered"], counts["pending"], counts["dead"])


@transaction.atomic
def _claimed(now: datetime) -> ReportDelivery | None:
    """The next due report, put out of the others' sight for a while."""
    row = (
        ReportDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("subscription", "experiment")
        .filter(state="pending", next_attempt_at__lte=now)
        .order_by("next_attempt_at", "id")
        .first()
    )
    if row is None:
        return None
    row.attempts += 1
    row.next_attempt_at = now + _LEASE
    row.save(update_fields=["attempts", "next_attempt_at"])
    return row


def _attempted(row: ReportDelivery, now: datetime) -> str:
    """Send and note what came of it; answers the state."""
    error, final = _sent(row, now)
    again = None if final else next_attempt(now, row.attempts)
    row.last_error = error
    if not error:
        row.state, row.delivered_at = "delivered", now
    elif again is None:
        row.state = "dead"
    else:
        row.next_attempt_at = again
    row.save(update_fields=["state", "delivered_at", "last_error", "next_attempt_at"])
    logger.log(
        logging.WARNING if error else logging.INFO,
        "experiment report",
        extra={
            "delivery_id": row.pk,
            "experiment": row.experiment.key,
            "occasion": row.occasion,
            "channel": row.subscription.channel,
            "attempt": row.attempts,
            "state": row.state,
            "error": error,
        },
    )
    return row.state


def _sent(row: ReportDelivery, now: datetime) -> tuple[str, bool]:
    """What went wrong (empty: nothing), and whether trying again is pointless."""
    if not row.subscription.active:
        return "the subscription is switched off", True
    try:
        if row.subscription.channel == Channel.EMAIL.value:
            _mail(row)
        else:
            _post(row, now)
    except TargetRefused as error:
        return str(error), True
    except (PostFailed, SMTPException, OSError) as error:
        return f"{type(error).__name__}: {error}", False
    return "", False


def _mail(row: ReportDelivery) -> None:
    subject, text = mail_words(row.payload)
    headers = {"X-Endcap-Delivery": str(row.pk), "Auto-Submitted": "auto-generated"}
    EmailMessage(subject, text, to=[row.subscription.target], headers=headers).send()


def _post(row: ReportDelivery, now: datetime) -> None:
    body = json.dumps({"id": str(row.pk), **row.payload}, separators=(",", ":")).encode()
    signature = signature_header(
        row.subscription.secret, timestamp=int(now.timestamp()), body=body
    )
    webhook_post(
        row.subscription.target,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": "Endcap-Reports/1",
            SIGNATURE_HEADER: signature,
            DELIVERY_HEADER: str(row.pk),
            OCCASION_HEADER: row.occasion,
        },
        timeout_s=settings.EXPERIMENT_WEBHOOK_TIMEOUT_S,
        allow_private=settings.EXPERIMENT_WEBHOOK_PRIVATE,
    )
