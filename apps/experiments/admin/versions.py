"""Designs as versions: read and compared here; every step is on the experiment's own page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.experiments.models import Experiment, ExperimentVersion
from apps.publishing.admin_mixins import PublishableVersionAdmin
from apps.publishing.admin_steps import Step
from apps.publishing.contracts import VersionView


class ReadOnlyVersions(PublishableVersionAdmin):
    """Versions that other pages write."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(ExperimentVersion)
class ExperimentVersionAdmin(ReadOnlyVersions):
    """Every design that there was."""

    publish_kind = "experiment"
    fields = ("subject", "experiment_page", "design")
    readonly_fields = ("experiment_page",)

    @display(description="Its page")
    def experiment_page(self, row: ExperimentVersion) -> SafeString | str:
        found = Experiment.objects.filter(key=row.subject).only("pk").first()
        if found is None:
            return "none"
        url = reverse("admin:experiments_experiment_change", args=(found.pk,))
        return format_html('<a class="font-medium underline" href="{}">{}</a>', url, row.subject)

    def _steps(self, request: HttpRequest, version: VersionView) -> tuple[Step, ...]:
        del request, version
        return ()  # published by starting, which is a step of the experiment
