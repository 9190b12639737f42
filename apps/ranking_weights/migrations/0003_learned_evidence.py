import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ranking_weights", "0002_immutability")]

    operations = [
        migrations.CreateModel(
            name="LearnedEvidence",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="learned",
                        serialize=False,
                        to="ranking_weights.weightsetversion",
                    ),
                ),
                ("weights", models.JSONField()),
                ("note", models.TextField()),
                ("evidence", models.JSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "evidence of learned weights",
                "verbose_name_plural": "evidence of learned weights",
            },
        ),
    ]
