"""The query log says which kept record explains an answer that others had before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0004_querylog_features")]

    operations = [
        migrations.AddField(
            model_name="querylog",
            name="record",
            field=models.UUIDField(null=True),
        ),
    ]
