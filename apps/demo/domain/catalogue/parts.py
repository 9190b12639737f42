"""The vocabulary in which a branch of the demo catalogue is written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """A text attribute: one of `values`, the same for all variants of a group."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric attribute: one of `values`."""

    key: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean attribute, true with probability `chance`."""

    key: str
    chance: float


AttributeSpec = Choice | Number | Flag


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf category and how its products are put together.

    Attributes:
        path: the whole path.
        name: as a shop writes it.
        nouns: what the product is called in its title.
        price: lowest and highest price of the range, in euros.
        colours, sizes: the axes along which a model comes in variants; empty for none.
        attributes: typed; usable in `title`, `about` and `details` as `{key}`.
        about: opening sentences; `{brand} {model} {noun}` and attributes.
        details: sentences in the middle; one that starts with `[flag]` is only said of
            products for which that flag is true.
        share: how many products, relative to the other leaves.
        title: the pattern; variants add their colour and size.
        size_key: the attribute that `sizes` fills.
    """

    path: str
    name: str
    nouns: tuple[str, ...]
    price: tuple[float, float]
    attributes: tuple[AttributeSpec, ...]
    about: tuple[str, ...]
    details: tuple[str, ...]
    colours: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    share: float = 1.0
    title: str = "{brand} {model} {noun}"
    size_key: str = "size"


@dataclass(frozen=True, slots=True)
class Branch:
    """A top category.

    Attributes:
        sections: (path, name) of the level between the branch and its leaves.
        brands: invented; a brand's place in the list sets how dear it is.
        models: names of models.
        closings: last sentences.
        age_days: median age of a product.
    """

    path: str
    name: str
    sections: tuple[tuple[str, str], ...]
    brands: tuple[str, ...]
    models: tuple[str, ...]
    closings: tuple[str, ...]
    age_days: float
    leaves: tuple[Leaf, ...]


DARK = ("Black", "Graphite", "White", "Midnight Blue", "Silver")
BRIGHT = ("Black", "White", "Coral", "Sky Blue", "Mint", "Lilac", "Yellow")
EARTH = ("Oat", "Sand", "Olive", "Terracotta", "Charcoal", "Navy", "Sage")
CLOTH = ("Black", "White", "Navy", "Sage", "Burgundy", "Camel", "Rust", "Sky Blue", "Charcoal")
WOOD = ("Oak", "Walnut", "Ash", "Black")
LETTER_SIZES = ("XS", "S", "M", "L", "XL")
SHOE_SIZES = ("38", "39", "40", "41", "42", "43", "44")
