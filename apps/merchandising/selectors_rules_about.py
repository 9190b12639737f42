"""Rules by what they are about, and what is being worked on of them."""

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import chain, count

from django.db.models import Q

from apps.common.errors import NotFound
from apps.merchandising.contracts_rule_views import RuleView
from apps.merchandising.domain.rules.content import CONTENT_FIELDS
from apps.merchandising.domain.rules.words import words_normalise
from apps.merchandising.models import RuleVersion
from apps.merchandising.selectors_rules import rule_view, rules_view_of
from apps.publishing.contracts import JsonValue, VersionStatus

_CURRENT = [
    status.value
    for status in (VersionStatus.PUBLISHED, VersionStatus.DRAFT, VersionStatus.IN_REVIEW)
]
_MOST = 20


def rules_about(*, query: str, category: str, as_of: datetime) -> tuple[RuleView, ...]:
    """Rules with a current version whose conditions name this query or this category, by key.

    Live, waiting and over: what a merchandiser may want to go on with. Rules that act here for
    another reason (a phrase of the query, a category above) are told by the board itself. Two
    statements.

    Args:
        query: as typed; empty: none.
        category: path; empty: none.
        as_of: aware.
    """
    named = Q(pk__in=())
    if words := words_normalise(query):
        named |= Q(conditions__queries__contains=[{"text": " ".join(words)}])
    if category:
        named |= Q(conditions__categories__contains=[category])
    rows = RuleVersion.objects.filter(named, status__in=_CURRENT)
    keys = rows.order_by("subject").values_list("subject", flat=True).distinct()[:_MOST]
    return rules_view_of(list(keys), as_of=as_of)


def rule_key_free(stem: str) -> str:
    """The stem, else the stem with the first number from 2 on that no rule has; one statement.

    Args:
        stem: a slug.
    """
    named = Q(subject=stem) | Q(subject__regex=f"^{re.escape(stem)}-[0-9]+$")
    rows = RuleVersion.objects.filter(named, status__in=_CURRENT)
    taken = set(rows.values_list("subject", flat=True).distinct())
    keys = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(key for key in keys if key not in taken)


def rule_content_worked_on(key: str, *, as_of: datetime) -> Mapping[str, JsonValue] | None:
    """The rule's draft, else what is published, without its retired mark; None: no such rule."""
    try:
        found = rule_view(key, as_of=as_of)
    except NotFound:
        return None
    version = found.proposal or found.shown
    return {name: version.content[name] for name in CONTENT_FIELDS}
