"""A simple picture for every product: its kind's drawing in its own colour.

Deterministic: the same product gives the same bytes, so that browsers and caches may keep it.
"""

import colorsys
import zlib
from xml.sax.saxutils import escape

from apps.shop.domain import shapes, shapes_home

SHAPES: dict[str, str] = {**shapes.BODY, **shapes_home.BODY}
FALLBACK = "box"
KINDS: dict[str, str] = {
    "headphones": "headphones", "earbuds": "earbuds", "speakers": "speaker", "audio": "speaker",
    "laptops": "laptop", "computers": "laptop", "keyboards": "keyboard", "mice": "mouse",
    "monitors": "screen", "televisions": "screen", "tv": "screen",
    "tv-and-video": "screen", "storage": "drive",
    "smartphones": "phone", "phones": "phone", "cases": "case", "chargers": "charger",
    "cameras": "camera", "photo": "camera", "smartwatches": "watch", "watches": "watch",
    "wearables": "watch", "dresses": "dress", "tops": "shirt", "t-shirts": "shirt",
    "shirts": "shirt", "jeans": "trousers", "trousers": "trousers", "coats": "coat",
    "jackets": "coat", "trainers": "shoe", "shoes": "shoe", "running": "shoe", "boots": "boot",
    "bags": "bag", "accessories": "bag", "backpacks": "pack", "scarves": "scarf",
    "books": "book", "sofas": "sofa", "furniture": "sofa", "chairs": "chair", "tables": "table",
    "shelving": "shelf", "table-lamps": "lamp", "lighting": "lamp", "pendants": "pendant",
    "pendant-lights": "pendant",
    "cookware": "pan", "kitchen": "pan", "knives": "knife", "kettles": "kettle",
    "coffee": "coffee", "coffee-makers": "coffee",
    "bedding": "bed", "bedroom": "bed", "pillows": "pillow", "rugs": "rug",
    "vases": "vase", "decor": "vase", "helmets": "helmet", "cycling": "helmet",
    "lights": "light", "yoga-mats": "mat", "weights": "weights", "fitness": "weights",
    "footballs": "ball", "team": "ball", "tents": "tent", "outdoor": "tent",
    "sleeping-bags": "sleeping", "wetsuits": "wetsuit", "water": "wetsuit",
    "goggles": "goggles", "ski-goggles": "goggles", "winter": "goggles", "fashion": "shirt",
    "sports": "ball", "home": "sofa", "electronics": "speaker",
}  # fmt: skip
COLOURS: dict[str, str] = {
    "black": "#2b2d31", "graphite": "#4b5058", "white": "#eceae4", "silver": "#b9bfc6",
    "midnight blue": "#27365c", "navy": "#2c3e66", "sky blue": "#7db7dd", "coral": "#ee7c66",
    "mint": "#8fd0b2", "lilac": "#b79bd6", "yellow": "#f0c64a", "oat": "#d9ccb4",
    "sand": "#d3b88c", "olive": "#7b8052", "terracotta": "#c4694a", "charcoal": "#44474c",
    "sage": "#9bb096", "burgundy": "#7c2d40", "camel": "#bf9162", "rust": "#b5532f",
    "oak": "#c79f6b", "walnut": "#76512f", "ash": "#d6c3a2", "red": "#c8413b",
    "blue": "#3f6fb5", "green": "#4f8f5c", "grey": "#8b9197", "gray": "#8b9197",
    "brown": "#7a5636", "pink": "#e39bb0", "orange": "#e8863c", "purple": "#7c5aa6",
}  # fmt: skip
DARK_KINDS = frozenset({"screen", "laptop", "phone", "drive", "knife", "light", "camera"})
DARK = "#4b5058"
_CANVAS = 400


def kind_of(category_path: str) -> str:
    """The drawing for a category: its own, else the nearest parent's, else a box.

    A slug that is not known is read by its last word: `running-shoes` are shoes.
    """
    for slug in reversed(category_path.split("/")):
        for name in (slug, slug.rpartition("-")[2]):
            if name in KINDS:
                return KINDS[name]
    return FALLBACK


def picture_svg(*, product_id: str, title: str, category_path: str, colour: str) -> str:
    """The picture, as a whole SVG document.

    Args:
        product_id: gives a product without a known colour one of its own.
        title: for screen readers.
        category_path: chooses the drawing.
        colour: a colour's name in English, any case; empty when there is none.
    """
    kind = kind_of(category_path)
    main = COLOURS.get(colour.lower()) or _colour_of(kind, product_id.rpartition("-")[0])
    hue = _hue(category_path)
    body = (
        SHAPES[kind]
        .replace("{c}", main)
        .replace("{d}", shade(main, 0.72))
        .replace("{l}", shade(main, 1.38))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_CANVAS} {_CANVAS}" role="img">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{_CANVAS}" height="{_CANVAS}" fill="{_hex(hue, 0.94, 0.22)}"/>'
        f'<circle cx="200" cy="204" r="158" fill="{_hex(hue, 0.89, 0.3)}"/>'
        f'<ellipse cx="200" cy="344" rx="120" ry="12" fill="{_hex(hue, 0.78, 0.25)}"/>'
        f"{body}</svg>"
    )


def shade(colour: str, factor: float) -> str:
    """`#rrggbb` darker (factor < 1) or lighter (towards white)."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    if factor <= 1:
        parts = tuple(part * factor for part in (red, green, blue))
    else:
        parts = tuple(part + (1 - part) * (factor - 1) for part in (red, green, blue))
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _colour_of(kind: str, name: str) -> str:
    """A colour for a product that names none; devices are dark, as they are in shops."""
    if kind in DARK_KINDS:
        return DARK
    return _hex(_share(name), 0.52, 0.42)


def _hue(category_path: str) -> float:
    return _share(category_path.split("/", 1)[0])


def _share(text: str) -> float:
    return zlib.crc32(text.encode()) % 360 / 360


def _hex(hue: float, lightness: float, saturation: float) -> str:
    parts = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
