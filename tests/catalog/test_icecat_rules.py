import csv
import gzip
import json
import os
from pathlib import Path

import pytest

from apps.catalog.domain.icecat_rules import RULES, icecat_category
from apps.catalog.domain.icecat_table import CATEGORIES
from tests.conftest import SHARED

ICECAT = SHARED / "data" / "icecat" / "products.jsonl.gz"
CHECKED = Path(__file__).resolve().parents[2] / "docs" / "icecat_category_check.csv"


def _products() -> dict[str, dict[str, object]]:
    if not ICECAT.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{ICECAT} must be there when CI=true")
        pytest.skip(f"the Icecat products are not at {ICECAT}")
    with gzip.open(ICECAT, "rt") as lines:
        return {product["id"]: product for product in map(json.loads, lines)}


def _category(product: dict[str, object]) -> str:
    attributes = {key[7:]: value for key, value in product.items() if key.startswith("attr_")}
    return " > ".join(icecat_category(str(product["title"]), attributes))


def test_rules_cover_four_fifths_and_keep_what_was_checked_by_hand() -> None:
    products = _products()
    assigned = {product_id: _category(product) for product_id, product in products.items()}
    assert sum(map(bool, assigned.values())) >= 0.8 * len(assigned)
    with CHECKED.open() as lines:
        checked = list(csv.DictReader(lines))
    assert len(checked) == 200
    right = [row for row in checked if row["right"] == "yes"]
    assert len(right) >= 180
    moved = [row for row in right if assigned[row["product_id"]] != row["category"]]
    assert moved == []


def test_every_rule_names_a_category_and_has_a_condition() -> None:
    assert {rule.category for rule in RULES} <= set(CATEGORIES)
    assert all(rule.title or rule.keys or rule.values for rule in RULES)
    assert all(rule.title for rule in RULES if rule.both)


@pytest.mark.parametrize(
    ("title", "attributes", "category"),
    [
        ("HP ProBook 4520s Notebook PC", {}, "Electronics > Computers > Laptops"),
        ("C2G 2m Cat5e Patch Cable networking cable", {}, "Electronics > Cables > Network cables"),
        # What stands last says what it is: a laptop roller is a bag on wheels.
        (
            "Contour 17'' Laptop Roller- Black",
            {},
            "Electronics > Computer accessories > Bags & cases",
        ),
        ("Something", {"type": "DVD-R"}, "Electronics > Storage > Blank media"),
        ("Something", {"product_type": "Headset"}, "Electronics > Audio > Headphones & headsets"),
        (
            "Something",
            {"black_toner_page_yield": 5.0},
            "Electronics > Printing > Ink & toner > Toner cartridges",
        ),
        (
            "Cartridge X",
            {"print_technology": "Inkjet"},
            "Electronics > Printing > Ink & toner > Ink cartridges",
        ),
        ("Something", {"print_technology": "Inkjet"}, ""),
    ],
)
def test_a_rule_reads_title_or_attributes(
    title: str, attributes: dict[str, object], category: str
) -> None:
    assert " > ".join(icecat_category(title, attributes)) == category
