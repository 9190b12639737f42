"""Our own catalogue: about 5,000 believable products, the same for the same seed.

Every leaf draws from a generator of its own (seed, checksum of its path), and its groups one
after another: a larger catalogue begins with the smaller one, and a new leaf moves nothing.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count, product

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from apps.demo.contracts import AttributeValue, DemoCatalogue, DemoCategory, DemoProduct
from apps.demo.domain.catalogue.books import BOOKS
from apps.demo.domain.catalogue.electronics import ELECTRONICS
from apps.demo.domain.catalogue.fashion import FASHION
from apps.demo.domain.catalogue.home import HOME
from apps.demo.domain.catalogue.identifiers import gtin13, part_number
from apps.demo.domain.catalogue.parts import AttributeSpec, Branch, Choice, Leaf, Number
from apps.demo.domain.catalogue.prose import (
    author_name,
    book_title,
    description_write,
    pick,
    words_of,
)
from apps.demo.domain.catalogue.sports import SPORTS

BRANCHES: tuple[Branch, ...] = (ELECTRONICS, FASHION, BOOKS, HOME, SPORTS)
CURRENCY = "EUR"
ON_SALE_SHARE = 0.22
SOLD_OUT_SHARE = 0.04
"""Single variants that are sold out while their model is not."""
FORMAT_PRICE = {"Paperback": 1.0, "Hardback": 1.8, "eBook": 0.7, "Audiobook": 1.35}
AVAILABILITY = (
    ("in_stock", 0.86),
    ("out_of_stock", 0.07),
    ("backorder", 0.04),
    ("preorder", 0.03),
)
_GROUPS_PER_LEAF_MAX = 1000


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where a leaf's products are made: its number gives ids their first digits."""

    branch: Branch
    leaf: Leaf
    number: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class _Model:
    """What the variants of one model share."""

    group: str
    serial: int
    brand: str
    title: str
    description: str
    attributes: dict[str, AttributeValue]
    price: float
    discount: float
    released_at: datetime
    availability: str


def catalogue_generate(*, seed: int, count_wanted: int, as_of: datetime) -> DemoCatalogue:
    """Categories, parents first, and about `count_wanted` products released up to `as_of`.

    Whole groups of variants are made, so that the count may be passed by a few per leaf.
    """
    leaves = [(branch, leaf) for branch in BRANCHES for leaf in branch.leaves]
    total_share = sum(leaf.share for _, leaf in leaves)
    products: list[DemoProduct] = []
    for number, (branch, leaf) in enumerate(leaves):
        rng = Generator(PCG64(SeedSequence([seed, zlib.crc32(leaf.path.encode())])))
        quota = max(1, round(count_wanted * leaf.share / total_share))
        products.extend(_leaf_products(rng, _Shelf(branch, leaf, number, as_of), quota))
    return DemoCatalogue(_categories(), tuple(products))


def _categories() -> tuple[DemoCategory, ...]:
    rows: list[DemoCategory] = []
    for branch in BRANCHES:
        rows.append(DemoCategory(branch.path, branch.name, None))
        rows += [DemoCategory(path, name, branch.path) for path, name in branch.sections]
        rows += [
            DemoCategory(leaf.path, leaf.name, leaf.path.rpartition("/")[0])
            for leaf in branch.leaves
        ]
    return tuple(rows)


def _leaf_products(rng: Generator, shelf: _Shelf, quota: int) -> list[DemoProduct]:
    found: list[DemoProduct] = []
    taken: set[str] = set()
    for group in range(_GROUPS_PER_LEAF_MAX):
        if len(found) >= quota:
            break
        model = _model(rng, shelf, shelf.number * _GROUPS_PER_LEAF_MAX + group, taken)
        found.extend(_variants(rng, shelf.leaf, model))
    return found


def _model(rng: Generator, shelf: _Shelf, serial: int, taken: set[str]) -> _Model:
    branch, leaf = shelf.branch, shelf.leaf
    tier = int(rng.integers(len(branch.brands)))
    brand, noun = branch.brands[tier], pick(rng, leaf.nouns)
    attributes, strength = _attributes(rng, leaf.attributes, noun)
    words = {"brand": brand, "noun": noun, **words_of(attributes)}
    words |= _names(rng, branch, brand, taken)
    if branch is BOOKS:
        attributes["author"] = words["author"]
    position = 0.45 * tier / (len(branch.brands) - 1) + 0.3 * strength + 0.25 * rng.random()
    low, high = leaf.price
    availability = _availability(rng)
    return _Model(
        group=f"{branch.path[:2].upper()}{serial:05d}",
        serial=serial,
        brand=brand,
        title=leaf.title.format_map(words),
        description=description_write(rng, leaf, branch.closings, attributes, words),
        attributes=attributes,
        price=low * (high / low) ** position,
        discount=_discount(rng),
        released_at=_released_at(rng, branch.age_days, availability, shelf.as_of),
        availability=availability,
    )


