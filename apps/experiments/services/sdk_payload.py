"""The payload of GrowthBook's public SDKs, made once for each snapshot of what is served."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from apps.common.errors import Unavailable
from apps.experiments.domain.serving.plans import ServingPlans
from apps.experiments.selectors.serving import serving_plans

# Time alone changes a payload only when a phase begins or ends.
_KEPT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class SdkPayload:
    """The body and its strong ETag."""

    body: bytes
    etag: str


_last: tuple[ServingPlans, datetime, SdkPayload] | None = None


def sdk_payload(*, as_of: datetime) -> SdkPayload:
    """Every flag and started experiment, as any public SDK evaluates them.

    Raises:
        Unavailable: experiments could not be loaded.
    """
    global _last  # noqa: PLW0603 - one payload a process is kept
    plans = serving_plans()
    if not plans.complete:
        raise Unavailable("Experiments cannot be read now.")
    last = _last
    if last is not None and last[0] is plans and abs(as_of - last[1]) < _KEPT:
        return last[2]
    made = _made(plans, as_of)
    _last = (plans, as_of, made)
    return made


def _made(plans: ServingPlans, as_of: datetime) -> SdkPayload:
    body = msgspec.json.encode(
        {
            "status": 200,
            "features": plans.features(as_of),
            "experiments": [],
            "dateUpdated": plans.changed_at,
        }
    )
    return SdkPayload(body, f'"{sha256(body).hexdigest()[:32]}"')
