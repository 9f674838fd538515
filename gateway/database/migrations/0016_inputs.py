from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0015_talk')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CitizenMedia',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('asker_hash', fields.CharField(db_index=True, max_length=64)),
                ('kind', fields.CharField(max_length=16)),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('remark', fields.CharField(default='', max_length=255)),
                ('reference', fields.BinaryField(null=True)),
                ('data', fields.BinaryField(null=True)),
                ('media_type', fields.CharField(default='', max_length=32)),
                ('size', fields.IntField(default=0)),
                ('received_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('tries', fields.IntField(default=0)),
                ('next_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'citizen_media', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ServiceWindow',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(unique=True, max_length=64)),
                ('unit', fields.CharField(default='', max_length=64)),
                ('address', fields.CharField(max_length=128)),
                ('phone', fields.CharField(default='', max_length=64)),
                ('hours', fields.CharField(default='', max_length=128)),
                ('services', fields.TextField(default='', unique=False)),
                ('latitude', fields.FloatField(null=True)),
                ('longitude', fields.FloatField(null=True)),
                ('source', fields.CharField(default='', max_length=255)),
                ('active', fields.BooleanField(default=True)),
                ('sort', fields.IntField(default=0)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('changed_by', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'service_window', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Signpost',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('code', fields.CharField(unique=True, max_length=64)),
                ('kind', fields.CharField(max_length=16)),
                ('target', fields.CharField(max_length=255)),
                ('note', fields.CharField(default='', max_length=128)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('changed_by', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'service_signpost', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
