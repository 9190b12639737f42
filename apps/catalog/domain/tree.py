"""The category tree from its rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from apps.catalog.contracts import Category, CategoryTree


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A category as its table holds it."""

    id: int
    parent_id: int | None
    name: str
    path: str
    rank: int = 0


def tree_build(nodes: Iterable[CategoryNode]) -> CategoryTree:
    """The tree in preorder, siblings by rank, then name, then id.

    A node that no root reaches (its parent is missing) is left out.
    """
    children: defaultdict[int | None, list[CategoryNode]] = defaultdict(list)
    for node in nodes:
        children[node.parent_id].append(node)
    for siblings in children.values():
        siblings.sort(key=lambda node: (node.rank, node.name, node.id))
    # Without recursion, so that no depth is too deep: codes first, ends on the way back.
    placed: list[tuple[CategoryNode, int | None]] = []
    ends: dict[int, int] = {}
    stack: list[tuple[CategoryNode | None, int | None]] = [
        (node, None) for node in reversed(children[None])
    ]
    while stack:
        entered, code = stack.pop()
        if entered is None:
            ends[code or 0] = len(placed)
            continue
        own = len(placed)
        placed.append((entered, code))
        stack.append((None, own))
        stack.extend((child, own) for child in reversed(children[entered.id]))
    return CategoryTree(
        Category(code, node.id, node.path, node.name, parent, ends[code])
        for code, (node, parent) in enumerate(placed)
    )
