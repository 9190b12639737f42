"""Admin of products and categories; every write goes through a service, which audits it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.catalog.admin_feeds import export_page, import_page
from apps.catalog.admin_filters import BrandFilter, CategoryFilter
from apps.catalog.category_services import category_delete, category_move, category_save
from apps.catalog.figures import category_product_counts
from apps.catalog.forms import CategoryForm, ProductForm
from apps.catalog.models import Category, Product
from apps.catalog.selectors import category_tree_fresh
from apps.catalog.services import EDITABLE, product_create, product_update, products_activate
from apps.common.errors import ApplicationError

_HEAVY = ("search_vector", "attributes_text")
_STEPS = {"up": -1, "down": 1}


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    form = ProductForm
    list_display = (
        "product_id", "title", "brand", "category_name_shown", "price", "availability", "stock",
        "active",
    )  # fmt: skip
    list_editable = ("price", "availability", "stock", "active")
    list_filter = (CategoryFilter, BrandFilter, "availability", "active")
    list_select_related = ("category",)
    search_fields = ("product_id",)
    search_help_text = "Words of the product, its id or its part number"
    list_per_page = 50
    show_full_result_count = False
    actions = ("activate", "deactivate")
    ordering = ("-id",)
    autocomplete_fields = ("category",)
    compressed_fields = True
    readonly_fields = ("product_type", "created_at", "updated_at")
    change_list_template = "admin/catalog/product/change_list.html"
    fieldsets = (
        (None, {"fields": ("product_id", "title", "description", "brand", "category", "active")}),
        ("Price", {"fields": (
            "price", "currency", "sale_price", "sale_starts_at", "sale_ends_at",
        )}),
        ("Availability", {"fields": (
            "availability", "availability_date", "stock", "released_at",
        )}),
        ("Identity", {"fields": (
            "gtin", "mpn", "condition", "item_group_id", "google_product_category", "product_type",
        )}),
        ("Attributes and links", {"fields": (
            "attributes", "link", "image_link", "additional_image_link", "custom_labels",
        )}),
        ("Record", {"fields": ("created_at", "updated_at")}),
    )  # fmt: skip

    class Media:
        css = {"all": ("catalog/admin.css",)}

    @display(description="Category", ordering="category")
    def category_name_shown(self, product: Product) -> SafeString:
        """Its last part; the whole path does not fit beside eight other columns."""
        category = product.category
        if category is None:
            return format_html("{}", "-")
        return format_html('<span title="{}">{}</span>', category.path, category.name)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).defer(*_HEAVY)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{**kwargs, "form": ProductForm})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "product_id") if obj else fixed

    def get_search_results(
        self, _request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """By the same index as shoppers' searches, so that an edit is found at once."""
        term = search_term.strip()
        if not term:
            return queryset, False
        joined = "".join(letter for letter in term if letter.isascii() and letter.isalnum())
        by_words = Q(pk__in=_matching(term))
        by_part = Q(mpn_normalised=joined.lower()) if joined else Q()
        return queryset.filter(by_words | Q(product_id__startswith=term) | by_part), False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # deactivated instead: events and judgements point here

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        fields = {
            "category_id" if name == "category" else name: _stored_value(value)
            for name, value in form.cleaned_data.items()
            if name in {*EDITABLE, "category", "product_id"}
        }
        if change:
            changed = {"category_id" if name == "category" else name for name in form.changed_data}
            changes = {name: value for name, value in fields.items() if name in changed}
            product_update(pk=obj.pk, changes=changes, actor=request.user)
        else:
            obj.pk = product_create(fields=fields, actor=request.user).pk

    @action(description="Activate", permissions=["change"])  # type: ignore[operator]  # unfold's decorator is typed as none
    def activate(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        self._set_active(request, queryset, active=True)

    @action(description="Deactivate", permissions=["change"])  # type: ignore[operator]  # the same
    def deactivate(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        self._set_active(request, queryset, active=False)

    def _set_active(
        self, request: HttpRequest, queryset: "QuerySet[Any]", *, active: bool
    ) -> None:
        pks = list(queryset.values_list("pk", flat=True))
        count = products_activate(pks=pks, active=active, actor=request.user)
        word = "shown" if active else "hidden"
        messages.success(request, f"{count} products are {word} from now on.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(import_page), name="catalog_product_import"),
            path("export/", view(export_page), name="catalog_product_export"),
            *super().get_urls(),
        ]


def _matching(words: str) -> "QuerySet[Any]":
    return Product.objects.extra(
        where=["search_vector @@ websearch_to_tsquery('endcap', %s)"], params=[words]
    ).values("pk")


def _stored_value(value: Any) -> Any:
    return value.pk if isinstance(value, Category) else value


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    form = CategoryForm
    search_fields = ("path", "name")
    autocomplete_fields = ("parent",)
    actions = None
    readonly_fields = ("path",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The tree itself: indented, with product counts and buttons that move."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        tree, counts = category_tree_fresh(), category_product_counts()
        own = [counts.get(node.id, 0) for node in tree.categories]
        rows = [
            {
                "node": node,
                "depth": len(tree.ancestors(node.code)),
                "own": own[node.code],
                "all": sum(own[node.code : node.end]),
            }
            for node in tree.categories
        ]
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": "Categories",
            "rows": rows,
            "may_change": self.has_change_permission(request),
            "may_add": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/catalog/category/tree.html", context)

    def move_view(self, request: HttpRequest, pk: int, direction: str) -> HttpResponse:
        if not self.has_change_permission(request) or request.method != "POST":
            raise PermissionDenied
        try:
            category_move(pk=pk, step=_STEPS.get(direction, 0), actor=request.user)
        except ApplicationError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:catalog_category_changelist"))

    def get_urls(self) -> list[URLPattern]:
        move = self.admin_site.admin_view(self.move_view)
        return [
            path("<int:pk>/move/<str:direction>/", move, name="catalog_category_move"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        holds = obj is not None and (obj.children.exists() or obj.products.exists())
        return super().has_delete_permission(request, obj) and not holds

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        category_delete(pk=obj.pk, actor=request.user)

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        parent = form.cleaned_data["parent"]
        saved = category_save(
            pk=obj.pk if change else None,
            name=form.cleaned_data["name"],
            parent_id=parent.pk if parent else None,
            slug=form.cleaned_data["slug"],
            rank=form.cleaned_data["rank"],
            actor=request.user,
        )
        obj.pk = saved.pk
