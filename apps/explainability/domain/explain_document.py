"""An explanation as JSON values: the contract of the routes."""

from apps.explainability.contracts.explained import (
    AnswerTold,
    Explained,
    Rise,
    WeightChange,
    Whereabouts,
)
from apps.ranking.domain.records import JsonValue, record_document

Json = dict[str, JsonValue]


def explained_document(explained: Explained) -> Json:
    """One product's verdict with all its numbers."""
    record, hidden = explained.record, explained.hidden_by
    where, rise = explained.whereabouts, explained.rise
    return {
        "product_id": explained.product_id,
        "title": explained.title,
        "verdict": explained.verdict.value,
        "summary": explained.summary,
        "rank": explained.rank,
        "page": explained.page,
        "explanation": None if record is None else record_document(record),
        "hidden_by": None
        if hidden is None
        else {"rule": hidden.rule, "from_rank": hidden.from_rank},
        "filtered_by": [
            {"field": each.field, "values": list(each.values), "set_by": each.set_by}
            for each in explained.filtered_by
        ],
        "retrieval": None if where is None else whereabouts_document(where),
        "rise": None if rise is None else _rise(rise),
    }


def answer_told_document(told: AnswerTold) -> Json:
    """The answer that the product is explained in."""
    facts: Json = {name: _json(value) for name, value in told.facts.items()}
    return {
        "source": told.source,
        "query_id": told.query_id or None,
        "answered_at": told.answered_at or None,
        **facts,
    }


def _json(value: object) -> JsonValue:
    return value  # type: ignore[return-value]  # facts are made of JSON values by their services


def whereabouts_document(where: Whereabouts) -> Json:
    """Both places as JSON values."""
    keyword, semantic = where.keyword, where.semantic
    return {
        "keyword": None
        if keyword is None
        else {
            "rank": keyword.rank,
            "of": keyword.of,
            "score": keyword.score,
            "holds": list(keyword.holds),
            "lacks": list(keyword.lacks),
        },
        "semantic": None
        if semantic is None
        else {
            "rank": semantic.rank,
            "of": semantic.of,
            "similarity": semantic.similarity,
            "floor": semantic.floor,
            "within": semantic.within,
        },
    }


def _rise(rise: Rise) -> Json:
    return {
        "wanted_rank": rise.wanted_rank,
        "score_there": rise.score_there,
        "gap": rise.gap,
        "possible": bool(rise.changes),
        "obstacle": rise.obstacle.value or None,
        "always_ahead": rise.ahead_always,
        "verified_rank": rise.verified_rank,
        "changes": [_change(each) for each in rise.changes],
    }


def _change(change: WeightChange) -> Json:
    return {
        "feature": change.feature,
        "from": change.before,
        "threshold": change.threshold,
        "to": change.after,
        "weights": dict(change.weights),
        "rank": change.rank,
    }
