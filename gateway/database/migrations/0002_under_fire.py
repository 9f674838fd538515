from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AccountHold',
            fields=[
                ('account', fields.CharField(generated=False, primary_key=True, unique=True, db_index=True, max_length=96)),
                ('deployment', fields.CharField(max_length=64)),
                ('epoch', fields.IntField(default=0)),
                ('held_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('detail', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'account_hold', 'app': 'mingbai', 'pk_attr': 'account'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Duty',
            fields=[
                ('name', fields.CharField(generated=False, primary_key=True, unique=True, db_index=True, max_length=32)),
                ('owner', fields.CharField(default='', max_length=96)),
                ('fence', fields.IntField(default=0)),
                ('lease_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'duty', 'app': 'mingbai', 'pk_attr': 'name'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ForeignPost',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('external_id', fields.CharField(max_length=128)),
                ('disclosure_id', fields.IntField(null=True, db_index=True)),
                ('url', fields.CharField(default='', max_length=512)),
                ('text', fields.TextField(default='', unique=False)),
                ('posted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('found_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('settled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('settled_by_name', fields.CharField(default='', max_length=64)),
                ('remark', fields.TextField(default='', unique=False)),
            ],
            options={'table': 'foreign_post', 'app': 'mingbai', 'unique_together': (('channel', 'external_id'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Halt',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=16)),
                ('open_key', fields.CharField(null=True, unique=True, max_length=16)),
                ('reason', fields.TextField(unique=False)),
                ('raised_by_id', fields.IntField(null=True)),
                ('raised_by_name', fields.CharField(max_length=64)),
                ('raised_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('lift_asked_by_id', fields.IntField(null=True)),
                ('lift_asked_by_name', fields.CharField(default='', max_length=64)),
                ('lift_asked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('lift_reason', fields.TextField(default='', unique=False)),
                ('lifted_by_id', fields.IntField(null=True)),
                ('lifted_by_name', fields.CharField(default='', max_length=64)),
                ('lifted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('detail', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'halt', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Incident',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(db_index=True, max_length=160)),
                ('open_key', fields.CharField(null=True, unique=True, max_length=160)),
                ('kind', fields.CharField(max_length=32)),
                ('severity', fields.CharField(max_length=8)),
                ('message', fields.TextField(unique=False)),
                ('remedy', fields.TextField(default='', unique=False)),
                ('link', fields.CharField(default='', max_length=256)),
                ('raised_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('times', fields.IntField(default=1)),
                ('cleared_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('cleared_by_name', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'incident', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MassReservation',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('delivery_id', fields.IntField(unique=True)),
                ('account', fields.CharField(max_length=96)),
                ('day', fields.DateField()),
                ('state', fields.CharField(max_length=16)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'mass_reservation', 'app': 'mingbai', 'indexes': [Index(fields=['account', 'day'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Node',
            fields=[
                ('name', fields.CharField(generated=False, primary_key=True, unique=True, db_index=True, max_length=96)),
                ('kind', fields.CharField(max_length=16)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('seen_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('detail', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'node', 'app': 'mingbai', 'pk_attr': 'name'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Probe',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('release_id', fields.IntField()),
                ('horizon', fields.CharField(max_length=8)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ok', fields.BooleanField()),
                ('findings', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'probe', 'app': 'mingbai', 'unique_together': (('release_id', 'horizon'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Proposal',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('delivery_id', fields.IntField(db_index=True)),
                ('open_key', fields.CharField(null=True, unique=True, max_length=32)),
                ('choice', fields.CharField(max_length=16)),
                ('reason', fields.TextField(unique=False)),
                ('url', fields.CharField(default='', max_length=512)),
                ('fence', fields.IntField()),
                ('proposed_by_id', fields.IntField()),
                ('proposed_by_name', fields.CharField(max_length=64)),
                ('proposed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('state', fields.CharField(max_length=16)),
                ('decided_by_id', fields.IntField(null=True)),
                ('decided_by_name', fields.CharField(default='', max_length=64)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('remark', fields.TextField(default='', unique=False)),
            ],
            options={'table': 'delivery_proposal', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReadBack',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('delivery_id', fields.IntField(db_index=True)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('verdict', fields.CharField(max_length=16)),
                ('approved', fields.TextField(unique=False)),
                ('live', fields.TextField(default='', unique=False)),
                ('difference', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('evidence', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'read_back', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Delivery',
            name='proof',
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name='Delivery',
            name='proof_at',
            field=fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False),
        ),
    ]
