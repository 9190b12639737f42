"""The abstract version row, open to every app above, and the registry of kinds.

A kind is a concrete model (its content fields), a name, and the version counters to bump:

    class WeightSetVersion(PublishableVersion):
        content_fields = ("weights",)
        weights = models.JSONField(default=dict)

    publish_kind_register(
        PublishKind(name="ranking_weights", model=WeightSetVersion, bumps=("ranking_weights",))
    )

and a migration that depends on publishing 0001 and ends with
`migrations.RunSQL(*immutability_sql("ranking_weights_weightsetversion"))`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from apps.publishing.contracts import JsonValue, VersionStatus, VersionView

_SETTLED = (VersionStatus.PUBLISHED, VersionStatus.SUPERSEDED)


class PublishableVersion(models.Model):
    """One immutable, numbered version of one subject.

    Rows are written by `apps.publishing.services` only. The database itself refuses a
    second published row of a subject, a reviewer who is the author, and (by the trigger of
    `immutability_sql`) any change of what was published.
    """

    content_fields: ClassVar[tuple[str, ...]] = ()

    subject = models.CharField(max_length=200)
    number = models.PositiveIntegerField(editable=False)
    status = models.CharField(
        max_length=12,
        choices=[(status.value, status.value.replace("_", " ")) for status in VersionStatus],
        default=VersionStatus.DRAFT.value,
        editable=False,
    )
    based_on = models.PositiveIntegerField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="created by",
    )
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="reviewed by",
    )
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="published by",
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True, editable=False)
    reason = models.TextField(blank=True, default="", editable=False)

    class Meta:
        abstract = True
        ordering = ("subject", "-number")
        default_permissions = ("add", "change", "delete", "view", "publish", "review")
        constraints = [  # noqa: RUF012 - Django reads class-level lists
            models.UniqueConstraint(
                fields=["subject", "number"], name="%(app_label)s_%(class)s_number_once"
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(status=VersionStatus.PUBLISHED.value),
                name="%(app_label)s_%(class)s_one_published",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | Q(created_by__isnull=True)
                | ~Q(reviewed_by=F("created_by")),
                name="%(app_label)s_%(class)s_maker_not_checker",
                violation_error_message="Somebody else than its author must review a version.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in VersionStatus]),
                name="%(app_label)s_%(class)s_known_status",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[status.value for status in _SETTLED])
                | Q(published_at__isnull=False),
                name="%(app_label)s_%(class)s_published_when",
            ),
            models.CheckConstraint(
                condition=~Q(status=VersionStatus.DRAFT.value)
                | Q(reviewed_by__isnull=True, reviewed_at__isnull=True),
                name="%(app_label)s_%(class)s_draft_unreviewed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} version {self.number} ({self.status})"

    def content(self) -> dict[str, JsonValue]:
        """The content fields by name."""
        return {name: getattr(self, name) for name in self.content_fields}

    def content_clean(self) -> None:
        """Refuse content that must never be stored; override in a kind.

        Raises:
            ValidationError: naming the field.
        """

    def clean(self) -> None:
        """Called by full_clean before every write of content."""
        super().clean()
        if not self.subject:
            raise ValidationError({"subject": "A version needs a subject."})
        self.content_clean()


def _describe(version: VersionView) -> str:
    return f"{version.subject} version {version.number}"


@dataclass(frozen=True, slots=True)
class PublishKind:
    """A sort of thing that is published.

    Attributes:
        name: `snake_case`, unique in the house.
        model: its concrete table.
        bumps: version counters bumped in the transaction that publishes.
        describe: one line for lists and audit.
        title: what admin calls it; the model's verbose name when empty.
        review_required: whether a second person must approve; the house's setting when None.
    """

    name: str
    model: type[PublishableVersion]
    bumps: tuple[str, ...] = ()
    describe: Callable[[VersionView], str] = _describe
    title: str = ""
    review_required: Callable[[], bool] | None = None

    @property
    def reviewed(self) -> bool:
        """Whether a second person must approve a version before it is published."""
        if self.review_required is not None:
            return self.review_required()
        return bool(settings.ENDCAP_REVIEW_REQUIRED)


class UnknownKind(ValueError):
    """No kind of this name is registered."""


_kinds: dict[str, PublishKind] = {}


def publish_kind_register(kind: PublishKind) -> None:
    """Make a kind known; called in `AppConfig.ready()`."""
    _kinds[kind.name] = kind


def publish_kind_unregister(name: str) -> None:
    """Forget a kind (tests)."""
    _kinds.pop(name, None)


def publish_kinds() -> tuple[PublishKind, ...]:
    """Every kind, by name."""
    return tuple(sorted(_kinds.values(), key=lambda kind: kind.name))


def publish_kind(name: str) -> PublishKind:
    """The kind called `name`.

    Raises:
        UnknownKind: none is.
    """
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(name) from None


def immutability_sql(table: str) -> tuple[str, str]:
    """Forward and backward SQL that guards a kind's table; for `migrations.RunSQL(*…)`.

    The trigger function itself is created by publishing's first migration.
    """
    trigger = f"{table}_immutable"
    forward = (
        f'CREATE TRIGGER "{trigger}" BEFORE UPDATE OR DELETE ON "{table}" '
        "FOR EACH ROW EXECUTE FUNCTION publishing_version_guard()"
    )
    return forward, f'DROP TRIGGER IF EXISTS "{trigger}" ON "{table}"'
