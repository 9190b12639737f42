import pytest
from django.core.management import call_command
from django.db import connection

from apps.catalog.models import Product

_AHEAD = (
    "SELECT count(*) FROM catalog_product WHERE changed_xid > pg_current_xact_id()::text::bigint"
)


@pytest.mark.django_db(transaction=True)
def test_stamps_from_another_cluster_are_brought_back(capsys: pytest.CaptureFixture[str]) -> None:
    Product.objects.create(product_id="restored", title="Restored", price=1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_product DISABLE TRIGGER catalog_product_written")
        cursor.execute("UPDATE catalog_product SET changed_xid = changed_xid + 1000000000")
        cursor.execute("ALTER TABLE catalog_product ENABLE TRIGGER catalog_product_written")
        cursor.execute(_AHEAD)
        assert cursor.fetchone() == (1,)
        call_command("catalog_restamp")
        assert capsys.readouterr().out == "1 rows stamped anew\n"
        cursor.execute(_AHEAD)
        assert cursor.fetchone() == (0,)
    call_command("catalog_restamp")
    assert capsys.readouterr().out == "0 rows stamped anew\n"
