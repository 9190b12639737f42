"""A rule's whole guided form: what it begins with, what it comes to, where refusals belong."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import QueryDict

from apps.catalog.contracts import CategoryTree
from apps.merchandising.contracts_rules import RuleInvalid
from apps.merchandising.domain.rules.content import rule_content, rule_parse
from apps.merchandising.domain.rules.csv_cells import values_cell
from apps.merchandising.domain.rules.guided import (
    Cell,
    CellInvalid,
    cell_of_field,
    consequence_cells,
    consequence_content,
)
from apps.merchandising.forms_rules import (
    AttributeRows,
    ConsequenceRows,
    QueryRows,
    RuleForm,
    VariantRows,
)


class GuidedRule:
    """The form of one rule with all its rows.

    Args:
        posted: what was sent; None for a fresh page.
        content: the JSON content to begin with.
        tree: of categories.
        new: ask for a key.
        key: of the rule, where it has one.
    """

    def __init__(
        self,
        posted: QueryDict | None,
        content: Mapping[str, Any],
        *,
        tree: CategoryTree,
        new: bool,
        key: str = "",
    ) -> None:
        posted = _row_added(posted)
        self.checked = posted is not None and "add_row" not in posted
        self.key = key
        conditions = content.get("conditions", {})
        paths = _paths(tree, content)
        self.main = RuleForm(posted, initial=_main_initial(content), new=new, paths=paths)
        self.queries = QueryRows(posted, initial=conditions.get("queries", []), prefix="queries")
        self.attributes = AttributeRows(
            posted,
            initial=[
                {"name": name, "values": values_cell(values)}
                for name, values in conditions.get("attributes", {}).items()
            ],
            prefix="attributes",
        )
        self.variants = VariantRows(
            posted,
            initial=[
                {"experiment": each["experiment"], "variants": values_cell(each["variants"])}
                for each in conditions.get("variants", [])
            ],
            prefix="variants",
        )
        self.consequences = ConsequenceRows(
            posted,
            initial=[consequence_cells(each) for each in content.get("consequences", [])],
            prefix="consequences",
            form_kwargs={"paths": paths},
        )
        self.refusals: list[str] = []
        self.content: dict[str, Any] = {}

    def is_valid(self) -> bool:
        """Whether every part is, and the whole makes a rule; `content` then holds it."""
        parts = (self.main, self.queries, self.attributes, self.variants, self.consequences)
        # All are asked, so that all errors show.
        if [part for part in parts if not part.is_valid()]:
            return False
        content = self._content()
        if content is None:
            return False
        key = self.main.cleaned_data.get("key", self.key)
        try:
            self.content = rule_content(rule_parse(key, 0, content))
        except RuleInvalid as error:
            self.refuse(error.field, error.message)
            return False
        return True

    def refuse(self, path: str, message: str) -> None:
        """Show a refusal where it belongs."""
        parts = path.split(".")
        if parts[0] == "conditions":
            parts = parts[1:]
        name = parts[0] if parts else ""
        rows: Any = getattr(self, name, None)
        if name in {"queries", "variants", "consequences"} and len(parts) > 1:
            form = rows.kept()[int(parts[1]) - 1]
            rest = parts[2:]
            cell = cell_of_field(rest) if name == "consequences" else (rest or ["variants"])[0]
            form.add_error(cell if cell in form.fields else None, message)
        elif name == "attributes" and len(parts) > 1:
            named = ".".join(parts[1:])
            rows = [form for form in self.attributes.kept() if form.cleaned_data["name"] == named]
            rows[0].add_error("name", message)
        elif name in self.main.fields:
            self.main.add_error(name, message)
        else:
            self.refusals.append(message)

    def _content(self) -> dict[str, Any] | None:
        cleaned = self.main.cleaned_data
        consequences = []
        for form in self.consequences.kept():
            cells: Mapping[str, Cell] = form.cleaned_data
            try:
                consequences.append(consequence_content(cells))
            except CellInvalid as error:
                form.add_error(error.field, str(error))
                return None
        conditions = {
            name: cleaned[name]
            for name in ("categories", "segments", "devices", "starts_at", "ends_at", "time_zone")
        }
        return {
            **{name: cleaned[name] for name in ("title", "priority", "campaign", "reach")},
            "conditions": conditions | self._rows_content(),
            "consequences": consequences,
        }

    def _rows_content(self) -> dict[str, Any]:
        attributes: dict[str, list[str]] = {}
        for form in self.attributes.kept():
            row = form.cleaned_data
            attributes.setdefault(row["name"], []).extend(row["values"])
        return {
            "queries": [
                {name: form.cleaned_data[name] for name in ("match", "text")}
                for form in self.queries.kept()
            ],
            "attributes": attributes,
            "variants": [
                {name: form.cleaned_data[name] for name in ("experiment", "variants")}
                for form in self.variants.kept()
            ],
        }


def _row_added(posted: QueryDict | None) -> QueryDict | None:
    """What was sent, with one row more where a button without JavaScript asked for it."""
    if posted is None or "add_row" not in posted:
        return posted
    changed = posted.copy()
    total = f"{posted['add_row']}-TOTAL_FORMS"
    count = posted.get(total, "0")
    changed[total] = str(int(count) + 1 if count.isdigit() else 1)
    return changed


def _paths(tree: CategoryTree, content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every category, indented; and what the rule names and the tree does not have any more."""
    known = [(node.path, "\u2003" * node.path.count("/") + node.name) for node in tree.categories]
    named = list(content.get("conditions", {}).get("categories", []))
    for each in content.get("consequences", []):
        named += each.get("filters", {}).get("category", [])
    gone = [path for path in dict.fromkeys(named) if tree.by_path(path) is None]
    return [*known, *((path, f"{path} (not in the catalogue)") for path in gone)]


def _main_initial(content: Mapping[str, Any]) -> dict[str, Any]:
    conditions = content.get("conditions", {})
    found = {
        name: content[name]
        for name in ("title", "priority", "campaign", "reach")
        if name in content
    }
    found |= {name: values_cell(conditions.get(name, [])) for name in ("segments", "devices")}
    found["categories"] = conditions.get("categories", [])
    if content:
        found["time_zone"] = conditions.get("time_zone", "UTC")
    for name in ("starts_at", "ends_at"):
        if name in conditions:
            found[name] = _clock(conditions[name])
    return found


def _clock(told: str) -> str:
    """As the clock on the wall shows it: times are told in the rule's own zone."""
    moment = datetime.fromisoformat(told).replace(tzinfo=None)
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
