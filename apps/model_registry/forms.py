from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget


class ActivateForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept in the audit log.",
    )
