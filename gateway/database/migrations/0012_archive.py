from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [("mingbai", "0011_echo")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='PortalPage',
            index=Index(fields=['category', 'state']),
        ),
        ops.AddIndex(
            model_name='PortalPage',
            index=Index(fields=['unit', 'state']),
        ),
        ops.AddIndex(
            model_name='PortalPage',
            index=Index(fields=['state', 'updated_at']),
        ),
        # Whether a 文号 stands in another text is asked at every check; both databases know an index of an expression.
        ops.RunSQL(
            'CREATE INDEX "idx_disclosure_revision_number" ON "disclosure_revision" (("content"->>\'document_number\'))',
            reverse_sql='DROP INDEX "idx_disclosure_revision_number"',
        ),
    ]
