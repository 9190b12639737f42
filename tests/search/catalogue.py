"""A small catalogue with everything that a search can filter, sort or count by."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.catalog.models import Category, Product
from apps.common.services import version_bump

RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
PATHS = {
    "electronics": "Electronics",
    "electronics/mice": "Mice",
    "electronics/hubs": "Hubs",
    "fashion": "Fashion",
    "fashion/shoes": "Shoes",
}
_LINES = (
    ("electronics/mice", "{brand} wireless mouse {n}", "Silent optical mouse for office work."),
    ("electronics/mice", "{brand} gaming mouse {n}", "Fast sensor with coloured lights."),
    ("electronics/hubs", "{brand} USB-C hub {n} ports", "Connects a laptop to many devices."),
    ("fashion/shoes", "{brand} running shoes {n}", "Light trainers for the road."),
)
BRANDS = ("Acme", "Belmont", "Corvid")
COLOURS = ("black", "white", "red")


def catalogue_create() -> None:
    """36 products; inactive ones and one with a part number among them."""
    categories = _categories()
    products = [
        _product(categories, at, line, brand)
        for line in range(len(_LINES))
        for at, brand in enumerate(BRANDS * 3)
    ]
    Product.objects.bulk_create(products)
    Product.objects.filter(product_id="p-0-8").update(active=False)
    Product.objects.filter(product_id="p-2-0").update(mpn="DV7-1211EA")
    version_bump("catalog:tree")


def _categories() -> dict[str, Category]:
    found: dict[str, Category] = {}
    for path, name in PATHS.items():
        above, _, slug = path.rpartition("/")
        found[path] = Category.objects.create(
            name=name, slug=slug, path=path, parent=found.get(above)
        )
    return found


def _product(categories: dict[str, Category], at: int, line: int, brand: str) -> Product:
    path, title, description = _LINES[line]
    return Product(
        product_id=f"p-{line}-{at}",
        title=title.format(brand=brand, n=at),
        description=description,
        brand=brand,
        category=categories[path],
        price=Decimal(10 + 7 * at + line),
        availability="out_of_stock" if at % 4 == 3 else "in_stock",
        released_at=RELEASED + timedelta(days=at),
        attributes={"color": COLOURS[at % 3], "weight": float(100 + at), "boxed": at % 2 == 0},
        link=f"https://shop.example/p-{line}-{at}",
    )
