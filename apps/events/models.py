"""Tables of events. Both logs are range-partitioned by their UUIDv7, month by month."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q

from apps.events.contracts import EventType

_PRESENT_PRODUCT = Q(product_id__isnull=False)
_PRESENT_USER = Q(user_id__isnull=False)
_PRESENT_CLIENT = Q(client_id__isnull=False)
_PRESENT_QUERY = Q(query_id__isnull=False)
_EXPOSURE = Q(type="exposure")


class Event(models.Model):
    """Never edited. Absent text is NULL, so that `count(distinct user_id)` is honest."""

    id = models.UUIDField(primary_key=True)
    type = models.TextField(choices=[(kind.value, kind.value) for kind in EventType])
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    user_id = models.TextField(null=True)  # noqa: DJ001 - absent is NULL: distinct counts stay honest
    client_id = models.TextField(null=True)  # noqa: DJ001 - the same
    session_id = models.TextField(null=True)  # noqa: DJ001 - the same
    query_id = models.TextField(null=True)  # noqa: DJ001 - the same
    product_id = models.TextField(null=True)  # noqa: DJ001 - the same
    position = models.IntegerField(null=True)
    quantity = models.IntegerField(null=True)
    value = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    currency = models.TextField(null=True)  # noqa: DJ001 - the same
    experiment = models.TextField(null=True)  # noqa: DJ001 - the same
    variant = models.TextField(null=True)  # noqa: DJ001 - the same
    attributes = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(
                fields=["product_id", "occurred_at"],
                name="events_event_product",
                condition=_PRESENT_PRODUCT,
            ),
            models.Index(
                fields=["user_id", "occurred_at"],
                name="events_event_user",
                condition=_PRESENT_USER,
            ),
            models.Index(
                fields=["client_id", "occurred_at"],
                name="events_event_client",
                condition=_PRESENT_CLIENT,
            ),
            models.Index(fields=["query_id"], name="events_event_query", condition=_PRESENT_QUERY),
            models.Index(
                fields=["experiment", "occurred_at"],
                name="events_event_exposure",
                condition=_EXPOSURE,
            ),
            BrinIndex(fields=["occurred_at"], name="events_event_time", autosummarize=True),
        ]
        verbose_name = "event"
        verbose_name_plural = "events"

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class QueryLog(models.Model):
    """One answered search; the primary key is the `query_id` that the answer carried."""

    id = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()
    query = models.TextField()
    normalised = models.TextField()
    filters = models.JSONField(default=dict)
    sort = models.TextField()
    page = models.IntegerField()
    per_page = models.IntegerField()
    results_count = models.IntegerField()
    product_ids = ArrayField(models.TextField())
    positions = ArrayField(models.IntegerField())
    category = models.TextField(null=True)  # noqa: DJ001 - absent is NULL, as in Event
    latency_ms = models.FloatField()
    cache_hit = models.BooleanField()
    degraded = ArrayField(models.TextField())
    user_id = models.TextField(null=True)  # noqa: DJ001 - the same
    client_id = models.TextField(null=True)  # noqa: DJ001 - the same
    session_id = models.TextField(null=True)  # noqa: DJ001 - the same
    experiments = models.JSONField(default=list)
    versions = models.JSONField(default=dict)
    principal = models.TextField()
    query_class = models.TextField(null=True)  # noqa: DJ001 - the same
    corrected = models.TextField(null=True)  # noqa: DJ001 - the same
    synonyms = models.JSONField(default=list, db_default=[])
    applied_rules = ArrayField(models.TextField(), default=list, db_default=[])
    fallback = models.TextField(default="", db_default="")
    swap = models.IntegerField(null=True)
    features = models.BinaryField(null=True)
    record = models.UUIDField(null=True)
    category_share = models.FloatField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user_id", "occurred_at"],
                name="events_querylog_user",
                condition=_PRESENT_USER,
            ),
            models.Index(
                fields=["client_id", "occurred_at"],
                name="events_querylog_client",
                condition=_PRESENT_CLIENT,
            ),
            BrinIndex(fields=["occurred_at"], name="events_querylog_time", autosummarize=True),
            # Only searches that rules acted on: empty where a shop has no rules.
            GinIndex(
                fields=["applied_rules"],
                name="events_querylog_rules",
                condition=~models.Q(applied_rules=[]),
            ),
        ]
        verbose_name = "logged search"
        verbose_name_plural = "query log"

    def __str__(self) -> str:
        return f"{self.query!r} {self.id}"


class IdentityState(models.Model):
    """How far `events_identity` has read the events; one row.

    The table itself is SQL's alone (`services.identity`): its bounds are infinite, which no
    Python datetime is.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    horizon = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"identity up to {self.horizon}"


class EventImport(models.Model):
    """One imported file: its time shift is drawn once, so that importing again is a replay."""

    checksum = models.CharField(max_length=64)
    format = models.CharField(max_length=20)
    shifted = models.BooleanField()
    shift_days = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checksum", "format", "shifted"], name="events_import_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.checksum[:12]}"
