"""The plain fields of a placement's form, and what its preview pretends."""

from typing import Any

from django import forms
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from apps.catalog.contracts import CategoryTree
from apps.merchandising.domain.rules.csv_cells import values_cell, values_of_cell
from apps.ranking_weights.forms import WeightsField
from apps.recommendations.contracts import Mix, PlacementName
from apps.recommendations.domain.placement_words import MIX_WORDS
from apps.recommendations.domain.placements import MOST_SHOWN
from apps.recommendations.domain.shelf_comparison import ShelfOccasion

_INPUT = " ".join(BASE_INPUT_CLASSES)
_ANY = "0: any number."
IN_FORCE, OWN = "in_force", "own"


def line(**attrs: str) -> forms.TextInput:
    """One line of text."""
    return forms.TextInput({"class": _INPUT, **attrs})


def number(**attrs: str) -> forms.NumberInput:
    """A number."""
    return forms.NumberInput({"class": _INPUT, **attrs})


def tick() -> Any:
    """A box to tick."""
    return UnfoldBooleanWidget()


class PlacementForm(forms.Form):
    """All of a placement but its strategies."""

    title = forms.CharField(
        max_length=120, widget=line(), help_text="What shoppers read above the shelf."
    )
    k = forms.IntegerField(
        min_value=1,
        max_value=MOST_SHOWN,
        widget=number(min="1", max=str(MOST_SHOWN)),
        label="Products",
        help_text="When the storefront names no number.",
    )
    mix = forms.ChoiceField(
        choices=[(mix.value, words.capitalize()) for mix, words in MIX_WORDS.items()],
        initial=Mix.FIRST.value,
        widget=UnfoldAdminSelectWidget(),
        label="Which strategy counts",
    )
    in_stock = forms.BooleanField(
        required=False, widget=tick(), label="Only what can be bought now"
    )
    not_in_session = forms.BooleanField(
        required=False,
        widget=tick(),
        label="Nothing that this visit bought or put in the cart",
    )
    not_bought_days = forms.IntegerField(
        min_value=0,
        max_value=3650,
        widget=number(min="0"),
        label="Nothing bought in the last so many days",
        help_text="0: what was bought stays.",
    )
    most_per_brand = forms.IntegerField(
        min_value=0, max_value=1000, widget=number(min="0"), label="Most of one brand",
        help_text=_ANY,
    )  # fmt: skip
    most_per_category = forms.IntegerField(
        min_value=0, max_value=1000, widget=number(min="0"), label="Most of one category",
        help_text=_ANY,
    )  # fmt: skip
    price_from = forms.FloatField(
        min_value=0.0,
        widget=number(min="0", step="any"),
        label="Price from",
        help_text="Times the price of the page's product; 0: no lower bound.",
    )
    price_to = forms.FloatField(
        min_value=0.0,
        widget=number(min="0", step="any"),
        label="Price up to",
        help_text="Such as 2 for twice its price; 0: no upper bound.",
    )
    diversity = forms.FloatField(
        min_value=0.0,
        max_value=1.0,
        widget=number(min="0", max="1", step="0.05"),
        label="Relevance against variety (λ)",
        help_text="1: relevance alone. The lower, the less alike the products are.",
    )
    whose_weights = forms.ChoiceField(
        choices=[(IN_FORCE, "The ranking weights in force"), (OWN, "Its own")],
        widget=UnfoldAdminSelectWidget(),
        label="Ranking weights",
    )
    weights = WeightsField(label="Its own weights")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("whose_weights") != OWN:
            # What stands in fields that do not count is nobody's mistake.
            self.errors.pop("weights", None)
            cleaned["weights"] = None
        return cleaned


class OccasionForm(forms.Form):
    """Who looks at the shelf, and where; each placement has its own of these."""

    as_user = forms.CharField(
        max_length=200, required=False, label="Shopper",
        widget=line(list="shoppers", placeholder="user id", autocomplete="off"),
        help_text="Empty: nobody in particular.",
    )  # fmt: skip
    as_session = forms.CharField(
        max_length=200, required=False, label="Visit",
        widget=line(placeholder="session id", autocomplete="off"),
    )  # fmt: skip
    as_products = forms.CharField(
        max_length=2000, required=False, label="Product",
        widget=line(list="products", placeholder="product id", autocomplete="off"),
    )  # fmt: skip
    as_category = forms.ChoiceField(
        required=False, label="Category", widget=UnfoldAdminSelectWidget()
    )

    def __init__(
        self, *args: Any, placement: PlacementName, tree: CategoryTree, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        category: Any = self.fields["as_category"]
        category.choices = [
            ("", "None"),
            *(
                (node.path, "\u2003" * node.path.count("/") + node.name)
                for node in tree.categories
            ),
        ]
        if placement not in {PlacementName.PRODUCT, PlacementName.CART}:
            del self.fields["as_products"]
        elif placement is PlacementName.CART:
            self.fields["as_products"].label = "Products in the cart"
            self.fields["as_products"].help_text = "Several: a | b."
        if placement is not PlacementName.CATEGORY:
            del self.fields["as_category"]

    @classmethod
    def cells(cls, occasion: ShelfOccasion) -> dict[str, str]:
        """An occasion as the fields hold it."""
        return {
            "as_user": occasion.user_id,
            "as_session": occasion.session_id,
            "as_products": values_cell(occasion.product_ids),
            "as_category": occasion.category,
        }

    def occasion(self) -> ShelfOccasion:
        """What is pretended; what cannot be read is left out."""
        asked = self.cleaned_data if self.is_valid() else {}
        return ShelfOccasion(
            asked.get("as_user", ""),
            asked.get("as_session", ""),
            tuple(values_of_cell(asked.get("as_products", ""))),
            asked.get("as_category", ""),
        )
