"""QA links: made by people, checked on every request that carries one."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.encoding import force_bytes

from apps.access.services import audit_record
from apps.common.errors import InvalidInput, NotFound
from apps.experiments.contracts.serving import QaLink, QaOverride
from apps.experiments.domain.assignment.plan_one import OVERRIDABLE
from apps.experiments.domain.serving.qa_tokens import QaTokenInvalid, qa_token_make, qa_token_read
from apps.experiments.selectors.serving import serving_plans

logger = structlog.get_logger(__name__)
_MOST_HOURS = 24 * 90
_MOST_TOKENS = 10


def signing_secrets() -> tuple[bytes, ...]:
    """What signs first, then what was signed with before a rotation of SECRET_KEY."""
    return tuple(
        force_bytes(each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def qa_link_make(
    *,
    key: str,
    variant: str,
    hours: float = 24.0,
    actor: AbstractBaseUser | None,
    now: datetime | None = None,
) -> QaLink:
    """A token that shows `variant` for so many hours; audited.

    Raises:
        NotFound: no such experiment, or it has ended.
        InvalidInput: no such variant, or too many hours.
    """
    experiment = serving_plans().experiments.get(key)
    if experiment is None or experiment.spec.status not in OVERRIDABLE:
        raise NotFound(f"No experiment {key} can be looked at.")
    if variant not in experiment.spec.variant_keys:
        raise InvalidInput(f"{key} has no variant {variant}.", field="variant")
    if not 0 < hours <= _MOST_HOURS:
        raise InvalidInput(f"A link lives up to {_MOST_HOURS} hours.", field="hours")
    expires_at = (now or timezone.now()) + timedelta(hours=hours)
    override = QaOverride(key, variant, expires_at.replace(microsecond=0))
    token = qa_token_make(secret=signing_secrets()[0], override=override)
    audit_record(
        actor=actor,
        action="experiment.qa_link",
        subject_type="experiments.experiment",
        subject_id=key,
        before=None,
        after={"variant": variant, "expires_at": override.expires_at.isoformat()},
    )
    return QaLink(key, variant, token, override.expires_at)


def qa_overrides(qa: str, *, as_of: datetime) -> Mapping[str, str]:
    """Experiment to variant of every token in `qa`, which a comma parts.

    Raises:
        InvalidInput: a token is forged, torn or expired.
    """
    found = {}
    for token in qa.split(",")[:_MOST_TOKENS]:
        try:
            override = qa_token_read(secrets=signing_secrets(), token=token.strip(), as_of=as_of)
        except QaTokenInvalid as error:
            raise InvalidInput(str(error), field="qa", code="qa_token_invalid") from error
        found[override.experiment] = override.variant
    return found


def qa_overrides_lenient(qa: str, *, as_of: datetime) -> Mapping[str, str]:
    """The same for a shopper's page: an old link shows the shop as it is."""
    try:
        return qa_overrides(qa, as_of=as_of)
    except InvalidInput as error:
        logger.info("qa_token_ignored", reason=error.message)
        return {}
