"""Which shelf goes with which: a phone and its case, a tent and a sleeping bag."""

from collections.abc import Mapping
from types import MappingProxyType

_PHONES, _COMPUTERS, _AUDIO = "electronics/phones", "electronics/computers", "electronics/audio"
_WOMEN, _MEN, _SHOES = "fashion/women", "fashion/men", "fashion/shoes"
_WORN, _FICTION, _FACTS = "fashion/accessories", "books/fiction", "books/non-fiction"
_CHILDREN, _FURNITURE, _LIGHT = "books/children", "home/furniture", "home/lighting"
_BED, _DECOR, _KITCHEN = "home/bedroom", "home/decor", "home/kitchen"
_CYCLING, _RUNNING, _FITNESS = "sports/cycling", "sports/running", "sports/fitness"
_OUTDOOR, _WATER = "sports/outdoor", "sports/water"

GOES_WITH: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        f"{_PHONES}/smartphones": (
            f"{_PHONES}/phone-cases", f"{_PHONES}/chargers", f"{_AUDIO}/earbuds",
        ),
        f"{_PHONES}/phone-cases": (f"{_PHONES}/chargers", f"{_AUDIO}/earbuds"),
        f"{_PHONES}/chargers": (f"{_PHONES}/phone-cases", f"{_AUDIO}/earbuds"),
        f"{_AUDIO}/earbuds": (f"{_PHONES}/chargers", f"{_PHONES}/phone-cases"),
        f"{_AUDIO}/headphones": (f"{_PHONES}/chargers", f"{_AUDIO}/speakers"),
        f"{_AUDIO}/speakers": (f"{_PHONES}/chargers", f"{_AUDIO}/headphones"),
        f"{_COMPUTERS}/laptops": (
            f"{_COMPUTERS}/mice", f"{_COMPUTERS}/keyboards", f"{_COMPUTERS}/storage",
        ),
        f"{_COMPUTERS}/keyboards": (f"{_COMPUTERS}/mice", f"{_COMPUTERS}/monitors"),
        f"{_COMPUTERS}/mice": (f"{_COMPUTERS}/keyboards", f"{_COMPUTERS}/storage"),
        f"{_COMPUTERS}/monitors": (f"{_COMPUTERS}/keyboards", f"{_COMPUTERS}/mice"),
        f"{_COMPUTERS}/storage": (f"{_COMPUTERS}/mice", f"{_PHONES}/chargers"),
        "electronics/tv-and-video/televisions": (f"{_AUDIO}/speakers", f"{_AUDIO}/headphones"),
        "electronics/photo/cameras": (f"{_COMPUTERS}/storage", f"{_PHONES}/chargers"),
        "electronics/wearables/smartwatches": (f"{_PHONES}/chargers", f"{_AUDIO}/earbuds"),
        f"{_WOMEN}/dresses": (f"{_WORN}/scarves", f"{_WORN}/bags", f"{_SHOES}/boots"),
        f"{_WOMEN}/tops": (f"{_WOMEN}/womens-jeans", f"{_WORN}/scarves"),
        f"{_WOMEN}/womens-jeans": (f"{_WOMEN}/tops", f"{_SHOES}/trainers"),
        f"{_WOMEN}/coats": (f"{_WORN}/scarves", f"{_SHOES}/boots"),
        f"{_MEN}/shirts": (f"{_MEN}/trousers", f"{_MEN}/jackets"),
        f"{_MEN}/t-shirts": (f"{_MEN}/trousers", f"{_SHOES}/trainers"),
        f"{_MEN}/trousers": (f"{_MEN}/shirts", f"{_SHOES}/trainers"),
        f"{_MEN}/jackets": (f"{_MEN}/t-shirts", f"{_MEN}/trousers"),
        f"{_SHOES}/trainers": (f"{_MEN}/t-shirts", f"{_WORN}/bags"),
        f"{_SHOES}/boots": (f"{_WORN}/bags", f"{_WORN}/scarves"),
        f"{_WORN}/bags": (f"{_WORN}/scarves", f"{_WORN}/watches"),
        f"{_WORN}/scarves": (f"{_WORN}/bags", f"{_WOMEN}/coats"),
        f"{_WORN}/watches": (f"{_WORN}/bags", f"{_MEN}/shirts"),
        f"{_FICTION}/crime": (f"{_FICTION}/crime", f"{_FICTION}/romance"),
        f"{_FICTION}/science-fiction": (f"{_FICTION}/science-fiction", f"{_FICTION}/fantasy"),
        f"{_FICTION}/fantasy": (f"{_FICTION}/fantasy", f"{_FICTION}/science-fiction"),
        f"{_FICTION}/romance": (f"{_FICTION}/romance", f"{_FICTION}/crime"),
        f"{_FACTS}/history": (f"{_FACTS}/history", f"{_FACTS}/travel-writing"),
        f"{_FACTS}/cookery": (f"{_KITCHEN}/cookware", f"{_KITCHEN}/knives"),
        f"{_FACTS}/popular-science": (f"{_FACTS}/popular-science", f"{_FACTS}/history"),
        f"{_FACTS}/travel-writing": (f"{_FACTS}/travel-writing", f"{_FACTS}/history"),
        f"{_CHILDREN}/picture-books": (f"{_CHILDREN}/picture-books", f"{_CHILDREN}/young-readers"),
        f"{_CHILDREN}/young-readers": (f"{_CHILDREN}/young-readers", f"{_CHILDREN}/picture-books"),
        f"{_FURNITURE}/sofas": (f"{_BED}/pillows", f"{_DECOR}/rugs", f"{_LIGHT}/table-lamps"),
        f"{_FURNITURE}/chairs": (f"{_FURNITURE}/tables", f"{_BED}/pillows"),
        f"{_FURNITURE}/tables": (f"{_FURNITURE}/chairs", f"{_LIGHT}/pendant-lights"),
        f"{_FURNITURE}/shelving": (f"{_DECOR}/vases", f"{_LIGHT}/table-lamps"),
        f"{_LIGHT}/table-lamps": (f"{_DECOR}/vases", f"{_BED}/bedding"),
        f"{_LIGHT}/pendant-lights": (f"{_LIGHT}/table-lamps", f"{_DECOR}/vases"),
        f"{_BED}/bedding": (f"{_BED}/pillows", f"{_LIGHT}/table-lamps"),
        f"{_BED}/pillows": (f"{_BED}/bedding", f"{_LIGHT}/table-lamps"),
        f"{_DECOR}/rugs": (f"{_BED}/pillows", f"{_DECOR}/vases"),
        f"{_DECOR}/vases": (f"{_LIGHT}/table-lamps", f"{_DECOR}/rugs"),
        f"{_KITCHEN}/cookware": (f"{_KITCHEN}/knives", f"{_FACTS}/cookery"),
        f"{_KITCHEN}/knives": (f"{_KITCHEN}/cookware", f"{_FACTS}/cookery"),
        f"{_KITCHEN}/kettles": (f"{_KITCHEN}/coffee-makers", f"{_KITCHEN}/cookware"),
        f"{_KITCHEN}/coffee-makers": (f"{_KITCHEN}/kettles", f"{_KITCHEN}/cookware"),
        f"{_CYCLING}/cycling-helmets": (f"{_CYCLING}/bicycle-lights",),
        f"{_CYCLING}/bicycle-lights": (f"{_CYCLING}/cycling-helmets",),
        f"{_RUNNING}/running-shoes": (
            f"{_RUNNING}/running-jackets", "electronics/wearables/smartwatches",
        ),
        f"{_RUNNING}/running-jackets": (f"{_RUNNING}/running-shoes",),
        f"{_FITNESS}/yoga-mats": (f"{_FITNESS}/weights",),
        f"{_FITNESS}/weights": (f"{_FITNESS}/yoga-mats",),
        "sports/team-sports/footballs": (f"{_RUNNING}/running-jackets",),
        f"{_OUTDOOR}/tents": (f"{_OUTDOOR}/sleeping-bags", f"{_OUTDOOR}/hiking-backpacks"),
        f"{_OUTDOOR}/hiking-backpacks": (f"{_OUTDOOR}/sleeping-bags", f"{_OUTDOOR}/tents"),
        f"{_OUTDOOR}/sleeping-bags": (f"{_OUTDOOR}/hiking-backpacks", f"{_OUTDOOR}/tents"),
        f"{_WATER}/wetsuits": (f"{_WATER}/swimming-goggles",),
        f"{_WATER}/swimming-goggles": (f"{_WATER}/wetsuits",),
        "sports/winter/ski-goggles": (f"{_WORN}/scarves", f"{_OUTDOOR}/hiking-backpacks"),
    }
)  # fmt: skip
"""Leaf category → those whose products are bought with its own, the likeliest first."""
