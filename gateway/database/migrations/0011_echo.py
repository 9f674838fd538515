from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0010_calendar')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Comment',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('external_id', fields.CharField(max_length=128)),
                ('address', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('delivery_id', fields.IntField(null=True, db_index=True)),
                ('disclosure_id', fields.IntField(null=True, db_index=True)),
                ('post_text', fields.CharField(default='', max_length=200)),
                ('author', fields.CharField(default='', max_length=64)),
                ('author_mark', fields.CharField(default='', max_length=16)),
                ('text', fields.TextField(unique=False)),
                ('at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('heard_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('elected', fields.BooleanField(null=True)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by', fields.CharField(default='', max_length=64)),
                ('reason', fields.CharField(default='', max_length=300)),
            ],
            options={'table': 'comment', 'app': 'mingbai', 'unique_together': (('channel', 'external_id'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CommentReply',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('comment_id', fields.IntField(db_index=True)),
                ('open_key', fields.CharField(null=True, unique=True, max_length=32)),
                ('channel', fields.CharField(max_length=16)),
                ('text', fields.TextField(unique=False)),
                ('entry_id', fields.CharField(default='', max_length=191)),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('written_by_id', fields.IntField()),
                ('written_by_name', fields.CharField(max_length=64)),
                ('written_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('approved_by_id', fields.IntField(null=True)),
                ('approved_by_name', fields.CharField(default='', max_length=64)),
                ('approved_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('remark', fields.CharField(default='', max_length=500)),
                ('next_at', fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
                ('fence', fields.IntField(default=0)),
                ('owner', fields.CharField(default='', max_length=96)),
                ('lease_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('intent_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('tries', fields.IntField(default=0)),
                ('looked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('not_seen', fields.BooleanField(default=False)),
                ('sent_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('external_id', fields.CharField(default='', max_length=128)),
                ('problem', fields.TextField(default='', unique=False)),
                ('remedy', fields.TextField(default='', unique=False)),
                ('evidence', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'comment_reply', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='DayCount',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('name', fields.CharField(max_length=24)),
                ('day', fields.DateField()),
                ('value', fields.BigIntField(default=0)),
            ],
            options={'table': 'day_count', 'app': 'mingbai', 'unique_together': (('disclosure_id', 'name', 'day'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FigureReading',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('delivery_id', fields.IntField()),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('name', fields.CharField(max_length=24)),
                ('day', fields.DateField(db_index=True)),
                ('value', fields.BigIntField()),
                ('source', fields.CharField(max_length=64)),
                ('read_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'figure_reading', 'app': 'mingbai', 'indexes': [Index(fields=['delivery_id', 'name', 'day'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FigureTotal',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('delivery_id', fields.IntField()),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('name', fields.CharField(max_length=24)),
                ('day', fields.DateField()),
                ('value', fields.BigIntField()),
                ('read_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'figure_total', 'app': 'mingbai', 'unique_together': (('delivery_id', 'name'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Listening',
            fields=[
                ('key', fields.CharField(generated=False, primary_key=True, unique=True, db_index=True, max_length=48)),
                ('next_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('cursor', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('failures', fields.IntField(default=0)),
                ('problem', fields.TextField(default='', unique=False)),
                ('remedy', fields.TextField(default='', unique=False)),
                ('heard_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'listening', 'app': 'mingbai', 'pk_attr': 'key'},
            bases=['Model'],
        ),
    ]
