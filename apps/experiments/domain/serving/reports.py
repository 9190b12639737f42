"""What storefronts report: exposures and conversions, as they come in."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]
PhaseNumber = Annotated[int, Meta(ge=1, le=1_000_000)]


class ExposureReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit has seen a variant."""

    variant: Text
    phase: PhaseNumber | None = None
    event_id: Text | None = None
    occurred_at: Moment | None = None
    user_id: Text | None = None
    client_id: Text | None = None
    session_id: Text | None = None
    query_id: Text | None = None
    attributes: dict[str, object] = msgspec.field(default_factory=dict)


class ConversionReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit of an experiment did what a metric counts."""

    experiment: Text
    unit: Text
    metric: Text
    value: Decimal = Decimal(1)
    event_id: Text | None = None
    occurred_at: Moment | None = None
    attributes: dict[str, object] = msgspec.field(default_factory=dict)
