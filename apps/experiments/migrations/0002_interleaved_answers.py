"""Interleaved answers with clicks by team, and how far they have been read."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="InterleavedAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("query_id", models.UUIDField()),
                ("day", models.DateField()),
                ("phase", models.PositiveIntegerField()),
                ("answered_at", models.DateTimeField()),
                ("user_id", models.TextField(null=True)),
                ("client_id", models.TextField(null=True)),
                ("session_id", models.TextField(null=True)),
                ("control", models.IntegerField()),
                ("treatment", models.IntegerField()),
                ("impressions", models.IntegerField()),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="experiments.experiment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("experiment", "query_id", "day"), name="experiments_answer_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InterleavingState",
            fields=[
                (
                    "experiment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="experiments.experiment",
                    ),
                ),
                ("horizon", models.BigIntegerField(default=0)),
            ],
        ),
    ]
