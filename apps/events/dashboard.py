"""Card of admin's first page: searches that found nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.common.admin_dashboard import DashboardCard, Tone
from apps.common.domain.uuid7 import uuid7_floor
from apps.events.models import QueryLog

_WINDOW = timedelta(hours=24)
_READ = 10_000
_NAMED = 3
_WORRYING_SHARE = 0.1


def search_cards(user: Any) -> Iterator[DashboardCard]:
    """The zero-result share of the last 24 hours, of the newest 10,000 searches at most."""
    if not user.has_perm("events.view_querylog"):
        return
    oldest = uuid7_floor(timezone.now() - _WINDOW)
    newest = QueryLog.objects.filter(id__gte=oldest).order_by("-id")
    rows = list(newest.values_list("normalised", "results_count")[:_READ])
    url = reverse("admin:events_querylog_changelist")
    empty = Counter(query for query, found in rows if not found)
    title, count = "Searches that found nothing", sum(empty.values())
    if not count:
        detail = f"of {len(rows):,} searches in the last 24 hours"
        yield DashboardCard(title, "none", detail, url, Tone.GOOD)
        return
    share = count / len(rows)
    words = ", ".join(f"“{query}”" for query, _ in empty.most_common(_NAMED))
    detail = f"{count:,} of {len(rows):,} in the last 24 hours, most often {words}"
    tone = Tone.WARNING if share >= _WORRYING_SHARE else Tone.PLAIN
    yield DashboardCard(title, f"{share:.1%}", detail, f"{url}?found=nothing", tone)
