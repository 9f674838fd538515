from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0006_kinds')]

    initial = False

    operations = [
        ops.CreateModel(
            name='EmbargoReader',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('account_id', fields.IntField(db_index=True)),
                ('name', fields.CharField(max_length=64)),
            ],
            options={'table': 'disclosure_embargo_reader', 'app': 'mingbai', 'unique_together': (('disclosure_id', 'account_id'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ShowLink',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('revision', fields.IntField()),
                ('viewer', fields.CharField(max_length=64)),
                ('secret_hash', fields.CharField(unique=True, max_length=64)),
                ('made_by_id', fields.IntField()),
                ('made_by_name', fields.CharField(max_length=64)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('revoked_by_name', fields.CharField(default='', max_length=64)),
                ('views', fields.IntField(default=0)),
                ('last_viewed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'show_link', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ShowRemark',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('link_id', fields.IntField(db_index=True)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('revision', fields.IntField()),
                ('viewer', fields.CharField(max_length=64)),
                ('text', fields.TextField(unique=False)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'show_remark', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Disclosure',
            name='embargoed_at',
            field=fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False),
        ),
    ]
