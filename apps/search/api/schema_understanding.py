"""How a query was understood, in the committed OpenAPI document."""

from apps.common.api.schema_parts import NUMBER, TEXT, TEXTS, Json, object_of, ref
from apps.search.contracts_understanding import AlternativeKind, ExtractionUse, QueryClass
from apps.search.domain.drafting import REWRITE


def understanding_components() -> Json:
    return {
        "SearchCorrection": object_of(
            {
                "original": TEXT,
                "corrected": TEXT,
                "words": {
                    "type": "array",
                    "items": object_of({"from": TEXT, "to": TEXT, "confidence": NUMBER}),
                },
            }
        ),
        "SearchAlternative": object_of({"word": TEXT, "also": TEXT}),
        "SearchExtraction": object_of(
            {
                "field": {**TEXT, "description": "As in `filter[<field>]`."},
                "value": {**TEXT, "description": "As that filter takes it."},
                "text": {**TEXT, "description": "The words of the query that say so."},
                "as": {**TEXT, "enum": [str(each) for each in ExtractionUse]},
                "label": TEXT,
            }
        ),
        "SearchUnderstanding": object_of(
            {
                "class": {
                    "type": ["string", "null"],
                    "enum": [*(str(each) for each in QueryClass), None],
                },
                "signals": {**TEXTS, "description": "Why that class."},
                "extracted": {"type": "array", "items": ref("SearchExtraction")},
                "dropped": {**TEXTS, "description": "What `drop` took away."},
                "synonyms": {"type": "array", "items": ref("SearchAlternative")},
                "abbreviations": {"type": "array", "items": ref("SearchAlternative")},
            }
        ),
    }


def query_parts() -> Json:
    """What understanding says of one hit, under `search_score`."""
    kinds = [*(str(each) for each in AlternativeKind), REWRITE]
    match = object_of(
        {"word": TEXT, "matched": TEXT, "kind": {**TEXT, "enum": kinds}, "weight": NUMBER}
    )
    return {
        "found": {**NUMBER, "description": "What being found counts for; boosts add the rest."},
        "boosts": {"type": "array", "items": object_of({"name": TEXT, "added": NUMBER})},
        "words": {"type": "array", "items": match},
    }
