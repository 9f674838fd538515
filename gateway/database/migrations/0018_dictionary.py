from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0017_questions')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CannedHit',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('rule', fields.CharField(max_length=191)),
                ('day', fields.DateField()),
                ('channel', fields.CharField(max_length=32)),
                ('count', fields.IntField(default=0)),
            ],
            options={'table': 'canned_hit', 'app': 'mingbai', 'unique_together': (('rule', 'day', 'channel'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='DictionaryChange',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('desk', fields.CharField(db_index=True, max_length=16)),
                ('items', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('sha256', fields.CharField(max_length=64)),
                ('note', fields.TextField(default='', unique=False)),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('undoes', fields.IntField(null=True)),
                ('author_id', fields.IntField()),
                ('author', fields.CharField(max_length=255)),
                ('proposed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('decided_by_id', fields.IntField(null=True)),
                ('decided_by', fields.CharField(default='', max_length=255)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('remark', fields.TextField(default='', unique=False)),
                ('generation', fields.IntField(null=True)),
            ],
            options={'table': 'dictionary_change', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='DictionaryItem',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('desk', fields.CharField(max_length=16)),
                ('key', fields.CharField(max_length=191)),
                ('content', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('change_id', fields.IntField()),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'dictionary_item', 'app': 'mingbai', 'unique_together': (('desk', 'key'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='KnowledgeTrialCase',
            name='says',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
