from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0012_archive')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CorrectionNotice',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('sender', fields.CharField(db_index=True, max_length=128)),
                ('entry_id', fields.CharField(max_length=191)),
                ('mark', fields.CharField(max_length=32)),
                ('asked', fields.TextField(unique=False)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('state', fields.CharField(default='waiting', db_index=True, max_length=16)),
                ('told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'correction_notice', 'app': 'mingbai', 'unique_together': (('channel', 'sender', 'entry_id', 'mark'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CorrectionState',
            fields=[
                ('id', fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('generation', fields.IntField()),
            ],
            options={'table': 'correction_state', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='InboundMessage',
            name='entry_id',
            field=fields.CharField(null=True, db_index=True, max_length=191),
        ),
        ops.AddField(
            model_name='InboundMessage',
            name='entry_mark',
            field=fields.CharField(null=True, max_length=32),
        ),
    ]
