from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0004_knowledge_life')]

    initial = False

    operations = [
        ops.CreateModel(
            name='RumourClaim',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(unique=True, max_length=64)),
                ('title', fields.TextField(unique=False)),
                ('state', fields.CharField(default='open', db_index=True, max_length=16)),
                ('unit', fields.CharField(default='', max_length=255)),
                ('entry_id', fields.CharField(null=True, db_index=True, max_length=191)),
                ('merged_into', fields.IntField(null=True)),
                ('first_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('last_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('first_word_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_by', fields.CharField(default='', max_length=255)),
                ('remark', fields.TextField(default='', unique=False)),
                ('proposal', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('proposed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('proposed_by', fields.CharField(default='', max_length=255)),
                ('proposed_by_id', fields.IntField(null=True)),
            ],
            options={'table': 'rumour_claim', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RumourNotice',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('claim_id', fields.IntField(db_index=True)),
                ('entry_id', fields.CharField(max_length=191)),
                ('channel', fields.CharField(max_length=32)),
                ('asker_hash', fields.CharField(db_index=True, max_length=64)),
                ('sender', fields.CharField(default='', max_length=128)),
                ('asked', fields.TextField(unique=False)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('state', fields.CharField(default='waiting', db_index=True, max_length=16)),
                ('told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'rumour_notice', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RumourReport',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('claim_id', fields.IntField(db_index=True)),
                ('asker_hash', fields.CharField(db_index=True, max_length=64)),
                ('channel', fields.CharField(max_length=32)),
                ('text', fields.TextField(unique=False)),
                ('digest', fields.CharField(db_index=True, max_length=64)),
                ('links', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('first_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('last_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('times', fields.IntField(default=1)),
                ('consented_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('sender', fields.CharField(default='', max_length=128)),
                ('variant', fields.BooleanField(default=False)),
            ],
            options={'table': 'rumour_report', 'app': 'mingbai', 'unique_together': (('claim_id', 'asker_hash'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='KnowledgeEntry',
            name='claimed_on',
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name='KnowledgeEntry',
            name='figures',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='KnowledgeEntry',
            name='links',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='KnowledgeEntry',
            name='places',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
    ]
