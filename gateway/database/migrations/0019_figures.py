from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0018_dictionary')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AnswerTally',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('day', fields.DateField()),
                ('entry_id', fields.CharField(default='', max_length=191)),
                ('unit', fields.CharField(default='', max_length=64)),
                ('channel', fields.CharField(max_length=16)),
                ('outcome', fields.CharField(max_length=16)),
                ('times', fields.IntField(default=0)),
            ],
            options={'table': 'answer_tally', 'app': 'mingbai', 'unique_together': (('day', 'entry_id', 'unit', 'channel', 'outcome'),), 'indexes': [Index(fields=['entry_id', 'day']), Index(fields=['day', 'unit', 'channel', 'outcome', 'times'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='HiddenChange',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('release_id', fields.IntField()),
                ('reason', fields.CharField(max_length=32)),
                ('by_id', fields.IntField()),
                ('by', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'hidden_change', 'app': 'mingbai', 'unique_together': (('disclosure_id', 'release_id'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Subscription',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('sender', fields.CharField(db_index=True, max_length=128)),
                ('sort', fields.CharField(max_length=16)),
                ('name', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('told_until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'bot_subscription', 'app': 'mingbai', 'unique_together': (('channel', 'sender', 'sort', 'name'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='WeeklyReport',
            fields=[
                ('week', fields.DateField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('figures', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'weekly_report', 'app': 'mingbai', 'pk_attr': 'week'},
            bases=['Model'],
        ),
    ]
