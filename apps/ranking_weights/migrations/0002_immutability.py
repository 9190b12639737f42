from django.db import migrations

from apps.publishing.bases import immutability_sql


class Migration(migrations.Migration):
    dependencies = [
        ("ranking_weights", "0001_initial"),
        ("publishing", "0001_initial"),
    ]

    operations = [migrations.RunSQL(*immutability_sql("ranking_weights_weightsetversion"))]
