"""Every feature on one page: what it is, what it is made from, whose it is, how old it is."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from apps.features.domain.lineage import lineage_svg
from apps.features.domain.registry import features_registered
from apps.features.domain.rendering import span_written
from apps.features.selectors_registry import FeatureDocument, registry_document
from apps.features.selectors_state import note_ids, store_state

VIEW = "features.view_featurenote"
_LATE_TIMES = 2


@require_safe
@permission_required(VIEW, raise_exception=True)
def discovery_page(request: HttpRequest) -> HttpResponse:
    """The registry; `q` finds words in what is told of a feature."""
    asked = request.GET.get("q", "").strip()[:200]
    documents = registry_document(store_state(), timezone.now()).features
    keys = note_ids()
    drawing = lineage_svg([each.spec for each in features_registered()])
    context = {
        "q": asked,
        "lines": [
            (
                each,
                keys.get(f"{each.name}@{each.version}"),
                _is_late(each),
                span_written(each.fresh_s),
            )
            for each in documents
            if _tells(each, asked)
        ],
        "all": len(documents),
        "lineage": mark_safe(drawing),  # noqa: S308 - every text in it was escaped by the domain
    }
    response = render(request, "features/discovery.html", context)
    response["Cache-Control"] = "private, no-store"
    response.csp_strict = True  # type: ignore[attr-defined]  # read by ContentSecurityPolicyMiddleware
    return response


def key_of(document: FeatureDocument) -> str:
    """`name@version`."""
    return f"{document.name}@{document.version}"


def _tells(document: FeatureDocument, asked: str) -> bool:
    told = (document.name, document.title, document.description, document.computation,
            document.entity, document.owner, document.notes, *document.depends_on)  # fmt: skip
    return all(word in " ".join(told).lower() for word in asked.lower().split())


def _is_late(document: FeatureDocument) -> bool:
    latest = document.latest
    return latest is not None and latest.stale_s > _LATE_TIMES * document.fresh_s + 600
