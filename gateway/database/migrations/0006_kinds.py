from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0005_rumour_reports')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DocumentKind',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('code', fields.CharField(unique=True, max_length=32)),
                ('name', fields.CharField(unique=True, max_length=64)),
                ('facts', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('sort', fields.IntField(default=0)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'disclosure_kind', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FormPresence',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('account_id', fields.IntField()),
                ('key', fields.CharField(max_length=32)),
                ('name', fields.CharField(max_length=64)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('seen_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('typed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('beating', fields.BooleanField(default=False)),
            ],
            options={'table': 'form_presence', 'app': 'mingbai', 'unique_together': (('account_id', 'key'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='WorkingCopy',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('account_id', fields.IntField()),
                ('key', fields.CharField(max_length=32)),
                ('disclosure_id', fields.IntField(default=0, db_index=True)),
                ('base_revision', fields.IntField(default=0)),
                ('title', fields.CharField(default='', max_length=200)),
                ('fields_typed', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('saved_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'working_copy', 'app': 'mingbai', 'unique_together': (('account_id', 'key'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        # How many texts have each kind is read from this, not from ten thousand texts.
        ops.RunSQL([
            'CREATE INDEX "idx_disclosure_revision_kind" ON "disclosure_revision" (("content"->>\'kind\'), "disclosure_id")',
        ]),
    ]
