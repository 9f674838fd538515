from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0003_knowledge_imports')]

    initial = False

    operations = [
        ops.CreateModel(
            name='KnowledgeDraft',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('entry_id', fields.CharField(db_index=True, max_length=191)),
                ('open_key', fields.CharField(null=True, unique=True, max_length=191)),
                ('content', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('content_sha256', fields.CharField(max_length=64)),
                ('base_sha256', fields.CharField(default='', max_length=64)),
                ('version', fields.IntField()),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('note', fields.TextField(default='', unique=False)),
                ('author_id', fields.IntField()),
                ('author', fields.CharField(max_length=255)),
                ('reviewer_id', fields.IntField(null=True)),
                ('reviewer', fields.CharField(default='', max_length=255)),
                ('reviewed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('remark', fields.TextField(default='', unique=False)),
                ('import_id', fields.IntField(null=True, db_index=True)),
                ('release_id', fields.IntField(null=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'knowledge_draft', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='KnowledgeDraftHand',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('draft_id', fields.IntField(db_index=True)),
                ('account_id', fields.IntField()),
                ('hand', fields.CharField(max_length=16)),
            ],
            options={'table': 'knowledge_draft_hand', 'app': 'mingbai', 'unique_together': (('draft_id', 'account_id'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='KnowledgeRelease',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('number', fields.IntField(null=True, unique=True)),
                ('origin', fields.CharField(max_length=16)),
                ('open_key', fields.CharField(null=True, unique=True, max_length=16)),
                ('title', fields.CharField(default='', max_length=255)),
                ('target', fields.IntField(null=True)),
                ('drafts', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('report', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('prepared_by_id', fields.IntField(null=True)),
                ('prepared_by', fields.CharField(default='', max_length=255)),
                ('prepared_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('asked_by_id', fields.IntField(null=True)),
                ('asked_by', fields.CharField(default='', max_length=255)),
                ('asked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.TextField(default='', unique=False)),
                ('released_by_id', fields.IntField(null=True)),
                ('released_by', fields.CharField(default='', max_length=255)),
                ('released_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('dropped_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('counts', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'knowledge_release', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='KnowledgeReleaseChange',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('release_id', fields.IntField(db_index=True)),
                ('entry_id', fields.CharField(db_index=True, max_length=191)),
                ('before', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('after_sha256', fields.CharField(max_length=64)),
            ],
            options={'table': 'knowledge_release_change', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='KnowledgeEntry',
            name='checked',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='KnowledgeEntry',
            name='next_review_on',
            field=fields.DateField(null=True, db_index=True),
        ),
        ops.AddField(
            model_name='KnowledgeEntry',
            name='responsible',
            field=fields.CharField(default='', db_default='', max_length=255),
        ),
        ops.AddField(
            model_name='KnowledgeImport',
            name='release_id',
            field=fields.IntField(null=True),
        ),
        # Every import so far becomes a numbered release with its changes, so that a rollback covers it too.
        ops.RunSQL([
            'INSERT INTO knowledge_release (number, origin, title, target, drafts, prepared_by, asked_by, reason, released_by, '
            'released_at, counts) SELECT (SELECT COUNT(*) FROM knowledge_import j WHERE j.id <= i.id), \'import\', i.file, i.id, '
            '\'[]\', \'\', \'\', \'\', i."by", i."at", i.counts FROM knowledge_import i ORDER BY i.id',
            'UPDATE knowledge_import SET release_id = '
            '(SELECT r.id FROM knowledge_release r WHERE r.target = knowledge_import.id)',
            'INSERT INTO knowledge_release_change (release_id, entry_id, "before", after_sha256) '
            'SELECT i.release_id, c.entry_id, c."before", c.after_sha256 FROM knowledge_import_change c '
            'JOIN knowledge_import i ON i.id = c.import_id ORDER BY c.id',
        ]),
        ops.DeleteModel(name='KnowledgeImportChange'),
    ]
