from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0009_reviewing')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AnnouncedYear',
            fields=[
                ('year', fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('source', fields.CharField(max_length=200)),
                ('off', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('worked', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('entered_by_name', fields.CharField(max_length=64)),
                ('entered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'announced_year', 'app': 'mingbai', 'pk_attr': 'year'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Announcement',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('title', fields.CharField(max_length=120)),
                ('unit', fields.CharField(max_length=64)),
                ('category', fields.CharField(default='', max_length=64)),
                ('note', fields.CharField(default='', max_length=300)),
                ('precision', fields.CharField(max_length=8)),
                ('due_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('first_due', fields.CharField(default='', max_length=32)),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('reason', fields.CharField(default='', max_length=300)),
                ('disclosure_id', fields.IntField(null=True, db_index=True)),
                ('asked', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('sequence', fields.IntField(default=0)),
                ('author_id', fields.IntField()),
                ('author_name', fields.CharField(max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('public_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('fulfilled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'announcement', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CalendarAddress',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('account_id', fields.IntField(db_index=True)),
                ('key_hash', fields.CharField(unique=True, max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'calendar_address', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ChannelHours',
            fields=[
                ('channel', fields.CharField(generated=False, primary_key=True, unique=True, db_index=True, max_length=16)),
                ('least_minutes', fields.IntField(default=0)),
                ('most_days', fields.IntField(default=425)),
                ('night_from', fields.CharField(default='22:00', max_length=5)),
                ('night_to', fields.CharField(default='07:00', max_length=5)),
                ('apart_minutes', fields.IntField(default=15)),
                ('per_day', fields.IntField(default=8)),
                ('changed_by_name', fields.CharField(default='', max_length=64)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'channel_hours', 'app': 'mingbai', 'pk_attr': 'channel'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='QuietDay',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=64)),
                ('falls_on', fields.CharField(max_length=10)),
                ('kind', fields.CharField(max_length=16)),
                ('rule', fields.CharField(max_length=8)),
                ('channels', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('message', fields.CharField(default='', max_length=200)),
                ('source', fields.CharField(default='', max_length=200)),
                ('active', fields.BooleanField(default=True)),
                ('changed_by_name', fields.CharField(default='', max_length=64)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'quiet_day', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddIndex(
            model_name='Delivery',
            index=Index(fields=['due_at']),
        ),
    ]
