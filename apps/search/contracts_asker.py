"""On whose behalf is searched, and whom the answer follows."""

from dataclasses import dataclass

from apps.recommendations.contracts import Shopper


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf; all of it optional.

    Attributes:
        user_id: a shopper who is logged in, as the shop names them.
        client_id: a browser or device.
        session_id: one visit.
        principal: prefix of the API key, or a person's name.
        user_vouched: whether the caller may say who is logged in; else the user counts for
            experiments and logs, and nothing of theirs is read.
    """

    user_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None
    principal: str = ""
    user_vouched: bool = True

    @property
    def followed_user(self) -> str | None:
        """The user whose history and visit may be read."""
        return self.user_id if self.user_vouched else None


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """The shopper whom an answer follows.

    Attributes:
        shopper: who asks, as far as anything is known of them.
        at: unix seconds, the moment that the ages of their history are counted from.
    """

    shopper: Shopper
    at: float
