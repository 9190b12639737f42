"""The query log keeps the features of the hits it shows, packed: weights are learnt from them.

A column without a default is added without rewriting a row, and every partition gets it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0003_querylog_understanding")]

    operations = [
        migrations.AddField(
            model_name="querylog",
            name="features",
            field=models.BinaryField(null=True),
        ),
    ]
