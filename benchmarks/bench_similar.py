"""What is similar to a product, judged by what was taken with it later, on one real shop.

    python -m benchmarks.bench_similar

Learns from the invoices of Online Retail before a cut as the jobs do. Of each invoice of the
month after it every product is asked for the others ("same basket"), and of each customer's last
basket every product for what is new to them in the next one ("next basket"); both figures are
NDCG@10 and hit rate, averaged a product first, so that what everybody buys does not decide. By
content alone, by the model alone, and blended with several bounds from which on the model's share
is whole. "Weak" is the third of the products whose best neighbour the model scores lowest. Needs
the data.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import django
import numpy as np

from apps.common.domain.string_table import StringTable
from apps.recommendations.contracts import Float32, Int32
from apps.recommendations.contracts_models import Family, ModelCard, TrainingSet
from apps.recommendations.domain.blending import BlendModel, Recipe
from apps.recommendations.domain.similarity import Scored, blended, model_share

RETAIL = Path(__file__).resolve().parents[2] / "shared/data/online_retail"
FILE = RETAIL / "online_retail_2009_2010.parquet"
MONTHS = ((2010, 8), (2010, 9), (2010, 10), (2010, 11))
RECIPE = Recipe(
    {Family.EASE: 0.7, Family.ALS: 0.3, Family.REPEAT: 0.5, Family.POPULARITY: 0.01}, 0.75
)
SHARE, FLOOR, FIRST, LOOKED_AT, LARGEST = 0.7, 0.3, 10, 50, 100
BOUNDS = (0.0, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.25)
_DISCOUNTS = 1.0 / np.log2(np.arange(FIRST) + 2.0)
_PURCHASE = 3.0
_DAY = 86_400.0


@dataclass(slots=True)
class Basket:
    """One invoice."""

    at: float
    customer: int | None
    products: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A given product, and what was taken with it; codes."""

    given: int
    wanted: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One month: the model from before it, vectors by its codes, and both questions."""

    model: BlendModel
    vectors: Float32
    same: list[Asked]
    after: list[Asked]


def main() -> int:
    if not FILE.exists():
        print(f"skipped: there is no {FILE.name}")
        return 0
    django.setup()
    baskets, texts = _baskets()
    vectors = _encoded(texts)
    for year, month in MONTHS:
        _report(f"{year}-{month:02}", _judged(baskets, vectors, year, month))
    return 0


def _baskets() -> tuple[list[Basket], dict[str, str]]:
    """Invoices in order of time, and each product's description."""
    import pyarrow.parquet as pq

    columns = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Customer ID"]
    found: dict[str, Basket] = {}
    texts: dict[str, str] = {}
    with pq.ParquetFile(FILE) as source:
        for batch in source.iter_batches(batch_size=10_000, columns=columns):
            for row in zip(*(batch.column(name).to_pylist() for name in columns), strict=True):
                invoice, product, text, quantity, dated, customer = row
                if not invoice or not product or quantity <= 0 or invoice.startswith("C"):
                    continue
                at = datetime.fromisoformat(dated).replace(tzinfo=UTC).timestamp()
                found.setdefault(invoice, Basket(at, customer)).products.add(product)
                texts[product] = text or texts.get(product, "")
    usual = (each for each in found.values() if len(each.products) <= LARGEST)
    return sorted(usual, key=lambda each: each.at), texts


def _encoded(texts: dict[str, str]) -> dict[str, Float32]:
    from apps.embeddings.services.model import embedding_model, sentence_encoder

    encoder = sentence_encoder(embedding_model())
    vectors = encoder.encode_many([text.lower() for text in texts.values()])
    return dict(zip(texts, vectors, strict=True))


def _judged(
    baskets: Sequence[Basket], vectors: dict[str, Float32], year: int, month: int
) -> Judged:
    from apps.recommendations.services.fitting import Plan, parts_fitted

    cut = datetime(year, month, 1, tzinfo=UTC).timestamp()
    end = datetime(year, month + 1, 1, tzinfo=UTC).timestamp()
    before = [each for each in baskets if each.at < cut]
    training = _training(before, cut)
    fitted = parts_fitted(training, Plan.configured())
    lean = (fitted.parts.momentum**RECIPE.momentum).astype(np.float32)
    card = ModelCard(0, cut, 0.0, training.users, training.products, len(training), {}, {}, {})
    nobody = np.zeros((0, fitted.units.shape[1]), dtype=np.float32)
    model = BlendModel(
        card, training.product_ids, StringTable.build(()), nobody, fitted.parts, RECIPE, lean
    )
    later = [each for each in baskets if cut <= each.at < end]
    rows = training.product_ids
    known = np.stack([vectors[rows.get(code)] for code in range(training.products)])
    return Judged(model, known, _same(later, rows), _after(before, later, rows))


