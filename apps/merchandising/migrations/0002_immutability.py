from django.db import migrations

from apps.publishing.bases import immutability_sql


class Migration(migrations.Migration):
    dependencies = [
        ("merchandising", "0001_initial"),
        ("publishing", "0001_initial"),
    ]

    operations = [migrations.RunSQL(*immutability_sql("merchandising_synonymsetversion"))]
