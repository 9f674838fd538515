from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0008_lexicon')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DeputyRecord',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person_id', fields.IntField(db_index=True)),
                ('person_name', fields.CharField(max_length=64)),
                ('deputy_id', fields.IntField(db_index=True)),
                ('deputy_name', fields.CharField(max_length=64)),
                ('steps', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('from_day', fields.DateField()),
                ('to_day', fields.DateField()),
                ('reason', fields.CharField(default='', max_length=200)),
                ('named_by_id', fields.IntField()),
                ('named_by_name', fields.CharField(max_length=64)),
                ('named_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_by_name', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'staff_deputy', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='EmergencyRelease',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('open_key', fields.CharField(null=True, unique=True, max_length=32)),
                ('revision', fields.IntField()),
                ('content_hash', fields.CharField(max_length=64)),
                ('submission', fields.IntField()),
                ('title', fields.CharField(max_length=200)),
                ('unit_id', fields.IntField()),
                ('reason', fields.TextField(unique=False)),
                ('channels', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('authorised_by_id', fields.IntField()),
                ('authorised_by_name', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('released_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('rejected_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('overdue_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('settled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('settled_by', fields.CharField(default='', max_length=16)),
            ],
            options={'table': 'disclosure_emergency', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ProofPass',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField()),
                ('number', fields.IntField()),
                ('from_revision', fields.IntField()),
                ('to_revision', fields.IntField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('closed_by_name', fields.CharField(max_length=64)),
                ('corrections', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'disclosure_proof_pass', 'app': 'mingbai', 'unique_together': (('disclosure_id', 'number'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReviewOpening',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField()),
                ('submission', fields.IntField()),
                ('reviewer_id', fields.IntField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'disclosure_opening', 'app': 'mingbai', 'unique_together': (('disclosure_id', 'submission', 'reviewer_id'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReviewRemark',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('revision', fields.IntField()),
                ('field', fields.CharField(max_length=32)),
                ('quote', fields.TextField(unique=False)),
                ('start', fields.IntField()),
                ('text', fields.TextField(unique=False)),
                ('by_id', fields.IntField(null=True)),
                ('by_name', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('answer_kind', fields.CharField(default='', max_length=16)),
                ('answer', fields.TextField(default='', unique=False)),
                ('answered_by_id', fields.IntField(null=True)),
                ('answered_by_name', fields.CharField(default='', max_length=64)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_by_name', fields.CharField(default='', max_length=64)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'disclosure_remark', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Disclosure',
            name='chain',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='Disclosure',
            name='emergency_hash',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='Review',
            name='for_id',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Review',
            name='for_name',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='Review',
            name='opened_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Review',
            name='opinion',
            field=fields.CharField(null=True, max_length=16),
        ),
    ]
