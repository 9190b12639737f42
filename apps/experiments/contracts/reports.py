"""Reports that leave the house: who is told what, and how it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.experiments.contracts.assignment import Json

PAYLOAD_VERSION = 1
SIGNATURE_HEADER = "Endcap-Signature"
DELIVERY_HEADER = "Endcap-Delivery"
OCCASION_HEADER = "Endcap-Occasion"


class Occasion(StrEnum):
    """What is worth telling."""

    STARTED = "started"
    SRM = "srm"
    GUARDRAIL_BREACH = "guardrail_breach"
    SIGNIFICANCE = "significance"
    PLANNED_END = "planned_end"


class Channel(StrEnum):
    """How it is told."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class ReportSubject:
    """The experiment that a report is about.

    Attributes:
        key, name, hypothesis, owner, status: as they stand.
        variants: key → name, control first.
        page: path of the result page.
    """

    key: str
    name: str
    hypothesis: str
    owner: str
    status: str
    variants: Mapping[str, str]
    page: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One occasion of one experiment.

    Attributes:
        occasion: which.
        once: an experiment tells each of these once to a subscriber.
        headline: one sentence.
        reasons: sentences with their numbers.
        facts: the numbers, for machines.
    """

    occasion: Occasion
    once: str
    headline: str
    reasons: tuple[str, ...]
    facts: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """One subscriber; the secret of a webhook is never shown again.

    Attributes:
        experiment: key, empty for all experiments.
    """

    id: int
    experiment: str
    channel: Channel
    target: str
    occasions: tuple[Occasion, ...]
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One report to one subscriber: `state` is pending, delivered or dead."""

    id: int
    subscription_id: int
    experiment: str
    occasion: Occasion
    state: str
    attempts: int
    next_attempt_at: datetime
    last_error: str
    created_at: datetime
    delivered_at: datetime | None
