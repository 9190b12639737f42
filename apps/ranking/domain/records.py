"""One hit's record, made only for the hits that are shown; nothing is scored again."""

import math
from collections.abc import Mapping
from dataclasses import replace

from apps.features.contracts import BESIDE_WEIGHTS, FEATURE_NAMES, FEATURE_TITLES, SEARCH_SCORE
from apps.ranking.contracts import (
    RULES_CONTRIBUTION,
    Acted,
    HitRecord,
    Ranking,
    SearchPart,
    Step,
)
from apps.ranking_weights.contracts import ResolvedWeights

JsonValue = str | float | int | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
# What is told rounds to 0.001.
_TOLD = 0.0005
_BREAKDOWN = (*(name for name in FEATURE_NAMES if name != SEARCH_SCORE), *BESIDE_WEIGHTS)


def hit_record(ranking: Ranking, position: int) -> HitRecord:
    """The record of the hit at a 1-based position.

    Raises:
        IndexError: there is no such position.
    """
    if not 1 <= position <= len(ranking.order):
        raise IndexError(f"position {position} of {len(ranking.order)}")
    candidate = int(ranking.order[position - 1])
    record = HitRecord(
        row=int(ranking.candidates.rows[candidate]),
        position=position,
        final_score=float(ranking.scores[candidate]),
        search=_search_part(ranking, candidate),
        features=_feature_values(ranking, candidate),
        weights=ranking.weights,
        contributions=dict(
            zip(ranking.feature_names, ranking.contributions[candidate].tolist(), strict=True)
        ),
        steps=ranking.steps.get(candidate, ()),
    )
    return replace(record, reason=reason_in_words(record))


def hit_records(ranking: Ranking, first: int, count: int) -> list[HitRecord]:
    """The records of up to `count` hits from 1-based position `first`."""
    last = min(first + count - 1, len(ranking.order))
    return [hit_record(ranking, position) for position in range(first, last + 1)]


def record_moved(
    ranking: Ranking, at: int, position: int, experiments: tuple[Acted, ...] = ()
) -> HitRecord:
    """The record of the hit at `at`, told as standing at `position` (of a larger ranking)."""
    record = replace(hit_record(ranking, at), position=position, experiments=experiments)
    return record_reasoned(record)


def record_reasoned(record: HitRecord, titles: Mapping[str, str] = FEATURE_TITLES) -> HitRecord:
    """The record with the reason that its numbers give, features called by these titles."""
    return replace(record, reason=reason_in_words(record, titles))


def _search_part(ranking: Ranking, candidate: int) -> SearchPart:
    given = ranking.candidates
    keyword = float(given.keyword_score[candidate])
    semantic = float(given.semantic_score[candidate])
    return SearchPart(
        value=float(given.search_score[candidate]),
        keyword=None if math.isnan(keyword) else keyword,
        semantic=None if math.isnan(semantic) else semantic,
        keyword_rank=int(given.keyword_rank[candidate]) or None,
        semantic_rank=int(given.semantic_rank[candidate]) or None,
    )


def _feature_values(ranking: Ranking, candidate: int) -> dict[str, float | None]:
    values: dict[str, float | None] = {
        name: float(ranking.features[name][candidate])
        for name, _ in ranking.weights.weights
        if name != SEARCH_SCORE
    }
    missing = [name for name in ranking.weights.shared_out if name != SEARCH_SCORE]
    return values | dict.fromkeys(missing)


def reason_in_words(record: HitRecord, titles: Mapping[str, str] = FEATURE_TITLES) -> str:
    """Plain sentences that say only what the record's numbers say."""
    sentences = [_score_sentence(record, titles)]
    if found := _found_sentence(record.search):
        sentences.append(found)
    sentences.extend(
        f"'{match.word}' matched by its {match.kind} '{match.matched}'."
        for match in record.search.words
    )
    if record.search.boosts:
        told = ", ".join(f"{boost.name} {boost.added:+.3f}" for boost in record.search.boosts)
        sentences.append(f"Named by the query: {told}.")
    sentences.extend(record.because)
    sentences.extend(step_sentence(step) for step in record.steps)
    sentences.extend(
        f"Experiment '{acted.experiment}' acted with variant '{acted.variant}'."
        for acted in record.experiments
    )
    if record.weights.shared_out:
        names = ", ".join(_title(name, titles) for name in record.weights.shared_out)
        sentences.append(f"{names}: no source, so its weight is shared out over the others.")
    return " ".join(sentences)


