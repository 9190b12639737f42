"""The methods behind the numbers: docs/statistics.md as a page that links can point into."""

import re
from functools import lru_cache
from itertools import pairwise

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from apps.experiments.views.gate import analyst_page

_FILES = ("statistics.md", "statistics-bandits.md")
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


@require_safe
@analyst_page
def methods_page(request: HttpRequest) -> HttpResponse:
    context = {"documents": _documents(), "here": "methods"}
    return render(request, "experiments/methods.html", context)


def _documents() -> list[SafeString]:
    folder = settings.BASE_DIR / "docs"
    present = [folder / name for name in _FILES if (folder / name).is_file()]
    return [_rendered(path.read_text(encoding="utf-8")) for path in present]


@lru_cache(maxsize=4)
def _rendered(text: str) -> SafeString:
    """Markdown as HTML, headings with the anchors that everybody knows from code hosts."""
    # Only this page reads Markdown: a worker that never shows it does without.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(inline.content))
    # Our own file, and raw HTML in it is escaped.
    html: str = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(html)  # noqa: S308


def anchor(heading: str) -> str:
    """`Tests and intervals` → `tests-and-intervals`."""
    return _NOT_IN_ANCHOR.sub("", heading.lower()).strip().replace(" ", "-")
