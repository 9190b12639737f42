"""Writes of the category tree: one writer at a time, paths follow, every worker is told."""

from django.db import transaction

from apps.access.services import Actor, audit_record
from apps.catalog.categories import (
    paths_rebuild,
    product_types_rebuild,
    products_in,
    slug_of,
    subtree_ids,
)
from apps.catalog.models import Category
from apps.catalog.selectors import TREE_VERSION
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.common.services import version_bump


def category_save(
    *,
    actor: Actor,
    name: str,
    parent_id: int | None,
    rank: int = 0,
    slug: str = "",
    pk: int | None = None,
) -> Category:
    """Create, rename or move a category; paths of the whole subtree follow.

    Raises:
        NotFound: no such category or parent.
        InvalidInput: a parent inside the category's own subtree, or a path too long.
        Conflict: the path is taken.
    """
    with transaction.atomic():
        # One writer of the tree at a time: paths of a subtree must not be built on two truths.
        list(Category.objects.select_for_update().values_list("pk"))
        category = Category() if pk is None else _category(pk)
        before = _category_state(category)
        former_path = category.path
        category.parent = None if parent_id is None else _category(parent_id)
        if pk is not None and parent_id in subtree_ids(category):
            raise InvalidInput("A category cannot be inside itself.", field="parent")
        category.name, category.rank = name.strip(), rank
        category.slug = slug or category.slug or slug_of(name)
        if pk is None:
            _category_insert(category)
        else:
            paths_rebuild(category, former_path=former_path)
        category.full_clean()
        category.save()
        product_types_rebuild(subtree_ids(category))
        after = _category_state(category)
        if before != after:
            version_bump(TREE_VERSION)
            audit_record(
                actor=actor,
                action="catalog.category_created" if pk is None else "catalog.category_updated",
                subject_type="category",
                subject_id=category.path,
                before=None if pk is None else before,
                after=after,
            )
    return category


def _category(pk: int) -> Category:
    found = Category.objects.select_related("parent").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such category.")
    return found


def _category_insert(category: Category) -> None:
    parent = category.parent
    category.path = category.slug if parent is None else f"{parent.path}/{category.slug}"
    if Category.objects.filter(path=category.path).exists():
        raise Conflict(f"There is a category {category.path} already.", extra={"field": "slug"})


def _category_state(category: Category) -> dict[str, object]:
    return {
        "name": category.name,
        "path": category.path,
        "rank": category.rank,
        "parent": category.parent_id,
    }


def category_move(*, pk: int, step: int, actor: Actor) -> Category:
    """Move a category up (-1) or down (+1) among its siblings.

    Raises:
        NotFound: no such category.
    """
    with transaction.atomic():
        category = _category(pk)
        siblings = list(
            Category.objects.select_for_update()
            .filter(parent_id=category.parent_id)
            .order_by("rank", "name", "id")
        )
        at = next(place for place, each in enumerate(siblings) if each.pk == pk)
        to = min(max(at + step, 0), len(siblings) - 1)
        if to == at:
            return category
        siblings.insert(to, siblings.pop(at))
        for rank, each in enumerate(siblings):
            each.rank = rank
        Category.objects.bulk_update(siblings, ["rank"])
        version_bump(TREE_VERSION)
        audit_record(
            actor=actor,
            action="catalog.category_moved",
            subject_type="category",
            subject_id=category.path,
            before={"place": at},
            after={"place": to},
        )
    return category


def category_delete(*, pk: int, actor: Actor) -> None:
    """Delete a category that holds nothing.

    Raises:
        NotFound: no such category.
        Conflict: it has categories or products below it.
    """
    with transaction.atomic():
        category = _category(pk)
        if len(subtree_ids(category)) > 1 or products_in(category):
            raise Conflict("The category still holds categories or products.")
        before = _category_state(category)
        category.delete()
        version_bump(TREE_VERSION)
        audit_record(
            actor=actor,
            action="catalog.category_deleted",
            subject_type="category",
            subject_id=str(before["path"]),
            before=before,
        )
