from django.contrib.auth.models import AbstractUser, Group
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from apps.access.contracts import PUBLIC_SCOPES, IpArea, Scope
from apps.access.domain.groups import scope_codename
from apps.access.validators import network_validate, origin_validate

ONE_PER_MINUTE = 1


_KEY_STATE = (
    "name", "prefix", "scopes", "public", "allowed_origins", "allowed_networks",
    "denied_networks", "rate_per_minute", "expires_at", "revoked_at",
)  # fmt: skip


class User(AbstractUser):
    """A person who works in admin. Shoppers are never users."""


class ApiKey(models.Model):
    """A program's key. Only the SHA-256 of its secret is kept; rows are revoked, never deleted."""

    name = models.CharField(max_length=100, help_text="What uses it: an application, a page.")
    prefix = models.CharField(max_length=20, unique=True, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=40, choices=[(scope.value, scope.value) for scope in Scope])
    )
    public = models.BooleanField(
        default=False,
        help_text="A storefront key that stands in a page's source; bound to its origins.",
    )
    allowed_origins = ArrayField(
        models.CharField(max_length=300, validators=[origin_validate]), default=list, blank=True
    )
    allowed_networks = ArrayField(
        models.CharField(max_length=50, validators=[network_validate]), default=list, blank=True
    )
    denied_networks = ArrayField(
        models.CharField(max_length=50, validators=[network_validate]), default=list, blank=True
    )
    rate_per_minute = models.PositiveIntegerField(
        validators=[MinValueValidator(ONE_PER_MINUTE)], help_text="Requests allowed in a minute."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    rotated_from = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "API key"
        ordering = ("name", "-created_at")
        constraints = [
            models.CheckConstraint(
                name="access_apikey_rate_positive",
                condition=models.Q(rate_per_minute__gte=ONE_PER_MINUTE),
            ),
            models.CheckConstraint(
                name="access_apikey_public_bound",
                condition=models.Q(public=False)
                | (
                    models.Q(scopes__contained_by=sorted(PUBLIC_SCOPES))
                    & ~models.Q(allowed_origins=[])
                ),
                violation_error_message=(
                    "A public key names its origins and holds only scopes that every shopper has."
                ),
            ),
        ]
        permissions = [
            (scope_codename(scope), f"May call what asks for {scope.value}") for scope in Scope
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    def state(self) -> dict[str, object]:
        """As audit rows show it; without its hash."""
        return {name: getattr(self, name) for name in _KEY_STATE}


class IpRule(models.Model):
    """One line of the installation's allow or deny list. Deny wins."""

    class Verdict(models.TextChoices):
        ALLOW = "allow", "Allow"
        DENY = "deny", "Deny"

    network = models.CharField(
        max_length=50,
        validators=[network_validate],
        help_text="An address, or a network such as 10.0.0.0/8 or 2001:db8::/32.",
    )
    verdict = models.CharField(max_length=5, choices=Verdict)
    area = models.CharField(
        max_length=10,
        choices=[(area.value, area.value.capitalize()) for area in IpArea],
        default=IpArea.API.value,
        help_text="As soon as an area has one allow rule, every other address is refused there.",
    )
    note = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "IP rule"
        ordering = ("area", "verdict", "network")
        constraints = [
            models.UniqueConstraint(
                fields=("network", "verdict", "area"), name="access_iprule_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.network} ({self.area})"


class AuditEntry(models.Model):
    """What somebody did. A trigger refuses every change of a row (migration 0002)."""

    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    # No constraint: removing a person must not need a change of what they did.
    actor = models.ForeignKey(
        User,
        null=True,
        editable=False,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(max_length=150, editable=False)
    action = models.CharField(max_length=60, editable=False)
    subject_type = models.CharField(max_length=60, editable=False)
    subject_id = models.CharField(max_length=200, editable=False)
    before = models.JSONField(null=True, editable=False)
    after = models.JSONField(null=True, editable=False)
    reason = models.TextField(blank=True, editable=False)
    request_id = models.CharField(max_length=36, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)
    ip = models.GenericIPAddressField(null=True, editable=False)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=("subject_type", "subject_id"), name="access_audit_subject"),
            models.Index(fields=("action", "-id"), name="access_audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.subject_type} {self.subject_id}"


class GroupGrant(models.Model):
    """A permission a group was given by default, once: what a person takes away stays away."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+")
    permission = models.CharField(max_length=200)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("group", "permission"), name="access_groupgrant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.permission}"


class IdempotentReply(models.Model):
    """What a request with an `Idempotency-Key` was answered; written in its own transaction."""

    caller = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, blank=True, default="")
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("caller", "key"), name="access_idempotent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
