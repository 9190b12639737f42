"""Admin's forms: lists are typed one a line, and nobody locks themselves out."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from unfold.forms import UserCreationForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
)

from apps.access.contracts import PUBLIC_SCOPES, IpArea, Scope
from apps.access.domain.networks import (
    IpAddress,
    NotANetwork,
    address_allowed,
    network_parse,
    rules_parse,
)
from apps.access.domain.origins import origin_parse
from apps.access.key_rows import grant_check
from apps.access.models import ApiKey, IpRule, User
from apps.access.validators import tidied
from apps.common.errors import Forbidden

LONGEST_OVERLAP_HOURS = 90 * 24


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 3}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != list(initial or []))


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripts exist for the checker only
    # Who fills it in; admin says. Nobody known: whatever a command may.
    granted_by: User | None = None

    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Give the fewest that do the work.",
    )
    allowed_origins = LinesField(
        required=False,
        help_text="For public keys, one a line: https://shop.example or https://*.shop.example.",
    )
    allowed_networks = LinesField(
        required=False, help_text="One a line, such as 10.0.0.0/8. Empty: from everywhere."
    )
    denied_networks = LinesField(required=False, help_text="One a line. Deny wins.")

    class Meta:
        model = ApiKey
        fields = (
            "name", "public", "scopes", "allowed_origins", "allowed_networks",
            "denied_networks", "rate_per_minute", "expires_at",
        )  # fmt: skip

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        try:
            grant_check(self.granted_by, scopes, held=self.instance.scopes or ())
        except Forbidden as error:
            raise ValidationError(error.message) from error
        return scopes

    def clean_allowed_origins(self) -> list[str]:
        return tidied(origin_parse, self.cleaned_data["allowed_origins"])

    def clean_allowed_networks(self) -> list[str]:
        return tidied(network_parse, self.cleaned_data["allowed_networks"])

    def clean_denied_networks(self) -> list[str]:
        return tidied(network_parse, self.cleaned_data["denied_networks"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("public", self.instance.public):
            self._public_check(cleaned)
        return cleaned

    def _public_check(self, cleaned: dict[str, Any]) -> None:
        surplus = set(cleaned.get("scopes", ())) - PUBLIC_SCOPES
        if surplus:
            self.add_error("scopes", f"Not for public keys: {', '.join(sorted(surplus))}.")
        if not cleaned.get("allowed_origins") and "allowed_origins" not in self.errors:
            self.add_error("allowed_origins", "A public key names the origins that may use it.")


class RotateForm(forms.Form):
    overlap_hours = forms.IntegerField(
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        initial=24,
        label=gettext_lazy("Hours for which the old key goes on working"),
        help_text="0 ends it now.",
        widget=UnfoldAdminIntegerFieldWidget,
    )


class RevokeForm(forms.Form):
    reason = forms.CharField(
        max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}), label="Reason"
    )


class IpRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # the same
    """Refuses a rule after which the person who saves it could not enter admin any more."""

    asking_from: IpAddress | None = None

    class Meta:
        model = IpRule
        fields = ("network", "verdict", "area", "note", "active")

    def clean_network(self) -> str:
        try:
            return str(network_parse(self.cleaned_data["network"]))
        except NotANetwork as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        others = IpRule.objects.filter(
            active=True, area__in=[IpArea.ADMIN.value, IpArea.EVERYTHING.value]
        ).exclude(pk=self.instance.pk)
        lines = list(others.values_list("verdict", "network"))
        guards_admin = cleaned.get("area") in {IpArea.ADMIN.value, IpArea.EVERYTHING.value}
        if guards_admin and cleaned.get("active") and cleaned.get("network"):
            lines.append((cleaned["verdict"], cleaned["network"]))
        rules = rules_parse(
            (network for verdict, network in lines if verdict == IpRule.Verdict.ALLOW),
            (network for verdict, network in lines if verdict == IpRule.Verdict.DENY),
        )
        if not address_allowed(rules, self.asking_from):
            raise ValidationError(
                f"You ask from {self.asking_from}: this would lock you out of admin."
            )
        return cleaned


class PersonCreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("username",)
