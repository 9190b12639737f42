from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("search", "0003_search_days")]

    operations = [
        migrations.CreateModel(
            name="LanguageRewrite",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("language", models.CharField(max_length=63)),
                ("reached", models.IntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
