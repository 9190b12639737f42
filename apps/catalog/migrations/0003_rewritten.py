"""A rewrite of the words of a row is no change to the product: nobody reads it again."""

from django.db import migrations

# `endcap.rewriting` is set by who rewrites search vectors, for one transaction: no text, price
# or category is another one afterwards, and every process would read the whole catalogue again.
REWRITTEN = """
CREATE OR REPLACE FUNCTION catalog_product_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('endcap.rewriting', true) = 'on' THEN
        RETURN NEW;
    END IF;
    NEW.changed_xid := pg_current_xact_id()::text::bigint;
    NEW.updated_at := now();
    IF TG_OP = 'INSERT' OR NEW.attributes IS DISTINCT FROM OLD.attributes THEN
        NEW.attributes_text := catalog_attributes_text(NEW.attributes);
    ELSE
        NEW.attributes_text := OLD.attributes_text;
    END IF;
    NEW.category_name := coalesce(
        (SELECT name FROM catalog_category WHERE id = NEW.category_id), ''
    );
    RETURN NEW;
END $$;
"""

WRITTEN = """
CREATE OR REPLACE FUNCTION catalog_product_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_xid := pg_current_xact_id()::text::bigint;
    NEW.updated_at := now();
    IF TG_OP = 'INSERT' OR NEW.attributes IS DISTINCT FROM OLD.attributes THEN
        NEW.attributes_text := catalog_attributes_text(NEW.attributes);
    ELSE
        NEW.attributes_text := OLD.attributes_text;
    END IF;
    NEW.category_name := coalesce(
        (SELECT name FROM catalog_category WHERE id = NEW.category_id), ''
    );
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [("catalog", "0002_triggers")]

    operations = [migrations.RunSQL(REWRITTEN, WRITTEN)]
