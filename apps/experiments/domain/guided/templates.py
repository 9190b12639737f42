"""Where a guided form starts: three templates, each a document with sensible defaults."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import ANY_SURFACE

SEARCH_SURFACE = "search"


@dataclass(frozen=True, slots=True)
class DesignTemplate:
    """One way to begin.

    Attributes:
        code: `weights`, `feature` or `ui`; stored in the design.
        title: of its card.
        about: one or two sentences: when to choose it.
        surface: wanted; `any` when it is not registered.
        treatment: name of the second variant.
        primary: the metric judged by, unless the shop has none of that key.
        secondary, guardrails: likewise.
    """

    code: str
    title: str
    about: str
    surface: str
    treatment: str
    primary: str
    secondary: tuple[str, ...]
    guardrails: tuple[str, ...]


TEMPLATES: tuple[DesignTemplate, ...] = (
    DesignTemplate(
        "weights",
        "Weights test",
        "Compare the ranking weights of today with another weight set. Search applies the "
        "weights by itself; nobody writes code.",
        SEARCH_SURFACE,
        "New weights",
        "revenue_per_visitor",
        ("ctr", "conversion_rate", "add_to_cart_rate"),
        ("zero_result_rate", "search_exit_rate"),
    ),
    DesignTemplate(
        "feature",
        "Feature test",
        "Switch one thing in search on or off for a part of the shoppers: semantic retrieval, "
        "how lists are fused, a ranking feature.",
        SEARCH_SURFACE,
        "Feature changed",
        "ctr",
        ("conversion_rate", "time_to_first_click", "click_ndcg"),
        ("revenue_per_visitor", "zero_result_rate"),
    ),
    DesignTemplate(
        "ui",
        "UI test",
        "Your storefront shows something different. The payload is yours: any JSON that your "
        "pages read through the assignment API, OpenFeature or an SDK.",
        ANY_SURFACE,
        "New design",
        "conversion_rate",
        ("add_to_cart_rate", "ctr"),
        ("revenue_per_visitor",),
    ),
)


def template_named(code: str) -> DesignTemplate | None:
    """The template of this code."""
    return next((each for each in TEMPLATES if each.code == code), None)


def template_document(
    template: DesignTemplate | None, *, surfaces: Collection[str], metrics: Collection[str]
) -> dict[str, Json]:
    """The document a form starts from; only surfaces and metrics that exist are named.

    Without a template: two equal variants on any surface, and no metrics.
    """
    if template is None:
        return {"surface": ANY_SURFACE, "variants": _variants("Treatment"), "metrics": []}
    wanted: Mapping[str, tuple[str, ...]] = {
        "primary": (template.primary,),
        "secondary": template.secondary,
        "guardrail": template.guardrails,
    }
    return {
        "template": template.code,
        "surface": template.surface if template.surface in surfaces else ANY_SURFACE,
        "variants": _variants(template.treatment),
        "metrics": [
            {"key": key, "role": role}
            for role, keys in wanted.items()
            for key in keys
            if key in metrics
        ],
        "plan": {"cuped_days": 14},
    }


def _variants(treatment: str) -> list[Json]:
    return [
        {"key": "control", "name": "As it is today", "weight": 0.5, "payload": None},
        {"key": "treatment", "name": treatment, "weight": 0.5, "payload": None},
    ]
