"""What every page of experiments in admin shares: permissions, lookups, rendering."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from unfold.admin import ModelAdmin

from apps.common.errors import NotFound
from apps.experiments.admin.steps import Standing
from apps.experiments.contracts.assignment import Status
from apps.experiments.models import Experiment, ExperimentVersion
from apps.experiments.selectors.experiments import experiment_view, proposal_view
from apps.publishing.contracts import VersionStatus

APP = "experiments"


def person_of(request: HttpRequest) -> AbstractBaseUser | None:
    """Who asks; admin lets nobody else in."""
    return request.user if isinstance(request.user, AbstractBaseUser) else None


class PagesBase(ModelAdmin):
    """Common ground of the pages."""

    # Set before the list is drawn.
    _may_stop = False

    def _holds(self, request: HttpRequest) -> Callable[[str], bool]:
        return lambda codename: request.user.has_perm(f"{APP}.{codename}")

    def _demand(self, request: HttpRequest, codename: str) -> None:
        if not self._holds(request)(codename):
            raise PermissionDenied

    def _standing(self, request: HttpRequest, object_id: object) -> Standing:
        """The experiment for this person.

        Raises:
            Http404: there is none.
        """
        text = str(object_id)
        found = Experiment.objects.filter(pk=int(text)) if text.isdigit() else None
        row = found.only("key").first() if found is not None else None
        if row is None:
            raise Http404("There is no such experiment.")
        try:
            return Standing(experiment_view(row.key), proposal_view(row.key), request.user.pk)
        except NotFound as missing:
            raise Http404(missing.message) from missing

    def _url(self, page: str, *args: object) -> str:
        return reverse(f"admin:experiments_experiment_{page}", args=args)

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/experiments/experiment/{name}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )

    def _waiting_count(self) -> int:
        return ExperimentVersion.objects.filter(
            status=VersionStatus.IN_REVIEW.value, reviewed_at__isnull=True
        ).count()


def results_url(key: str, status: Status) -> str:
    """The result page; empty before the start."""
    if status in {Status.DRAFT, Status.IN_REVIEW}:
        return ""
    try:
        return reverse("experiments-detail", args=(key,))
    except NoReverseMatch:
        return ""
