"""What rules did, as JSON values and in the committed OpenAPI document."""

from apps.common.api.schema_parts import TEXT, TEXTS, WHOLE, object_of, or_null, ref
from apps.common.api.schema_parts import Json as Schema
from apps.merchandising.contracts_acting import WordsFrom
from apps.search.contracts_rules import RulesActed

Json = dict[str, object]


def rules_document(acted: RulesActed) -> Json:
    """The members of an answer that rules decide; `rules` only where it explains itself."""
    rewritten, redirect = acted.rewritten, acted.redirect
    document: Json = {
        "rewritten_query": rewritten.rewritten if rewritten else None,
        "rewrite": rewritten,
        "redirect": redirect,
        "banners": acted.banners,
        "rule_filters": acted.filters,
    }
    if acted.explained:
        document["rules"] = {"applied": acted.applied, "outdone": acted.outdone}
    return document


def rules_components() -> Schema:
    texts = {"type": "object", "additionalProperties": TEXTS}
    return {
        "SearchRewrite": object_of({"original": TEXT, "rewritten": TEXT, "rules": TEXTS}),
        "SearchRedirect": object_of(
            {"url": {**TEXT, "description": "A path of the shop, or https."}, "rule": TEXT}
        ),
        "SearchBanner": object_of(
            {
                "slot": TEXT,
                "rule": TEXT,
                "payload": {"type": "object", "description": "The storefront's own."},
            }
        ),
        "SearchRuleFilter": object_of(
            {
                "rule": TEXT,
                "products": {**TEXTS, "description": "Empty: by filters."},
                "filters": {**texts, "description": "As `filter[<name>]` takes them."},
            }
        ),
        "SearchAppliedRule": object_of(
            {
                "key": TEXT,
                "number": WHOLE,
                "title": TEXT,
                "priority": WHOLE,
                "did": {**TEXTS, "description": "What it did here, in words."},
                "words": {
                    "enum": [*(str(each) for each in WordsFrom), None],
                    "description": "Where the words stand that it asks for; null: for none.",
                },
            }
        ),
        "SearchOutdoneRule": object_of(
            {
                "rule": {**TEXT, "description": "That gave way."},
                "what": TEXT,
                "winner": TEXT,
                "why": TEXT,
            }
        ),
    }


def rules_properties() -> Schema:
    """Of an answer."""

    def list_of(name: str) -> Schema:
        return {"type": "array", "items": ref(name)}

    def maybe(name: str) -> Schema:
        return {"anyOf": [ref(name), {"type": "null"}]}

    return {
        "applied_rules": {**TEXTS, "description": "Keys of the rules that acted."},
        "rewritten_query": {
            **or_null(TEXT),
            "description": "What rules made of the query; `query` is as typed.",
        },
        "rewrite": maybe("SearchRewrite"),
        "redirect": maybe("SearchRedirect"),
        "banners": list_of("SearchBanner"),
        "rule_filters": {
            **list_of("SearchRuleFilter"),
            "description": "Nothing else appears.",
        },
        "rules": {
            **object_of(
                {"applied": list_of("SearchAppliedRule"), "outdone": list_of("SearchOutdoneRule")}
            ),
            "description": "Only with `explain=true`.",
        },
    }
