from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [("mingbai", "0019_figures")]

    initial = False

    operations = [
        ops.CreateModel(
            name='Limit',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.CharField(db_index=True, max_length=64)),
                ('channel', fields.CharField(max_length=16)),
                ('reason', fields.TextField(unique=False)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('made_by', fields.CharField(max_length=64)),
                ('until', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('lifted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('lifted_by', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'bot_limit', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Nuisance',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.CharField(max_length=64)),
                ('channel', fields.CharField(max_length=16)),
                ('kind', fields.CharField(max_length=16)),
                ('times', fields.IntField(default=1)),
                ('examples', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('first_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('seen_times', fields.IntField(default=0)),
            ],
            options={'table': 'bot_nuisance', 'app': 'mingbai', 'unique_together': (('person', 'channel', 'kind'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