def _training(baskets: Sequence[Basket], cut: float) -> TrainingSet:
    """Cells of known customers: three a day on which they bought the product."""
    days: dict[tuple[int, str], dict[int, float]] = defaultdict(dict)
    for each in baskets:
        if each.customer is not None:
            for product in each.products:
                days[each.customer, product][int(each.at // _DAY)] = each.at
    users = sorted({user for user, _ in days})
    products = sorted({product for _, product in days})
    code = {product: at for at, product in enumerate(products)}
    cells = sorted(days.items(), key=lambda item: item[0])
    held = np.bincount(np.searchsorted(users, [user for (user, _), _ in cells]))
    return TrainingSet(
        user_ids=StringTable.build(f"u:{user}" for user in users),
        product_ids=StringTable.build(products),
        indptr=np.concatenate([[0], np.cumsum(held)]).astype(np.int64),
        codes=np.array([code[product] for (_, product), _ in cells], dtype=np.int32),
        weights=np.array([_PURCHASE * len(each) for _, each in cells], dtype=np.float32),
        at=np.array([max(each.values()) for _, each in cells]),
        as_of=cut,
    )


def _codes(products: set[str], rows: StringTable) -> set[int]:
    found: Int32 = rows.rows_of(sorted(products))
    return set(found[found >= 0].tolist())


def _same(later: Sequence[Basket], rows: StringTable) -> list[Asked]:
    return [
        Asked(given, frozenset(codes - {given}))
        for codes in (_codes(each.products, rows) for each in later)
        if len(codes) > 1
        for given in sorted(codes)
    ]


def _after(before: Sequence[Basket], later: Sequence[Basket], rows: StringTable) -> list[Asked]:
    """Of customers who came again: what was new to them the first time."""
    had: dict[int, set[str]] = defaultdict(set)
    last: dict[int, set[str]] = {}
    for each in before:
        if each.customer is not None:
            had[each.customer] |= each.products
            last[each.customer] = each.products
    asked: list[Asked] = []
    for each in later:
        if each.customer is None or (given := last.pop(each.customer, None)) is None:
            continue
        wanted = frozenset(_codes(each.products - had[each.customer], rows))
        if wanted:
            asked += [Asked(code, wanted) for code in sorted(_codes(given, rows))]
    return asked


def _report(month: str, judged: Judged) -> None:
    codes = sorted({each.given for each in (*judged.same, *judged.after)})
    content = {code: _content(judged, code) for code in codes}
    model = {code: judged.model.similar(code, LOOKED_AT) for code in codes}
    alike = {code: _further(judged, code, content[code], model[code][0]) for code in codes}
    best = {code: float(model[code][1].max(initial=0.0)) for code in codes}
    low, high = np.quantile([*best.values()], [1 / 3, 2 / 3])
    weak = {code for code in codes if best[code] <= low}
    print(f"\n{month}: {len(codes)} products; thirds of their best scores: {low:.3f}, {high:.3f}")
    print("                   same basket      next basket      same, weak       next, weak")

    def told(name: str, ranked: Callable[[int], Int32]) -> None:
        lists = {code: ranked(code)[:FIRST].tolist() for code in codes}
        figures = [_figures(asks, lists, codes) for asks in (judged.same, judged.after)]
        figures += [_figures(asks, lists, weak) for asks in (judged.same, judged.after)]
        print(f"{name:16}", *(f"  {ndcg:.4f}  {hits:.3f}" for ndcg, hits in figures))

    told("content", lambda code: content[code][0])
    told("model", lambda code: model[code][0])
    for bound in BOUNDS:

        def mixed(code: int, bound: float = bound) -> Int32:
            share = model_share(SHARE, model[code][1], bound)
            found = blended(alike[code], model[code], share=share, because=code)
            return found.rows[np.lexsort((found.rows, -found.scores))]

        told(f"blended, {bound:.2f}", mixed)


def _content(judged: Judged, code: int) -> Scored:
    cosines = judged.vectors @ judged.vectors[code]
    cosines[code] = -1.0
    near = np.argsort(-cosines, kind="stable")[:LOOKED_AT]
    near = near[cosines[near] >= FLOOR]
    return near.astype(np.int32), np.clip(cosines[near], 0.0, 1.0)


def _further(judged: Judged, code: int, content: Scored, others: Int32) -> Scored:
    """The same, with the likeness of what the model found."""
    more = np.setdiff1d(others, content[0]).astype(np.int32)
    cosines = np.clip(judged.vectors[more] @ judged.vectors[code], 0.0, 1.0)
    return np.concatenate([content[0], more]), np.concatenate([content[1], cosines])


def _figures(
    asks: Sequence[Asked], lists: dict[int, list[int]], among: Sequence[int] | set[int]
) -> tuple[float, float]:
    """NDCG@10 and hit rate, averaged over each product's questions, then over products."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    held = set(among)
    for each in asks:
        if each.given in held:
            found[each.given].append(_figure(lists[each.given], each.wanted))
    means = np.array([np.mean(each, axis=0) for each in found.values()]).reshape(-1, 2)
    ndcg, hits = means.mean(axis=0) if len(means) else (np.nan, np.nan)
    return float(ndcg), float(hits)


def _figure(ranked: list[int], wanted: frozenset[int]) -> tuple[float, float]:
    gains = np.array([code in wanted for code in ranked], dtype=np.float64)
    best = _DISCOUNTS[: min(FIRST, len(wanted))].sum()
    return float(gains @ _DISCOUNTS[: len(gains)] / best), float(gains.any())


if __name__ == "__main__":
    sys.exit(main())
