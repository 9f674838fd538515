from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0020_guard')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CaseSeen',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('account_id', fields.IntField()),
                ('case_id', fields.IntField(db_index=True)),
                ('name', fields.CharField(max_length=64)),
                ('read_to', fields.IntField(default=0)),
                ('seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('typed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('beating', fields.BooleanField(default=False)),
            ],
            options={'table': 'case_seen', 'app': 'mingbai', 'unique_together': (('account_id', 'case_id'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='QualityDraw',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('week', fields.DateField(unique=True)),
                ('seed', fields.CharField(max_length=64)),
                ('population_sha256', fields.CharField(max_length=64)),
                ('populations', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('sizes', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('drawn_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('drawn_by', fields.CharField(max_length=64)),
            ],
            options={'table': 'quality_draw', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='QualityItem',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('draw_id', fields.IntField(db_index=True)),
                ('week', fields.DateField(db_index=True)),
                ('kind', fields.CharField(max_length=8)),
                ('ref', fields.IntField()),
                ('label', fields.CharField(default='', max_length=40)),
                ('channel', fields.CharField(max_length=16)),
                ('unit', fields.CharField(default='', max_length=128)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('hands', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('state', fields.CharField(default='open', max_length=8)),
                ('marks', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('remark', fields.TextField(default='', unique=False)),
                ('judged_by_id', fields.IntField(null=True)),
                ('judged_by', fields.CharField(default='', max_length=64)),
                ('judged_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('version', fields.IntField(default=0)),
            ],
            options={'table': 'quality_item', 'app': 'mingbai', 'unique_together': (('draw_id', 'kind', 'ref'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
