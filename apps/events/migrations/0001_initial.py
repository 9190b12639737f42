"""The two logs are created as range-partitioned tables, which Django cannot say itself."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

TYPES = [
    "impression", "view", "click", "add_to_cart", "remove_from_cart",
    "purchase", "refund", "search", "exposure", "conversion",
]

CREATE_EVENT = """
CREATE TABLE events_event (
    id uuid NOT NULL PRIMARY KEY,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    user_id text,
    client_id text,
    session_id text,
    query_id text,
    product_id text,
    position integer,
    quantity integer,
    value numeric(14, 4),
    currency text,
    experiment text,
    variant text,
    attributes jsonb NOT NULL DEFAULT '{}'
) PARTITION BY RANGE (id)
"""
CREATE_QUERYLOG = """
CREATE TABLE events_querylog (
    id uuid NOT NULL PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    query text NOT NULL,
    normalised text NOT NULL,
    filters jsonb NOT NULL,
    sort text NOT NULL,
    page integer NOT NULL,
    per_page integer NOT NULL,
    results_count integer NOT NULL,
    product_ids text[] NOT NULL,
    positions integer[] NOT NULL,
    category text,
    latency_ms double precision NOT NULL,
    cache_hit boolean NOT NULL,
    degraded text[] NOT NULL,
    user_id text,
    client_id text,
    session_id text,
    experiments jsonb NOT NULL,
    versions jsonb NOT NULL,
    principal text NOT NULL
) PARTITION BY RANGE (id)
"""

EVENT_STATE = migrations.CreateModel(
    name="Event",
    fields=[
        ("id", models.UUIDField(primary_key=True, serialize=False)),
        ("type", models.TextField(choices=[(name, name) for name in TYPES])),
        ("occurred_at", models.DateTimeField()),
        ("received_at", models.DateTimeField()),
        ("user_id", models.TextField(null=True)),
        ("client_id", models.TextField(null=True)),
        ("session_id", models.TextField(null=True)),
        ("query_id", models.TextField(null=True)),
        ("product_id", models.TextField(null=True)),
        ("position", models.IntegerField(null=True)),
        ("quantity", models.IntegerField(null=True)),
        ("value", models.DecimalField(decimal_places=4, max_digits=14, null=True)),
        ("currency", models.TextField(null=True)),
        ("experiment", models.TextField(null=True)),
        ("variant", models.TextField(null=True)),
        ("attributes", models.JSONField(default=dict)),
    ],
    options={"verbose_name": "event", "verbose_name_plural": "events"},
)
QUERYLOG_STATE = migrations.CreateModel(
    name="QueryLog",
    fields=[
        ("id", models.UUIDField(primary_key=True, serialize=False)),
        ("occurred_at", models.DateTimeField()),
        ("query", models.TextField()),
        ("normalised", models.TextField()),
        ("filters", models.JSONField(default=dict)),
        ("sort", models.TextField()),
        ("page", models.IntegerField()),
        ("per_page", models.IntegerField()),
        ("results_count", models.IntegerField()),
        ("product_ids", django.contrib.postgres.fields.ArrayField(
            base_field=models.TextField(), size=None)),
        ("positions", django.contrib.postgres.fields.ArrayField(
            base_field=models.IntegerField(), size=None)),
        ("category", models.TextField(null=True)),
        ("latency_ms", models.FloatField()),
        ("cache_hit", models.BooleanField()),
        ("degraded", django.contrib.postgres.fields.ArrayField(
            base_field=models.TextField(), size=None)),
        ("user_id", models.TextField(null=True)),
        ("client_id", models.TextField(null=True)),
        ("session_id", models.TextField(null=True)),
        ("experiments", models.JSONField(default=list)),
        ("versions", models.JSONField(default=dict)),
        ("principal", models.TextField()),
    ],
    options={"verbose_name": "logged search", "verbose_name_plural": "query log"},
)


def partial(fields, name, condition):
    index = models.Index(fields=fields, name=name, condition=condition)
    return migrations.AddIndex(model_name="event", index=index)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("common", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(CREATE_EVENT, "DROP TABLE events_event"),
                migrations.RunSQL(CREATE_QUERYLOG, "DROP TABLE events_querylog"),
            ],
            state_operations=[EVENT_STATE, QUERYLOG_STATE],
        ),
        partial(["product_id", "occurred_at"], "events_event_product",
                models.Q(product_id__isnull=False)),
        partial(["user_id", "occurred_at"], "events_event_user", models.Q(user_id__isnull=False)),
        partial(["client_id", "occurred_at"], "events_event_client",
                models.Q(client_id__isnull=False)),
        partial(["query_id"], "events_event_query", models.Q(query_id__isnull=False)),
        partial(["experiment", "occurred_at"], "events_event_exposure",
                models.Q(type="exposure")),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["occurred_at"], name="events_event_time"),
        ),
        migrations.CreateModel(
            name="EventImport",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("checksum", models.CharField(max_length=64)),
                ("format", models.CharField(max_length=20)),
                ("shifted", models.BooleanField()),
                ("shift_days", models.IntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("checksum", "format", "shifted"), name="events_import_once"),
                ],
            },
        ),
    ]
