from django.db import migrations

# Three rules, whoever writes and by whatever road:
# a version's identity never changes; what is under review keeps its content; and what was
# published or rejected stays as it is, but for published -> superseded.
_GUARD = """
CREATE FUNCTION publishing_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb;
    review constant text[] := ARRAY[
        'status', 'submitted_at', 'reviewed_by_id', 'reviewed_at',
        'published_by_id', 'published_at', 'reason'
    ];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status = 'draft' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'version % of % is % and cannot be deleted',
            OLD.number, OLD.subject, OLD.status USING ERRCODE = 'restrict_violation';
    END IF;
    after := to_jsonb(NEW);
    IF OLD.id <> NEW.id OR OLD.subject <> NEW.subject OR OLD.number <> NEW.number
       OR OLD.created_at <> NEW.created_at
       OR (OLD.created_by_id IS NOT NULL AND OLD.created_by_id IS DISTINCT FROM NEW.created_by_id)
    THEN
        RAISE EXCEPTION 'version % of %: its identity cannot change', OLD.number, OLD.subject
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'draft' THEN
        RETURN NEW;
    END IF;
    IF OLD.status = 'in_review' AND before - review = after - review
       AND NEW.status IN ('in_review', 'draft', 'published', 'rejected') THEN
        RETURN NEW;
    END IF;
    IF OLD.status = 'published' AND NEW.status = 'superseded'
       AND before - ARRAY['status', 'superseded_at'] = after - ARRAY['status', 'superseded_at'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'version % of % is % and cannot be changed',
        OLD.number, OLD.subject, OLD.status USING ERRCODE = 'restrict_violation';
END
$$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(_GUARD, "DROP FUNCTION IF EXISTS publishing_version_guard()"),
    ]
