"""Writing the tree: paths are kept right for whole subtrees, and every worker is told."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.utils.text import slugify

from apps.catalog.models import Category, Product
from apps.catalog.selectors import TREE_VERSION
from apps.common.errors import Conflict, InvalidInput
from apps.common.services import version_bump
from apps.common.stamps import stamp_move

_LONGEST_SLUG = 100
_LONGEST_PATH = 700


def slug_of(name: str) -> str:
    """A name as it stands in a path; never empty."""
    slug = slugify(name)[:_LONGEST_SLUG]
    # Scripts that slugify cannot fold (Greek, Japanese …) keep their letters.
    return slug or slugify(name, allow_unicode=True)[:_LONGEST_SLUG] or "category"


class CategoryPlaces:
    """Finds or makes the category of a chain of names; remembers what it has seen.

    Args:
        create: make missing ones; otherwise they are None.
    """

    def __init__(self, *, create: bool) -> None:
        self._create = create
        self._ids: dict[tuple[str, ...], int] = {}
        self._by_path: dict[str, Category] = {}
        self.created = 0
        for category in Category.objects.order_by("path"):
            self._by_path[category.path] = category
        names = {category.pk: category for category in self._by_path.values()}
        for category in self._by_path.values():
            chain: list[str] = []
            node: Category | None = category
            while node is not None:
                chain.append(node.name.casefold())
                node = names.get(node.parent_id) if node.parent_id else None
            self._ids.setdefault(tuple(reversed(chain)), category.pk)

    def place(self, names: Sequence[str]) -> int | None:
        """The id of the category called so; by its names first, then by its path."""
        if not names:
            return None
        key = tuple(name.casefold() for name in names)
        found = self._ids.get(key)
        if found is None:
            path = "/".join(slug_of(name) for name in names)
            known = self._by_path.get(path)
            if known is None and not self._create:
                return None
            found = known.pk if known is not None else self._make(names, path)
            self._ids[key] = found
        return found

    def _make(self, names: Sequence[str], path: str) -> int:
        parent = self.place(names[:-1])
        if parent is not None:
            path = f"{Category.objects.get(pk=parent).path}/{slug_of(names[-1])}"
        category, new = Category.objects.get_or_create(
            path=path,
            defaults={"parent_id": parent, "name": names[-1], "slug": slug_of(names[-1])},
        )
        self._by_path[path] = category
        if new:
            self.created += 1
            version_bump(TREE_VERSION)
        return category.pk


def paths_rebuild(category: Category, *, former_path: str) -> int:
    """Give `category` and all below it their paths; answers how many changed."""
    path = category.slug if category.parent is None else f"{category.parent.path}/{category.slug}"
    if path == category.path and path == former_path:
        return 0
    taken = Category.objects.filter(path=path).exclude(pk=category.pk).exists()
    if taken:
        raise Conflict(f"There is a category {path} already.", extra={"field": "slug"})
    below = Category.objects.filter(path__startswith=f"{former_path}/") if former_path else ()
    changed = [category, *below]
    category.path = path
    for each in changed[1:]:
        each.path = path + each.path[len(former_path) :]
    if max(len(each.path) for each in changed) > _LONGEST_PATH:
        raise InvalidInput("A path would be too long.", field="slug")
    Category.objects.bulk_update(changed, ["path"])
    return len(changed)


def product_types_rebuild(category_ids: Iterable[int]) -> None:
    """Give the products of these categories their chain of names, where it differs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE chain AS (
                SELECT id, parent_id, name::text AS names FROM catalog_category
                WHERE id = ANY(%s)
                UNION ALL
                SELECT chain.id, up.parent_id, up.name || ' > ' || chain.names
                FROM chain JOIN catalog_category AS up ON up.id = chain.parent_id
            )
            UPDATE catalog_product AS p SET product_type = chain.names
            FROM chain
            WHERE chain.parent_id IS NULL AND p.category_id = chain.id
                AND p.product_type IS DISTINCT FROM chain.names
            """,
            [list(category_ids)],
        )
    stamp_move()


def subtree_ids(category: Category) -> list[int]:
    """The category and everything below it."""
    below = Category.objects.filter(path__startswith=f"{category.path}/")
    return [category.pk, *below.values_list("pk", flat=True)]


def products_in(category: Category) -> int:
    """Products anywhere in the subtree."""
    return Product.objects.filter(category_id__in=subtree_ids(category)).count()
