"""No admin class may write without a trace."""

import pytest
from django.contrib import admin
from django.test import RequestFactory

from apps.access.admin_audit import AuditedModelAdmin
from tests.access.conftest import PersonMaker

# These call services that record what they do; each app tests that they do.
AUDITING_SERVICES = {
    "access.apikey",
    "catalog.category",
    "catalog.product",
    "django_celery_beat.periodictask",
    "experiments.experiment",
    "experiments.flag",
    "experiments.holdoutversion",
    "experiments.layer",
    "experiments.metricversion",
    "experiments.reportsubscription",
    "features.featurenote",
    # Versions are saved, submitted and published by the services of publishing.
    "merchandising.abbreviationsetversion",
    "merchandising.ruleversion",
    "merchandising.synonymsetversion",
    "ranking_weights.weightsetversion",
    "recommendations.placementversion",
    "search.searchsettingsversion",
}


@pytest.mark.django_db
def test_every_writable_admin_class_audits(person: PersonMaker) -> None:
    request = RequestFactory().get("/admin/")
    request.user = person("root", superuser=True)
    silent = {
        model._meta.label_lower
        for model, page in admin.site._registry.items()
        if not isinstance(page, AuditedModelAdmin)
        and (
            page.has_add_permission(request)
            or page.has_change_permission(request)
            or page.has_delete_permission(request)
        )
    }
    assert silent == AUDITING_SERVICES
