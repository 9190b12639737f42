"""Layers as pictures, and the global holdout."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.common.errors import ApplicationError
from apps.experiments.admin.layer_pictures import layer_pictures
from apps.experiments.admin.words import percent
from apps.experiments.forms.layers import HoldoutForm, LayerForm
from apps.experiments.models import HoldoutVersion, Layer
from apps.experiments.selectors.layers import HOLDOUT_KIND, holdout_live, layers_view
from apps.experiments.services.layers import (
    holdout_draft,
    layer_create,
    layer_describe,
)
from apps.publishing.admin_mixins import PublishableVersionAdmin


@admin.register(Layer)
class LayerAdmin(ModelAdmin):
    """The list draws every layer; a name is hashed and never changes."""

    form = LayerForm
    fields = ("name", "description")

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # phases name it

    def get_readonly_fields(self, _request: HttpRequest, obj: Any = None) -> Any:
        return ("name",) if obj else ()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        del extra_context
        if not self.has_view_permission(request):
            raise PermissionDenied
        ids = dict(Layer.objects.values_list("name", "pk"))
        holdout = holdout_live()
        return TemplateResponse(
            request,
            "admin/experiments/layers.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Layers",
                "layers": [
                    (picture, percent(picture.free_share), ids[picture.name])
                    for picture in layer_pictures(layers_view())
                ],
                "holdout": percent(holdout.share) if holdout.share else "",
                "may_add": self.has_add_permission(request),
            },
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ApplicationError as refused:
            messages.error(request, refused.message)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        if not isinstance(obj, Layer):
            raise TypeError(type(obj))
        said = form.cleaned_data["description"]
        service = layer_describe if change else layer_create
        service(name=obj.name, description=said, actor=request.user)
        obj.pk = Layer.objects.only("pk").get(name=obj.name).pk

    def response_add(
        self, request: HttpRequest, obj: Model, post_url_continue: Any = None
    ) -> HttpResponse:
        del post_url_continue
        messages.success(request, f"The layer {obj} is there, all of it free.")
        return HttpResponseRedirect(reverse("admin:experiments_layer_changelist"))


@admin.register(HoldoutVersion)
class HoldoutVersionAdmin(PublishableVersionAdmin):
    """The share of shoppers who see no experiment; drafted, reviewed, published."""

    publish_kind = HOLDOUT_KIND
    form = HoldoutForm
    list_display = (
        "share_words", "number", "status_label", "created_by", "published_at", "published_by",
        "reason",
    )  # fmt: skip
    readonly_fields = ("share_words", "salt")

    def get_readonly_fields(self, _request: HttpRequest, _obj: Any = None) -> Any:
        return self.readonly_fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("share_words", "salt")
        return ("share", "redraw")

    @display(description="Share held out")
    def share_words(self, row: HoldoutVersion) -> str:
        return percent(row.share)

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        del change
        cleaned = form.cleaned_data
        made = holdout_draft(share=cleaned["share"], redraw=cleaned["redraw"], actor=request.user)
        obj.pk = made.id
        obj.refresh_from_db()
