from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0002_under_fire')]

    initial = False

    operations = [
        ops.CreateModel(
            name='KnowledgeImport',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('by', fields.CharField(max_length=255)),
                ('file', fields.CharField(max_length=255)),
                ('sha256', fields.CharField(max_length=64)),
                ('mode', fields.CharField(max_length=16)),
                ('counts', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('undone_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('undone_by', fields.CharField(default='', max_length=255)),
            ],
            options={'table': 'knowledge_import', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='KnowledgeImportChange',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('import_id', fields.IntField(db_index=True)),
                ('entry_id', fields.CharField(db_index=True, max_length=191)),
                ('before', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('after_sha256', fields.CharField(max_length=64)),
            ],
            options={'table': 'knowledge_import_change', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='KnowledgeTrial',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('suite', fields.CharField(db_index=True, max_length=191)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('by', fields.CharField(max_length=255)),
                ('generation', fields.IntField()),
                ('figures', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'knowledge_trial', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='KnowledgeTrialCase',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('trial_id', fields.IntField(db_index=True)),
                ('line', fields.IntField()),
                ('question', fields.TextField(unique=False)),
                ('entries', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('expected', fields.CharField(default='', max_length=16)),
                ('note', fields.TextField(default='', unique=False)),
                ('decision', fields.CharField(max_length=16)),
                ('confidence', fields.FloatField()),
                ('found', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('passed', fields.BooleanField()),
                ('why', fields.TextField(default='', unique=False)),
            ],
            options={'table': 'knowledge_trial_case', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
