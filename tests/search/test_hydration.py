import numpy as np
import pytest

from apps.catalog.models import Product
from apps.catalog.selectors import documents_by_pk
from apps.features.selectors import serving_snapshot
from apps.search.selectors.hydration import documents_of_rows

pytestmark = pytest.mark.usefixtures("catalogue")


def test_agrees_with_the_catalogues_own_documents() -> None:
    Product.objects.filter(product_id="p-0-0").update(released_at=None, sale_price="5.50")
    Product.objects.filter(product_id="p-0-1").update(category=None)
    snapshot = serving_snapshot()
    rows = np.arange(len(snapshot.columns), dtype=np.int32)
    found = documents_of_rows(snapshot, rows)
    expected = documents_by_pk(snapshot.columns.pks.tolist())
    assert len(found) == 36
    for row, document in found.items():
        assert document == expected[int(snapshot.columns.pks[row])]