def _discount(rng: Generator) -> float:
    share = float(rng.choice((0.1, 0.15, 0.2, 0.3, 0.4)))
    return share if rng.random() < ON_SALE_SHARE else 0.0


def _names(rng: Generator, branch: Branch, brand: str, taken: set[str]) -> dict[str, str]:
    """A name that no other group of the leaf has: the next generation where it is taken."""
    for generation in count(1):
        if branch is BOOKS:
            named = {"book": book_title(rng), "author": author_name(rng), "model": ""}
        else:
            suffix = f" {generation}" if generation > 1 else ""
            named = {"model": f"{pick(rng, branch.models)}{suffix}"}
        key = f"{brand} {named['model']} {named.get('book', '')}"
        if key not in taken:
            break
    taken.add(key)
    return named


def _attributes(
    rng: Generator, specs: tuple[AttributeSpec, ...], noun: str
) -> tuple[dict[str, AttributeValue], float]:
    """Values, and how strong the numbers are on average: what costs more, in [0, 1]."""
    values: dict[str, AttributeValue] = {}
    strengths = []
    for spec in specs:
        if isinstance(spec, Choice):
            # A "Wool Rug" is made of wool: what the noun says goes.
            said = tuple(value for value in spec.values if value in noun.lower())
            values[spec.key] = pick(rng, said or spec.values)
        elif isinstance(spec, Number):
            place = int(rng.integers(len(spec.values)))
            values[spec.key] = float(spec.values[place])
            strengths.append(place / (len(spec.values) - 1))
        else:
            values[spec.key] = bool(rng.random() < spec.chance) or spec.key in noun.lower()
    return values, float(np.mean(strengths)) if strengths else 0.5


def _availability(rng: Generator) -> str:
    names = [name for name, _ in AVAILABILITY]
    return str(rng.choice(names, p=[share for _, share in AVAILABILITY]))


def _released_at(rng: Generator, age_days: float, availability: str, as_of: datetime) -> datetime:
    """Exponential age with the branch's median; preorders come in the next eight weeks."""
    midnight = as_of.replace(hour=8, minute=0, second=0, microsecond=0)
    if availability == "preorder":
        return midnight + timedelta(days=int(rng.integers(3, 56)))
    return midnight - timedelta(days=1 + int(rng.exponential(age_days / np.log(2))))


def _variants(rng: Generator, leaf: Leaf, model: _Model) -> list[DemoProduct]:
    colours = _some(rng, leaf.colours, 3)
    sizes = _some(rng, leaf.sizes, 4)
    rows = []
    for place, (colour, size) in enumerate(product(colours or ("",), sizes or ("",)), start=1):
        axes: dict[str, AttributeValue] = {}
        if colour:
            axes["color"] = colour
        if size:
            axes[leaf.size_key] = size
        rows.append(_product(rng, leaf, model, place, axes))
    return rows


def _some(rng: Generator, values: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Between one and `most` of `values`, in their own order."""
    if not values:
        return ()
    size = int(rng.integers(min(2, len(values)), min(most, len(values)) + 1))
    places = sorted(int(place) for place in rng.permutation(len(values))[:size])
    return tuple(values[place] for place in places)


def _product(
    rng: Generator, leaf: Leaf, model: _Model, place: int, axes: dict[str, AttributeValue]
) -> DemoProduct:
    product_id = f"{model.group}-{place}"
    price = _rounded(model.price * FORMAT_PRICE.get(str(axes.get("format", "")), 1.0))
    stock = int(rng.geometric(0.03)) if model.availability == "in_stock" else 0
    sold_out = rng.random() < SOLD_OUT_SHARE
    return DemoProduct(
        product_id=product_id,
        title=", ".join([model.title, *(str(value) for value in axes.values())]),
        description=model.description,
        brand=model.brand,
        category_path=leaf.path,
        price=price,
        sale_price=_sale_price(price, model.discount),
        currency=CURRENCY,
        availability="out_of_stock" if sold_out else model.availability,
        stock=0 if sold_out else stock,
        gtin=gtin13(model.serial * 100 + place),
        mpn=part_number(rng, model.brand, model.serial),
        item_group_id=model.group,
        released_at=model.released_at,
        attributes={**model.attributes, **axes},
        image_link=f"/img/{product_id}.svg",
        link=f"/p/{product_id}",
    )


def _rounded(price: float) -> Decimal:
    """As shops price: .99 below 20, .90 below 200, whole numbers ending in 9 above."""
    if price < 20:
        return Decimal(max(1, round(price))) - Decimal("0.01")
    if price < 200:
        return Decimal(round(price)) - Decimal("0.10")
    return Decimal(round(price / 10) * 10 - 1).quantize(Decimal("0.01"))


def _sale_price(price: Decimal, discount: float) -> Decimal | None:
    if not discount:
        return None
    lowered = _rounded(float(price) * (1 - discount))
    return lowered.quantize(Decimal("0.01")) if lowered < price else None
