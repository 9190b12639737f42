"""Rules as CSV: one line a consequence; the rule's own columns stand on its first line."""

import csv
import io
import json
from collections.abc import Iterable, Mapping

from apps.merchandising.contracts_rules import JsonValue, MerchandisingRule
from apps.merchandising.domain.rules.content import rule_content
from apps.merchandising.domain.rules.csv_cells import cell_guard, pairs_cell, values_cell

RULE_COLUMNS = (
    "key", "title", "priority", "campaign", "reach", "queries", "categories", "segments",
    "devices", "attributes", "variants", "starts_at", "ends_at", "time_zone",
)  # fmt: skip
CONSEQUENCE_COLUMNS = (
    "do", "products", "position", "filters", "factor", "url", "slot", "payload", "find", "replace",
)  # fmt: skip
COLUMNS = (*RULE_COLUMNS, *CONSEQUENCE_COLUMNS)


def rules_csv(rules: Iterable[MerchandisingRule]) -> str:
    """The file that `rules_read` reads back as the same rules."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for rule in rules:
        content = rule_content(rule)
        own: Mapping[str, str] = _rule_cells(rule, content)
        consequences = content["consequences"]
        for each in consequences if isinstance(consequences, list) else ():
            if isinstance(each, dict):
                cells = {**own, **_consequence_cells(each)}
                writer.writerow({name: cell_guard(cell) for name, cell in cells.items()})
            own = {"key": rule.key}
    return written.getvalue()


def _rule_cells(rule: MerchandisingRule, content: Mapping[str, JsonValue]) -> dict[str, str]:
    conditions, told = rule.conditions, content["conditions"]
    moments = told if isinstance(told, dict) else {}
    return {
        "key": rule.key,
        "title": rule.title,
        "priority": str(rule.priority),
        "campaign": rule.campaign,
        "reach": rule.reach.value,
        "queries": values_cell([f"{each.match}: {each.text}" for each in conditions.queries]),
        "categories": values_cell(conditions.categories),
        "segments": values_cell(conditions.segments),
        "devices": values_cell(conditions.devices),
        "attributes": pairs_cell(conditions.attributes),
        "variants": pairs_cell({each.experiment: each.variants for each in conditions.variants}),
        "starts_at": str(moments.get("starts_at", "")),
        "ends_at": str(moments.get("ends_at", "")),
        "time_zone": conditions.time_zone,
    }


def _consequence_cells(each: Mapping[str, JsonValue]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in each.items():
        if name == "product":
            cells["products"] = values_cell([str(value)])
        elif isinstance(value, list):
            cells[name] = values_cell([str(one) for one in value])
        elif name == "filters" and isinstance(value, dict):
            cells[name] = pairs_cell({key: _texts(many) for key, many in value.items()})
        elif isinstance(value, dict):
            cells[name] = json.dumps(value, ensure_ascii=False)
        else:
            cells[name] = str(value)
    return cells


def _texts(value: JsonValue) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