def _score_sentence(record: HitRecord, titles: Mapping[str, str]) -> str:
    opening = f"Position {record.position} with a score of {record.final_score:.3f}"
    parts = sorted(record.contributions.items(), key=lambda part: -abs(part[1]))
    told = [f"{_title(name, titles)} {value:+.3f}" for name, value in parts if abs(value) >= _TOLD]
    if not told:
        return f"{opening}: no feature contributes, so it stands by its product key."
    return f"{opening}: {', '.join(told)}."


def _found_sentence(search: SearchPart) -> str:
    places = []
    if search.keyword_rank is not None:
        places.append(f"rank {search.keyword_rank} by keywords")
    if search.semantic_rank is not None and search.semantic is not None:
        places.append(f"rank {search.semantic_rank} by meaning (similarity {search.semantic:.2f})")
    return f"Found at {' and '.join(places)}." if places else ""


def step_sentence(step: Step) -> str:
    """What one step did, in words."""
    acted = "Diversity" if step.kind == "diversity" else step.kind.capitalize()
    if step.from_rank == step.to_rank:
        moved = f"left it at {step.to_rank}"
    else:
        moved = f"moved it from {step.from_rank} to {step.to_rank}"
    return f"{acted} '{step.rule}' {moved}{f' ({step.detail})' if step.detail else ''}."


def _title(name: str, titles: Mapping[str, str]) -> str:
    return "Rules" if name == RULES_CONTRIBUTION else titles.get(name, name)


def record_document(record: HitRecord) -> dict[str, JsonValue]:
    """The record as answers carry it under `explanation`."""
    weights = record.weights
    breakdown: dict[str, JsonValue] = {
        SEARCH_SCORE: {
            "value": record.search.value,
            "keyword": record.search.keyword,
            "semantic": record.search.semantic,
            "keyword_rank": record.search.keyword_rank,
            "semantic_rank": record.search.semantic_rank,
            **_query_parts(record.search),
        },
        **dict.fromkeys(_BREAKDOWN),
        **record.features,
    }
    return {
        "final_score": record.final_score,
        "score_breakdown": breakdown,
        "weights": {**weights_document(weights), "chain": chain_document(weights)},
        "contributions": dict(record.contributions),
        "steps": [_step_document(step) for step in record.steps],
        "experiments": [
            {"key": acted.experiment, "variant": acted.variant, "turns": list(acted.turns)}
            for acted in record.experiments
        ],
        "reason": record.reason,
    }


def _query_parts(search: SearchPart) -> dict[str, JsonValue]:
    """What the query's understanding did to this hit; nothing when it did nothing."""
    document: dict[str, JsonValue] = {}
    if search.found is not None:
        document["found"] = search.found
        document["boosts"] = [
            {"name": boost.name, "added": boost.added} for boost in search.boosts
        ]
    if search.words:
        document["words"] = [
            {
                "word": match.word,
                "matched": match.matched,
                "kind": match.kind,
                "weight": match.weight,
            }
            for match in search.words
        ]
    return document


def weights_document(weights: ResolvedWeights) -> dict[str, JsonValue]:
    """The weights as answers carry them; an experiment's override names it."""
    document: dict[str, JsonValue] = {
        "source": weights.source,
        "subject": weights.subject,
        "number": weights.number,
        "weights": dict(weights.weights),
        "shared_out": list(weights.shared_out),
    }
    if not weights.experiment:
        return document
    return {**document, "experiment": weights.experiment, "variant": weights.variant}


def chain_document(weights: ResolvedWeights) -> list[JsonValue]:
    """Experiment → category → parents → global → default, as far as it was looked at.

    The last link is the one that answered, unless none did. An experiment that asked for no
    weights stands there as well, so that one can see that it was looked for.
    """
    looked = [entry.rpartition(": ") for entry in weights.chain]
    last = len(looked) - 1 if weights.source != "none" else -1
    overridden = weights.source == "override"
    links: list[JsonValue] = []
    if not overridden and not any(label == "override" for label, _, _ in looked):
        links.append(_link_document("experiment", "", "none asks for weights", answered=False))
    places = 0
    for at, (label, _, found) in enumerate(looked):
        if label == "override" or (overridden and at <= last):
            kind = "experiment" if weights.experiment or not overridden else "preview"
            subject = weights.experiment or ("" if label == "override" else label)
        elif label in {"global", "default"}:
            kind, subject = label, ""
        else:
            kind, subject = ("parent" if places else "category"), label
            places += 1
        links.append(_link_document(kind, subject, found, answered=at == last))
    return links


def _link_document(kind: str, subject: str, found: str, *, answered: bool) -> JsonValue:
    return {"link": kind, "subject": subject, "found": found, "answered": answered}


def _step_document(step: Step) -> dict[str, JsonValue]:
    return {
        "kind": step.kind,
        "rule": step.rule,
        "from_rank": step.from_rank,
        "to_rank": step.to_rank,
        "detail": step.detail,
    }
