"""One experiment's page, its steps, the approval queue, the kill switch, QA."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from apps.common.errors import ApplicationError
from apps.experiments.admin.overview import overview_context
from apps.experiments.admin.pages_base import PagesBase, person_of
from apps.experiments.admin.steps import ExperimentStep, Standing, steps_for
from apps.experiments.contracts.lifecycle import Requirement
from apps.experiments.domain.design.transitions import Action
from apps.experiments.forms.steps import DecideForm, ForcedUnitsForm, QaLinkForm, ReasonForm
from apps.experiments.models import ExperimentVersion
from apps.experiments.selectors.experiments import experiment_views, proposal_view
from apps.experiments.selectors.requirements import requirements
from apps.experiments.services.decision import experiment_decide, experiment_ship
from apps.experiments.services.forced import forced_units_set
from apps.experiments.services.lifecycle import experiment_kill
from apps.experiments.services.qa_tokens import qa_link_make
from apps.publishing.contracts import VersionStatus

_OF_PROPOSALS = {
    Action.SUBMIT,
    Action.APPROVE,
    Action.REJECT,
    Action.WITHDRAW,
    Action.START,
}


class ExperimentPages(PagesBase):
    """Reading, reviewing and steering; every write is one service."""

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "review": ("review/", self.review_view),
            "step": ("<int:object_id>/step/<slug:name>/", self.step_view),
            "kill": ("<int:object_id>/kill/", require_POST(self.kill_view)),
            "decide": ("<int:object_id>/decide/", self.decide_view),
            "ship": ("<int:object_id>/ship/", require_POST(self.ship_view)),
            "forced": ("<int:object_id>/forced/", require_POST(self.forced_view)),
            "qa": ("<int:object_id>/qa/", require_POST(self.qa_view)),
        }
        ours = [
            path(route, self.admin_site.admin_view(view), name=f"experiments_experiment_{name}")
            for name, (route, view) in pages.items()
        ]
        urls: list[URLPattern] = super().get_urls()
        return ours + urls

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Where it stands, what it does, what may be done with it."""
        del form_url, extra_context
        self._demand(request, "view_experiment")
        return self._overview(request, self._standing(request, object_id))

    def review_view(self, request: HttpRequest) -> HttpResponse:
        """What waits for a second person, the oldest first."""
        self._demand(request, "view_experiment")
        waiting = ExperimentVersion.objects.filter(status=VersionStatus.IN_REVIEW.value)
        keys = list(waiting.order_by("submitted_at").values_list("subject", flat=True))
        views = {view.key: view for view in experiment_views(keys=keys)}
        lines = [
            (views[key], proposal, proposal.created_by_id == request.user.pk)
            for key in keys
            if key in views and (proposal := proposal_view(key)) is not None
        ]
        return self._page(request, "review", title="Waiting for approval", lines=lines)

    def step_view(self, request: HttpRequest, object_id: int, name: str) -> HttpResponse:
        """One step: what it does, what it needs, a reason, a button."""
        standing = self._standing(request, object_id)
        steps = steps_for(standing, self._holds(request))
        step = next((one for one in steps if one.action.value == name), None)
        if step is None:
            return self._gone(request, standing, name)
        form = ReasonForm(request.POST if request.method == "POST" else None, step=step)
        if request.method == "POST" and form.is_valid():
            taken = self._taken(request, standing, step, form)
            if taken is not None:
                return taken
        return self._step_page(request, standing, step, form)

    def kill_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """One click: nobody is assigned any more, in any worker, within a second."""
        self._demand(request, "start_experiment")
        standing = self._standing(request, object_id)
        try:
            experiment_kill(
                key=standing.view.key, actor=request.user, reason="kill switch in admin"
            )
        except ApplicationError as refused:
            messages.error(request, refused.message)
        else:
            messages.success(
                request,
                f"{standing.view.key} is killed: nobody is assigned any more. Resuming undoes it.",
            )
        return HttpResponseRedirect(self._url("change", standing.view.id))

    def decide_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The decision with its text, on the analysis as it stands."""
        self._demand(request, "decide_experiment")
        standing = self._standing(request, object_id)
        form = DecideForm(
            request.POST if request.method == "POST" else None,
            variants=standing.view.design.variants,
        )
        if request.method == "POST" and form.is_valid():
            try:
                experiment_decide(key=standing.view.key, **form.decision(), actor=request.user)
            except ApplicationError as refused:
                form.add_error(None, refused.message)
            else:
                messages.success(request, "The decision is recorded with its evidence.")
                return HttpResponseRedirect(self._url("change", standing.view.id))
        return self._page(
            request,
            "decide",
            title=f"Decide: {standing.view.design.name}",
            form=form,
            **{
                **overview_context(standing),
                "checklist": requirements(key=standing.view.key, action=Action.DECIDE),
            },
        )

    def ship_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What was decided to be shipped, later than the decision."""
        self._demand(request, "decide_experiment")
        key = self._standing(request, object_id).view.key
        reason = request.POST.get("reason", "").strip()
        try:
            experiment_ship(key=key, actor=request.user, reason=reason)
        except ApplicationError as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, f"{key} is shipped; the log says how.")
        return HttpResponseRedirect(self._url("change", object_id))

    def forced_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Units of QA and the variant each one sees."""
        self._demand(request, "change_experiment")
        standing = self._standing(request, object_id)
        form = ForcedUnitsForm(request.POST, variants=standing.view.design.variants)
        if form.is_valid():
            try:
                forced_units_set(
                    key=standing.view.key, units=form.cleaned_data["units"], actor=request.user
                )
            except ApplicationError as refused:
                messages.error(request, refused.message)
            else:
                messages.success(request, "QA units are saved; they are counted nowhere.")
            return HttpResponseRedirect(self._url("change", standing.view.id) + "#qa")
        return self._overview(request, standing, forced_form=form)

    def qa_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A link that shows one variant for a while."""
        self._demand(request, "change_experiment")
        standing = self._standing(request, object_id)
        form = QaLinkForm(request.POST, variants=standing.view.design.variants)
        link = None
        if form.is_valid():
            try:
                asked = form.cleaned_data
                link = qa_link_make(key=standing.view.key, actor=person_of(request), **asked)
            except ApplicationError as refused:
                messages.error(request, refused.message)
        return self._overview(request, standing, qa_form=form, qa_link=link)

    def _overview(self, request: HttpRequest, standing: Standing, **forms: Any) -> HttpResponse:
        view = standing.view
        holds = self._holds(request)
        variants = view.design.variants
        return self._page(
            request,
            "overview",
            title=view.design.name,
            steps=[
                (step, step.title_for(standing), self._url("step", view.id, step.action.value))
                for step in steps_for(standing, holds)
            ],
            may={name: holds(f"{name}_experiment") for name in ("change", "start", "decide")},
            **{
                "forced_form": ForcedUnitsForm(None, variants=variants, units=view.forced_units),
                "qa_form": QaLinkForm(None, variants=variants),
                **overview_context(standing),
                **forms,
            },
        )

    def _taken(
        self, request: HttpRequest, standing: Standing, step: ExperimentStep, form: ReasonForm
    ) -> HttpResponse | None:
        try:
            after = step.act(
                key=standing.view.key,
                actor=request.user,
                reason=form.cleaned_data.get("reason", ""),
            )
        except ApplicationError as refused:
            form.add_error(None, refused.message)
            return None
        told = step.title_for(standing)
        messages.success(request, f"{told}: done. {after.key} is {_words(after.status)}.")
        return HttpResponseRedirect(self._url("change", standing.view.id))

    def _step_page(
        self, request: HttpRequest, standing: Standing, step: ExperimentStep, form: ReasonForm
    ) -> HttpResponse:
        view, title = standing.view, step.title_for(standing)
        concerns_proposal = step.action in _OF_PROPOSALS and standing.proposal is not None
        return self._page(
            request,
            "step",
            title=f"{title}: {view.design.name}",
            button=title,
            step=step,
            form=form,
            proposing=concerns_proposal and standing.started,
            **{
                **overview_context(standing, proposed=concerns_proposal),
                "checklist": _checklist(view.key, step.action),
            },
        )

    def _gone(self, request: HttpRequest, standing: Standing, name: str) -> HttpResponse:
        if name not in {action.value for action in Action}:
            raise Http404("There is no such step.")
        messages.error(
            request,
            f"This step does not fit now, or is not yours: {standing.view.key} is "
            f"{_words(standing.view.status)}.",
        )
        return HttpResponseRedirect(self._url("change", standing.view.id))


def _checklist(key: str, action: Action) -> tuple[Requirement, ...]:
    """What the step wants; who approves sees all that starting will want beside the approval."""
    if action is not Action.APPROVE:
        return requirements(key=key, action=action)
    wanted = requirements(key=key, action=Action.START)
    return tuple(each for each in wanted if each.code != "approved")


def _words(status: str) -> str:
    return status.replace("_", " ")
