"""Searches that rules acted on are found by rule: for the impact of each.

The index holds only those searches. On a large query log build it by hand first, on every
partition with CONCURRENTLY: PostgreSQL then takes the parent's from them.
"""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0006_querylog_category_share")]

    operations = [
        migrations.AddIndex(
            model_name="querylog",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("applied_rules", []), _negated=True),
                fields=["applied_rules"],
                name="events_querylog_rules",
            ),
        ),
    ]
