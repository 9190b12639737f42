"""The visual merchandiser: a query's or category's grid of products, and a rule made on it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from apps.catalog.selectors import category_tree
from apps.common.errors import ApplicationError
from apps.events.selectors import query_log_recent
from apps.merchandising.contracts_rules import MerchandisingRule, RuleInvalid
from apps.merchandising.domain.rules.content import rule_content, rule_parse
from apps.merchandising.domain.rules.wording import consequence_words
from apps.merchandising.selectors_rules_about import (
    rule_content_worked_on,
    rule_key_free,
    rules_about,
)
from apps.merchandising.services_rules import rule_create, rule_edit
from apps.search.contracts import MOST_QUERY_CHARACTERS
from apps.search.domain.board import Board
from apps.search.services.merchandising_board import board_compute
from apps.search.services.rule_preview import RuleOccasion

VIEW, WRITE = "merchandising.view_ruleversion", "merchandising.add_ruleversion"
CHANGE = "merchandising.change_ruleversion"
_RECENT, _SUGGESTED = 300, 12
_MOST_BODY = 500_000
_SEGMENTS = ("device", "segment")


class Working(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page is working on.

    Attributes:
        key: of the rule.
        content: of the rule, as published versions hold it.
        query: that the board is about; with the rest as in `RuleOccasion`.
        is_new: whether the rule is there only on this page so far.
    """

    key: str
    content: dict[str, Any]
    query: str = ""
    category: str = ""
    device: str = ""
    segment: str = ""
    is_new: bool = False

    def occasion(self) -> RuleOccasion:
        named = {"device": self.device, "segment": self.segment}
        attributes = {name: value for name, value in named.items() if value}
        return RuleOccasion(self.query[:MOST_QUERY_CHARACTERS], self.category, attributes)

    def rule(self) -> MerchandisingRule | None:
        """The rule; None while it does nothing yet.

        Raises:
            RuleInvalid: naming the field.
        """
        if not self.content.get("consequences"):
            return None
        return rule_parse(self.key, 0, self.content)


_working = msgspec.json.Decoder(Working)


@require_safe
@permission_required(VIEW, raise_exception=True)
def merchandiser_page(request: HttpRequest) -> HttpResponse:
    """The board of a query or a category; without either, a choice of them."""
    asked = {name: request.GET.get(name, "") for name in ("q", "category", *_SEGMENTS)}
    if asked["category"] and category_tree().by_path(asked["category"]) is None:
        raise Http404("There is no such category.")
    context: dict[str, object] = {
        "asked": asked,
        "categories": category_tree().categories,
        "most_characters": MOST_QUERY_CHARACTERS,
        "suggested": _suggested(),
        "may_write": request.user.has_perm(WRITE),
    }
    if asked["q"] or asked["category"]:
        working = _opened(asked, request.GET.get("rule", "").replace("\x00", ""))
        context |= {
            "working": msgspec.to_builtins(working),
            "here": rules_about(
                query=asked["q"], category=asked["category"], as_of=timezone.now()
            ),
            **_board_context(working),
        }
    return _strict(render(request, "search/merchandiser.html", context))


@require_POST
@permission_required(VIEW, raise_exception=True)
def merchandiser_board(request: HttpRequest) -> HttpResponse:
    """Both sides anew, for the rule as it stands on the page."""
    return _answered(request, lambda working: render(
        request, "search/_board.html",
        {"may_write": request.user.has_perm(WRITE), **_board_context(working)},
    ))  # fmt: skip


@require_POST
@permission_required(WRITE, raise_exception=True)
def merchandiser_save(request: HttpRequest) -> HttpResponse:
    """Keep the rule as a draft; it goes live by review and publish, on its own page."""

    def saved(working: Working) -> HttpResponse:
        # What admin's form and the API ask of whoever goes on with a rule that is there.
        if not working.is_new and not request.user.has_perm(CHANGE):
            raise PermissionDenied
        write = rule_create if working.is_new else rule_edit
        draft = write(key=working.key, content=working.content, actor=request.user)
        address = reverse("admin:merchandising_ruleversion_change", args=(draft.id,))
        return JsonResponse({"key": working.key, "url": address})

    return _answered(request, saved)


def _answered(request: HttpRequest, answer: Callable[[Working], HttpResponse]) -> HttpResponse:
    """The answer, or what is wrong with the request: the field and a sentence."""
    try:
        if len(request.body) > _MOST_BODY:
            return _refused("content", "This is too much for one rule.")
        return _strict(answer(_working.decode(request.body)))
    except (msgspec.DecodeError, RecursionError) as error:
        return _refused("", str(error))
    except RuleInvalid as error:
        return _refused(error.field, error.message)
    except ApplicationError as error:
        return _refused(str(error.extra.get("field", "")), error.message, error.status)


def _refused(field: str, message: str, status: int = 400) -> JsonResponse:
    return JsonResponse({"field": field, "message": message}, status=status)


def _opened(asked: Mapping[str, str], key: str) -> Working:
    """The rule that was asked for, else a new one about this query or category."""
    content = rule_content_worked_on(key, as_of=timezone.now()) if key else None
    if key and content is None:
        raise Http404("There is no such rule.")
    name = asked["q"] or asked["category"]
    return Working(
        key=key or rule_key_free(slugify(name)[:80] or "rule"),
        content=dict(content) if content else _new_content(asked),
        query=asked["q"],
        category=asked["category"],
        device=asked["device"],
        segment=asked["segment"],
        is_new=not key,
    )


def _new_content(asked: Mapping[str, str]) -> dict[str, Any]:
    queries = [{"match": "exact", "text": asked["q"]}] if asked["q"] else []
    conditions: dict[str, Any] = {"queries": queries}
    conditions["categories"] = [asked["category"]] if asked["category"] else []
    conditions |= {f"{name}s": [asked[name]] for name in _SEGMENTS if asked[name]}
    title = f"“{asked['q']}”" if asked["q"] else asked["category"]
    return {"title": title, "conditions": conditions, "consequences": []}


def _board_context(working: Working) -> dict[str, object]:
    rule = working.rule()
    board: Board = board_compute(
        occasion=working.occasion(), key=working.key, rule=rule, as_of=timezone.now()
    )
    consequences = () if rule is None else rule.consequences
    return {
        "board": board,
        "key": working.key,
        "doings": [consequence_words(each) for each in consequences],
        "content": rule_content(rule) if rule else None,
    }


def _suggested() -> list[str]:
    recent = (entry.normalised for entry in query_log_recent(limit=_RECENT))
    return list(dict.fromkeys(query for query in recent if query))[:_SUGGESTED]


def _strict(response: HttpResponse) -> HttpResponse:
    response.csp_strict = True  # type: ignore[attr-defined]  # read by ContentSecurityPolicyMiddleware
    response["Cache-Control"] = "private, no-store"
    return response
