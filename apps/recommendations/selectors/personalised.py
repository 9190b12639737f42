"""What may follow the shopper here: the settings' flags over what is wanted."""

from functools import lru_cache

from django.conf import settings

from apps.recommendations.contracts import Personalisation
from apps.recommendations.domain.personalising import personalisation_allowed


def personalisation_flags() -> Personalisation:
    """What the installation's settings say: its defaults, and what is off for everybody."""
    return _flags(
        settings.PERSONALISATION_HISTORY,
        settings.PERSONALISATION_SESSION,
        settings.PERSONALISATION_SESSION_WEIGHT,
        settings.PERSONALISATION_REVISIT_WEIGHT,
    )


def personalisation_in_force(wanted: Personalisation) -> Personalisation:
    """What is wanted, without what the settings switch off."""
    return personalisation_allowed(wanted, personalisation_flags())


def user_vouched(*, public: bool) -> bool:
    """Whether a caller may say who is logged in.

    Args:
        public: whether it comes with a storefront's key, which anybody can send.
    """
    allowed: bool = settings.PERSONALISATION_PUBLIC_USER_IDS
    return allowed or not public


@lru_cache(maxsize=8)
def _flags(
    history: bool,  # noqa: FBT001 - as the settings have them
    session: bool,  # noqa: FBT001 - likewise
    session_weight: float,
    revisit_weight: float,
) -> Personalisation:
    return Personalisation(history, session, session_weight, revisit_weight)
