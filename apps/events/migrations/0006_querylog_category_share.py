"""The query log says how sure a search was of the category that it detected."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0005_querylog_record")]

    operations = [
        migrations.AddField(
            model_name="querylog",
            name="category_share",
            field=models.FloatField(null=True),
        ),
    ]
