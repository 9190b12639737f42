"""Forms of the catalogue's admin pages."""

from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.catalog.feed_files import FORMATS
from apps.catalog.models import Category, Product
from apps.catalog.services import product_problems

if TYPE_CHECKING:
    ProductModelForm = forms.ModelForm[Product]
    CategoryModelForm = forms.ModelForm[Category]
else:  # ModelForm takes no type argument while the program runs
    ProductModelForm = forms.ModelForm
    CategoryModelForm = forms.ModelForm

LARGEST_UPLOAD = 200 * 1024 * 1024


class ProductForm(ProductModelForm):
    """Says beside the field what the service would refuse."""

    class Meta:
        model = Product
        fields = "__all__"

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's hook, which its stubs leave out
        if self.errors:
            return
        for name, reason in product_problems(self.instance):
            self.add_error(name if name in self.fields else None, reason)


class CategoryForm(CategoryModelForm):
    class Meta:
        model = Category
        fields = ("name", "parent", "slug", "rank")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "Empty: made from the name. Part of the path."

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        parent = self.cleaned_data.get("parent")
        own = self.instance.path
        if parent is not None and own and f"{parent.path}/".startswith(f"{own}/"):
            self.add_error("parent", "A category cannot be inside itself.")
        return cleaned


class ImportForm(forms.Form):
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget)
    format = forms.ChoiceField(
        choices=[(name, name) for name in FORMATS], widget=UnfoldAdminSelectWidget
    )
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        initial="EUR",
        help_text="Of prices that name none.",
        widget=UnfoldAdminTextInputWidget,
    )
    dry_run = forms.BooleanField(
        required=False,
        initial=True,
        label="Dry run first",
        help_text="Say what would happen, write nothing.",
        widget=UnfoldBooleanSwitchWidget,
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_UPLOAD:
            raise forms.ValidationError("Above 200 MB: use manage.py import_catalog.")
        return file
