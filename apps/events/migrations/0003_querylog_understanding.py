"""The query log says how a query was read, what acted on its answer, and what was swapped.

Columns with a constant default are added without rewriting a row, and every partition gets them
with its table. The defaults stay: a release that is being replaced inserts without them.
"""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0002_stored_xid_and_identity")]

    operations = [
        migrations.AddField(
            model_name="querylog",
            name="query_class",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="querylog",
            name="corrected",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="querylog",
            name="synonyms",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="querylog",
            name="applied_rules",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="querylog",
            name="fallback",
            field=models.TextField(db_default="", default=""),
        ),
        migrations.AddField(
            model_name="querylog",
            name="swap",
            field=models.IntegerField(null=True),
        ),
    ]
