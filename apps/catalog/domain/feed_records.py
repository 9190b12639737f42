"""From each format's own records to Google Merchant Center's field names, and back."""

import csv
import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from apps.catalog.contracts import AttributeValue
from apps.catalog.domain.field_reading import attribute_key
from apps.catalog.domain.icecat_rules import icecat_category
from apps.catalog.domain.product_input import ATTRIBUTE_FIELDS

Record = dict[str, object]
REPEATED_FIELDS = frozenset(
    {"additional_image_link", "product_detail", "product_highlight", "promotion_id"}
)
_TAG = re.compile(r"<[^>]+>")
_BLANKS = re.compile(r"\s+")
_ICECAT_KEY = re.compile(r"attr_[tnb]_(.+)")
_IS_KEY = re.compile(r"[a-z0-9_]+")
_SPECIAL_OPTIONS = frozenset(ATTRIBUTE_FIELDS) | {"colour"}


def field_name(written: str) -> str:
    """A column's or tag's name as ours: `g:Image Link` becomes image_link."""
    name = written.rpartition("}")[2].rpartition(":")[2] if "}" in written else written
    return name.removeprefix("g:").strip().lower().replace(" ", "_")


def values_split(cell: str) -> list[str]:
    """A repeated field of one cell: commas between, double quotes around what has commas."""
    return [part.strip() for row in csv.reader([cell], skipinitialspace=True) for part in row]


def values_join(values: Sequence[str]) -> str:
    """The other way round."""
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(values)
    return written.getvalue()


def tabular_record(row: Mapping[str, str]) -> Record:
    """A row of a TSV or CSV; `attr.<key>`, `attr.<key>:number` and `:boolean` are attributes."""
    record: Record = {}
    attributes: dict[str, object] = {}
    for name, cell in row.items():
        if not cell:
            continue
        if name.startswith("attr."):
            key, _, kind = name.removeprefix("attr.").partition(":")
            attributes[key] = _typed(kind, values_split(cell) if kind == "list" else cell)
        elif name in REPEATED_FIELDS:
            record[name] = values_split(cell)
        else:
            record[name] = cell
    if attributes:
        record["attributes"] = attributes
    return merchant_record(record)


def merchant_record(record: Record) -> Record:
    """`product_detail` becomes typed attributes; everything else is ours already."""
    details = record.pop("product_detail", None)
    if details is None:
        return record
    attributes: dict[str, object] = dict(_mapping(record.get("attributes")))
    for detail in details if isinstance(details, list) else [details]:
        section, _, rest = str(detail).partition(":")
        name, _, value = rest.partition(":")
        key = _key(name)
        if not key:
            continue
        read = _typed(section, value.strip())
        before = attributes.get(key)
        if isinstance(before, str | list) and isinstance(read, str):
            read = [*(before if isinstance(before, list) else [before]), read]
        attributes[key] = read
    record["attributes"] = attributes
    return record


def _key(name: str) -> str:
    return name if _IS_KEY.fullmatch(name) else attribute_key(name)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _typed(kind: str, value: str | list[str]) -> object:
    """What our own export wrote as number or boolean is that again; all else stays text."""
    if isinstance(value, str) and kind == "number":
        try:
            return float(value)
        except ValueError:
            return value
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value


def attribute_details(attributes: Mapping[str, AttributeValue]) -> list[str]:
    """As `product_detail`, `kind:key:value`; texts that have a field of their own left out."""
    found: list[str] = []
    for key, value in sorted(attributes.items()):
        if isinstance(value, bool):
            found.append(f"boolean:{key}:{str(value).lower()}")
        elif isinstance(value, int | float):
            found.append(f"number:{key}:{float(value)!r}")
        elif not isinstance(value, str):
            found.extend(f"text:{key}:{text}" for text in value)
        elif key not in ATTRIBUTE_FIELDS:
            found.append(f"text:{key}:{value}")
    return found


