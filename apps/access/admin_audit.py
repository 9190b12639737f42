"""What admin classes of every app inherit: each write by a person leaves an audit row."""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BinaryField, Model, QuerySet
from django.db.models.options import Options
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.access.domain.audit import REDACTED, JsonValue, changes_between, json_safe
from apps.access.services import audit_record


class AuditedModelAdmin(ModelAdmin):
    """Audits adding, changing (also in the list and in inlines) and deleting.

    A class whose `save_model` calls a service that audits by itself needs no more than
    unfold's ModelAdmin. A change keeps the fields that differ, adding and deleting all of
    them. A save that changes nothing leaves no row.
    """

    # Their change is recorded, their value never.
    audit_redacted: tuple[str, ...] = ("password",)

    def audit_state(self, obj: Model) -> dict[str, JsonValue]:
        """What an audit row shows of `obj`: stored fields by name, related rows by their text."""
        fields = [
            field
            for field in _options(obj).concrete_fields
            if not (field.generated or isinstance(field, BinaryField | SearchVectorField))
        ]
        state = {field.name: json_safe(field.value_from_object(obj)) for field in fields}
        for related in _options(obj).many_to_many:
            chosen = related.value_from_object(obj) if obj.pk is not None else []
            state[related.name] = [*sorted(str(one) for one in chosen)]
        return state

    def audit_subject_id(self, obj: Model) -> str:
        return str(obj.pk)

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        before = self._stored(obj) if change else None
        super().save_model(request, obj, form, change)
        # Many-to-many values follow in save_related, and the row with them.
        request._endcap_audit_before = before  # type: ignore[attr-defined]  # noqa: SLF001 - ours, for save_related

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        super().save_related(request, form, formsets, change)
        before = getattr(request, "_endcap_audit_before", None)
        self._audit(request, form.instance, before, self._stored(form.instance))

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        # Read afresh: validation has already changed the formset's own objects.
        keys = [one.pk for one in formset.get_queryset()]
        stored = formset.model._base_manager.filter(pk__in=keys)  # noqa: SLF001 - documented
        before = {one.pk: (one, self.audit_state(one)) for one in stored}
        doomed = [one.instance.pk for one in getattr(formset, "deleted_forms", ())]
        super().save_formset(request, form, formset, change)
        for one in formset.new_objects:
            self._audit(request, one, None, self._stored(one))
        for one, _names in formset.changed_objects:
            self._audit(request, one, before[one.pk][1], self._stored(one))
        for key in doomed:
            if key in before:
                self._audit(request, *before[key], None)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        state, subject_id = self.audit_state(obj), self.audit_subject_id(obj)
        super().delete_model(request, obj)
        self._audit(request, obj, state, None, subject_id)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        gone = [(obj, self.audit_state(obj), self.audit_subject_id(obj)) for obj in queryset]
        super().delete_queryset(request, queryset)
        for obj, state, subject_id in gone:
            self._audit(request, obj, state, None, subject_id)

    def _stored(self, obj: Model) -> dict[str, JsonValue] | None:
        stored = _options(obj).base_manager.filter(pk=obj.pk).first()
        return self.audit_state(stored) if stored is not None else None

    def _audit(
        self,
        request: HttpRequest,
        obj: Model,
        before: dict[str, JsonValue] | None,
        after: dict[str, JsonValue] | None,
        subject_id: str | None = None,
    ) -> None:
        verb = "add" if before is None else "delete" if after is None else "change"
        if before is not None and after is not None:
            before, after = changes_between(before, after)
            if not after:
                return
        label = _options(obj).label_lower
        audit_record(
            actor=request.user,
            action=f"{label.partition('.')[2]}.{verb}",
            subject_type=label,
            subject_id=subject_id or self.audit_subject_id(obj),
            before=self._redacted(before),
            after=self._redacted(after),
        )

    def _redacted(self, state: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        if state is None:
            return None
        return {
            name: REDACTED if name in self.audit_redacted and value else value
            for name, value in state.items()
        }


def _options(obj: Model) -> "Options[Model]":
    return obj._meta  # noqa: SLF001 - documented, in spite of its name
