"""Writes of the catalogue: each one atomic, checked, audited."""

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from apps.access.services import Actor, audit_record
from apps.catalog.categories import CategoryPlaces, product_types_rebuild
from apps.catalog.domain.field_reading import FieldInvalid, attributes_read
from apps.catalog.domain.import_report import ImportReport
from apps.catalog.domain.product_input import ProductInput
from apps.catalog.exporting import export_write
from apps.catalog.feed_files import FORMATS, FeedUnreadable, feed_lines
from apps.catalog.importing import BATCH, ImportRun, ReportFile
from apps.catalog.models import Product
from apps.catalog.product_rows import UpsertCounts, rows_write
from apps.common.errors import InvalidInput, NotFound

logger = structlog.get_logger(__name__)
# What a person may change of a product; the id never.
EDITABLE = (
    "title", "description", "link", "image_link", "additional_image_link", "availability",
    "availability_date", "stock", "price", "currency", "sale_price", "sale_starts_at",
    "sale_ends_at", "brand", "gtin", "mpn", "condition", "google_product_category",
    "category_id", "item_group_id", "attributes", "custom_labels", "released_at", "active",
)  # fmt: skip


def product_upsert_many(*, products: Iterable[ProductInput], actor: Actor = None) -> UpsertCounts:
    """Create or update products by their external id, in batches; one audit entry.

    Categories are made from their names. Of an id given twice the last wins.
    """
    places = CategoryPlaces(create=True)
    counts = UpsertCounts()
    with transaction.atomic():
        batch: dict[str, ProductInput] = {}
        for product in products:
            batch[product.product_id] = product
            if len(batch) >= BATCH:
                counts += rows_write(list(batch.values()), places)
                batch = {}
        counts += rows_write(list(batch.values()), places)
        audit_record(
            actor=actor,
            action="catalog.products_upserted",
            subject_type="catalog",
            subject_id="products",
            after={
                "created": counts.created,
                "updated": counts.updated,
                "unchanged": counts.unchanged,
            },
        )
    return counts


def product_update(
    *, pk: int, changes: Mapping[str, Any], actor: Actor, reason: str = ""
) -> Product:
    """Change fields of one product; an audit entry holds only what differs.

    Raises:
        NotFound: no such product.
        InvalidInput: a field that cannot be changed, or a value that does not fit.
        ValidationError: what the model's own validation refuses.
    """
    unknown = sorted(set(changes) - set(EDITABLE))
    if unknown:
        raise InvalidInput("This field cannot be changed.", field=unknown[0])
    with transaction.atomic():
        product = Product.objects.select_for_update().filter(pk=pk).first()
        if product is None:
            raise NotFound("There is no such product.")
        before = {name: getattr(product, name) for name in changes}
        for name, value in changes.items():
            setattr(product, name, value)
        _product_check(product)
        differs = [name for name in changes if before[name] != getattr(product, name)]
        if not differs:
            return product
        product.save(update_fields=_written(differs))
        if "category_id" in differs:
            _category_of_product_changed(product)
        audit_record(
            actor=actor,
            action="catalog.product_updated",
            subject_type="product",
            subject_id=product.product_id,
            before={name: before[name] for name in differs},
            after={name: getattr(product, name) for name in differs},
            reason=reason,
        )
    return product


def product_create(*, fields: Mapping[str, Any], actor: Actor) -> Product:
    """One product by hand.

    Raises:
        InvalidInput, ValidationError: as `product_update`; also a product_id that is taken.
    """
    with transaction.atomic():
        product = Product(**fields)
        _product_check(product)
        product.save()
        _category_of_product_changed(product)
        audit_record(
            actor=actor,
            action="catalog.product_created",
            subject_type="product",
            subject_id=product.product_id,
            after={name: getattr(product, name) for name in ("product_id", *EDITABLE)},
        )
    return product


def _written(differs: Sequence[str]) -> list[str]:
    return ["category" if name == "category_id" else name for name in differs]