def icecat_record(product: Mapping[str, object]) -> Record:
    """A line of products.jsonl: prices in cents of EUR, attributes with their type's prefix."""
    attributes = {
        _key(match.group(1)): value
        for key, value in product.items()
        if (match := _ICECAT_KEY.fullmatch(key))
    }
    eans = product.get("ean")
    price = product.get("price")
    whole = isinstance(price, int) and not isinstance(price, bool)
    return {
        "id": product.get("id"),
        "title": product.get("title"),
        "description": product.get("short_description"),
        "mpn": product.get("name"),
        "brand": product.get("supplier"),
        "gtin": eans[0] if isinstance(eans, list) and eans else "",
        "price": f"{Decimal(str(price)) / 100} EUR" if whole else price,
        "image_link": product.get("img_500x500"),
        "additional_image_link": [product["img_high"]] if product.get("img_high") else [],
        "released_at": product.get("date_released"),
        "product_type": " > ".join(icecat_category(str(product.get("title") or ""), attributes)),
        "attributes": attributes,
    }


def html_text(markup: str) -> str:
    """Plain text of a description in HTML."""
    return _BLANKS.sub(" ", html.unescape(_TAG.sub(" ", markup))).strip()


def shopify_records(rows: Sequence[tuple[int, Mapping[str, str]]]) -> Iterator[tuple[int, Record]]:
    """(line, record) of each variant of one handle's rows; product fields stand on the first.

    A compare-at price above the price makes the price a sale price.
    """
    first = rows[0][1]
    handle = first.get("handle", "")
    images = [image for _, row in rows if (image := row.get("image_src", ""))]
    variants = [(line, row) for line, row in rows if row.get("variant_price")] or [rows[0]]
    category = first.get("product_category") or first.get("type", "")
    common: Record = {
        "title": first.get("title"),
        "description": html_text(first.get("body_(html)", "")),
        "brand": first.get("vendor"),
        "product_type": category,
        "additional_image_link": images[1:],
        "item_group_id": handle if len(variants) > 1 else "",
        "active": _shopify_active(first),
    }
    for number, (line, row) in enumerate(variants, start=1):
        own = row.get("variant_sku") or (handle if len(variants) == 1 else f"{handle}-{number}")
        yield (
            line,
            common
            | _shopify_variant(first, row, own)
            | {"image_link": row.get("variant_image") or (images[0] if images else "")},
        )


def _shopify_active(row: Mapping[str, str]) -> str:
    status = row.get("status", "").lower()
    return ("true" if status == "active" else "false") if status else row.get("published", "")


def _shopify_variant(first: Mapping[str, str], row: Mapping[str, str], own: str) -> Record:
    price, compared = row.get("variant_price", ""), row.get("variant_compare_at_price", "")
    reduced = _greater(compared, price)
    attributes: dict[str, object] = {}
    special: Record = {}
    for number in (1, 2, 3):
        name = attribute_key(first.get(f"option{number}_name", ""))
        value = row.get(f"option{number}_value", "")
        if name in _SPECIAL_OPTIONS and value:
            special["color" if name == "colour" else name] = value
        elif name and name != "title" and value:
            attributes[name] = value
    if tags := [tag.strip() for tag in first.get("tags", "").split(",") if tag.strip()]:
        attributes["tags"] = tags
    stock = row.get("variant_inventory_qty", "")
    sold_out = stock.lstrip("-").isdigit() and int(stock) <= 0
    refused = sold_out and row.get("variant_inventory_policy", "deny") == "deny"
    return special | {
        "id": own,
        "price": compared if reduced else price,
        "sale_price": price if reduced else "",
        "gtin": row.get("variant_barcode", "").lstrip("'"),
        "stock": stock,
        "availability": "out_of_stock" if refused else "in_stock",
        "attributes": attributes,
    }


def _greater(left: str, right: str) -> bool:
    try:
        return Decimal(left) > Decimal(right)
    except InvalidOperation:
        return False
