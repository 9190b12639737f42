"""What must hold however a row is written: ORM, raw SQL or COPY."""

from django.db import migrations

DEFAULTS = """
ALTER TABLE catalog_product
    ALTER COLUMN additional_image_link SET DEFAULT '{}',
    ALTER COLUMN attributes SET DEFAULT '{}',
    ALTER COLUMN custom_labels SET DEFAULT '{}',
    ALTER COLUMN feed_fields SET DEFAULT '{}',
    ADD CONSTRAINT catalog_product_attributes_object CHECK (jsonb_typeof(attributes) = 'object');
"""

# The xid is the transaction's: readers compare it with a snapshot's horizon, so a
# transaction that commits late is still seen by the next reader. No lock is taken.
PRODUCT_WRITTEN = """
CREATE FUNCTION catalog_attributes_text(attributes jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(left(string_agg(found.value, ' ' ORDER BY found.key, found.value), 100000), '')
    FROM (
        SELECT each.key, each.value #>> '{}' AS value
        FROM jsonb_each(attributes) AS each
        WHERE jsonb_typeof(each.value) = 'string'
        UNION ALL
        SELECT each.key, item.value
        FROM jsonb_each(attributes) AS each,
             jsonb_array_elements_text(
                 CASE jsonb_typeof(each.value) WHEN 'array' THEN each.value ELSE '[]' END
             ) AS item(value)
    ) AS found
$$;

CREATE FUNCTION catalog_product_written() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER catalog_product_written BEFORE INSERT OR UPDATE ON catalog_product
    FOR EACH ROW EXECUTE FUNCTION catalog_product_written();
"""

PRODUCT_DELETED = """
CREATE FUNCTION catalog_product_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO catalog_tombstone (product_pk, changed_xid)
        VALUES (OLD.id, pg_current_xact_id()::text::bigint);
    ELSE
        INSERT INTO catalog_tombstone (product_pk, changed_xid)
        SELECT id, pg_current_xact_id()::text::bigint FROM catalog_product;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER catalog_product_deleted AFTER DELETE ON catalog_product
    FOR EACH ROW EXECUTE FUNCTION catalog_product_deleted();
CREATE TRIGGER catalog_product_truncated BEFORE TRUNCATE ON catalog_product
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_product_deleted();
"""

CATEGORY_RENAMED = """
CREATE FUNCTION catalog_category_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_product SET category_name = NEW.name WHERE category_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER catalog_category_renamed AFTER UPDATE OF name ON catalog_category
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION catalog_category_renamed();
"""

DROP = """
DROP FUNCTION catalog_category_renamed() CASCADE;
DROP FUNCTION catalog_product_deleted() CASCADE;
DROP FUNCTION catalog_product_written() CASCADE;
DROP FUNCTION catalog_attributes_text(jsonb) CASCADE;
ALTER TABLE catalog_product DROP CONSTRAINT catalog_product_attributes_object;
"""


class Migration(migrations.Migration):

    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.RunSQL(DEFAULTS + PRODUCT_WRITTEN + PRODUCT_DELETED + CATEGORY_RENAMED, DROP),
    ]
