"""What speaks for drafts that were learned, as pages and the API show it."""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.features.contracts import FEATURE_TITLES
from apps.ranking_weights.models import LearnedEvidence

_FIGURES = {
    "dcg_at_k": "DCG at {cut}, self-normalised",
    "clicks_at_k": "Clicks a search on the first {cut}",
}


def evidence_page(version_id: int) -> dict[str, object]:
    """What speaks for a learned draft, as its page shows it; empty for any other version."""
    found = LearnedEvidence.objects.select_related("version").filter(pk=version_id).first()
    if found is None:
        return {}
    edited = found.version.weights != found.weights
    return {"note": found.note, "edited": edited, **_shown(found.evidence, found.weights)}


def evidence_notes(version_ids: Iterable[int]) -> dict[int, str]:
    """Version to the sentence that speaks for it; those that were not learned are missing."""
    found = LearnedEvidence.objects.filter(pk__in=list(version_ids))
    return dict(found.values_list("version_id", "note"))


def _shown(evidence: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, Any]:
    """A kept document (of `learned_document`) as a page shows it."""
    held, curve = evidence["held_back"], evidence["propensities"]
    figures = [
        {"title": title.format(cut=held["cut"]), "current": held[name]["current"],
         "proposed": held[name]["proposed"], "difference": held[name]["difference"]["value"],
         "low": held[name]["difference"]["low"], "high": held[name]["difference"]["high"]}
        for name, title in (_FIGURES.items() if held else ())
    ]  # fmt: skip
    titled = {FEATURE_TITLES.get(name, name): weight for name, weight in weights.items()}
    return {
        "evidence": evidence,
        "held": held,
        "figures": figures,
        "curve": curve,
        "places": list(curve["at"].items()),
        "own_share": f"{evidence['own_share']:.0%}",
        "learned": ", ".join(f"{title} {weight:.2f}" for title, weight in titled.items()),
        "unlearnt": ", ".join(FEATURE_TITLES.get(name, name) for name in evidence["unlearnt"]),
    }