def product_problems(product: Product) -> list[tuple[str, str]]:
    """What contradicts itself in a product, as (field, reason); forms ask before saving."""
    problems: list[tuple[str, str]] = []
    try:
        attributes_read(product.attributes)
    except FieldInvalid as error:
        problems.append(("attributes", f"{error}."))
    sale, price = product.sale_price, product.price
    if sale is not None and price is not None and sale > Decimal(price):
        problems.append(("sale_price", "The sale price is above the price."))
    starts, ends = product.sale_starts_at, product.sale_ends_at
    if starts is not None and ends is not None and ends <= starts:
        problems.append(("sale_ends_at", "The sale ends before it starts."))
    return problems


def _product_check(product: Product) -> None:
    product.full_clean()
    for name, reason in product_problems(product):
        raise InvalidInput(reason, field=name)
    product.attributes = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in attributes_read(product.attributes).items()
    }


def _category_of_product_changed(product: Product) -> None:
    if product.category_id is None:
        Product.objects.filter(pk=product.pk).update(product_type="")
    else:
        product_types_rebuild([product.category_id])


def products_activate(*, pks: Sequence[int], active: bool, actor: Actor) -> int:
    """Show or hide many products; answers how many changed. One audit entry."""
    with transaction.atomic():
        changing = Product.objects.filter(pk__in=pks).exclude(active=active)
        product_ids = list(changing.select_for_update().values_list("product_id", flat=True))
        Product.objects.filter(product_id__in=product_ids).update(active=active)
        if product_ids:
            audit_record(
                actor=actor,
                action="catalog.products_activated" if active else "catalog.products_deactivated",
                subject_type="catalog",
                subject_id="products",
                before={"active": not active},
                after={"active": active, "product_ids": product_ids},
            )
    return len(product_ids)


def catalog_import(
    *,
    path: Path,
    format: str,  # noqa: A002 - the word that the command and the page use
    dry_run: bool = False,
    actor: Actor = None,
    progress: Callable[[int, str], None] = lambda _rows, _message: None,
    default_currency: str = "EUR",
    source_name: str = "",
) -> ImportReport:
    """Import a feed; batches are committed as they fill, bad rows reported, the rest kept.

    One run is one audit entry, also when it breaks off. The report file stands under
    `var/reports/`; a dry run writes one too, and nothing else.

    Raises:
        InvalidInput: an unknown format, or (code feed_unreadable) a file that cannot be read.
    """
    if format not in FORMATS:
        raise InvalidInput(f"The format must be one of {', '.join(FORMATS)}.", field="format")
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S_%f")
    report_path = Path(settings.VAR_DIR) / "reports" / f"import_{moment}.jsonl"
    name = source_name or path.name
    with ReportFile(report_path) as report_file:
        run = ImportRun(report_file, dry_run, default_currency, progress)
        failure = ""
        try:
            run.take(feed_lines(path, format))
        except FeedUnreadable as error:
            failure = str(error)
        except Exception as error:
            failure = type(error).__name__
            raise
        finally:
            _import_audit(run.report(), actor, name, format, failure)
    report = run.report()
    if failure:
        raise InvalidInput(
            f"The file cannot be read: {failure}",
            field="file",
            code="feed_unreadable",
            rows=report.rows,
            report=report.report_path,
        )
    return report


def _import_audit(
    report: ImportReport, actor: Actor, name: str, feed_format: str, failure: str
) -> None:
    after = {
        "rows": report.rows,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected_rows,
        "duplicates": report.duplicates,
        "format": feed_format,
        "dry_run": report.dry_run,
        "failure": failure,
    }
    logger.info("catalog_import", file=name, seconds=round(report.seconds, 2), **after)
    audit_record(
        actor=actor,
        action="catalog.imported",
        subject_type="catalog",
        subject_id=name,
        after=after,
    )


def catalog_export(*, path: Path, actor: Actor = None, include_inactive: bool = False) -> int:
    """Write the catalogue as a Merchant TSV (gzip when the name ends so); answers the count.

    The file appears whole or not at all.
    """
    part = path.with_name(f"{path.name}.part")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(part, "wt", encoding="utf-8", newline="") as stream:
        count = export_write(stream, include_inactive=include_inactive)
    part.replace(path)
    audit_record(
        actor=actor,
        action="catalog.exported",
        subject_type="catalog",
        subject_id=path.name,
        after={"products": count, "include_inactive": include_inactive},
    )
    return count
