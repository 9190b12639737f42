"""Kept records: a range-partitioned table, which Django cannot say itself."""

from django.db import migrations, models

CREATE = """
CREATE TABLE ranking_record (
    id uuid NOT NULL PRIMARY KEY,
    packed bytea NOT NULL
) PARTITION BY RANGE (id)
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, "DROP TABLE ranking_record")],
            state_operations=[
                migrations.CreateModel(
                    name="RankingRecord",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("packed", models.BinaryField()),
                    ],
                    options={
                        "verbose_name": "kept record",
                        "verbose_name_plural": "kept records",
                        "db_table": "ranking_record",
                    },
                ),
            ],
        ),
    ]
