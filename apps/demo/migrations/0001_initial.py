from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="DemoStage",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("options", models.JSONField(default=dict)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("summary", models.CharField(blank=True, default="", max_length=300)),
            ],
        ),
    ]
