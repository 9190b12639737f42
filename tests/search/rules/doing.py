"""Consequences as tests write them, and what answers say."""

from collections.abc import Mapping, Sequence

from tests.search.types import Json


def pin(product: str, position: int = 1) -> Json:
    return {"do": "pin", "product": product, "position": position}


def hide(*products: str, **filters: Sequence[str]) -> Json:
    return {"do": "hide", **_target(products, filters)}


def keep(*products: str, **filters: Sequence[str]) -> Json:
    return {"do": "keep", **_target(products, filters)}


def boost(factor: int, *products: str, **filters: Sequence[str]) -> Json:
    return {"do": "boost", "factor": factor, **_target(products, filters)}


def bury(factor: int, *products: str, **filters: Sequence[str]) -> Json:
    return {"do": "bury", "factor": factor, **_target(products, filters)}


def rewrite(find: str, replace: str) -> Json:
    return {"do": "rewrite", "find": find, "replace": replace}


def redirect(url: str) -> Json:
    return {"do": "redirect", "url": url}


def banner(slot: str, **payload: object) -> Json:
    return {"do": "banner", "slot": slot, "payload": payload}


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def hit_of(answer: Json, product: str) -> Json:
    found: Json = next(hit for hit in answer["hits"] if hit["product_id"] == product)
    return found


def _target(products: Sequence[str], filters: Mapping[str, Sequence[str]]) -> Json:
    if products:
        return {"products": list(products)}
    return {"filters": {name: list(values) for name, values in filters.items()}}
