"""Every change of a password leaves an audit row, by whatever page or command it came."""

from typing import Any

from apps.access.domain.audit import REDACTED
from apps.access.services import audit_record


class PasswordChangeAudit:
    """A password validator that finds nothing wrong: Django tells validators of changes."""

    def validate(self, password: str, user: object = None) -> None:
        del password, user

    def get_help_text(self) -> str:
        return "The change is recorded in the audit log; the password is not."

    def password_changed(self, password: str, user: Any = None) -> None:
        del password
        if user is not None and user.pk is not None:
            audit_record(
                actor=None,
                action="user.password",
                subject_type="access.user",
                subject_id=str(user.pk),
                after={"username": user.get_username(), "password": REDACTED},
            )
