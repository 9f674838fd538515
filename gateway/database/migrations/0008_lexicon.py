from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0007_showing')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CheckOverride',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField(db_index=True)),
                ('key', fields.CharField(max_length=16)),
                ('rule', fields.CharField(max_length=32)),
                ('field', fields.CharField(max_length=64)),
                ('quote', fields.CharField(default='', max_length=160)),
                ('message', fields.TextField(unique=False)),
                ('reason', fields.TextField(unique=False)),
                ('revision', fields.IntField()),
                ('by_id', fields.IntField()),
                ('by_name', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('taken_back_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'check_override', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Fingerprint',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('disclosure_id', fields.IntField(unique=True)),
                ('content_hash', fields.CharField(max_length=64)),
                ('title', fields.CharField(max_length=200)),
                ('released_on', fields.DateField()),
                ('marks', fields.BinaryField()),
            ],
            options={'table': 'disclosure_fingerprint', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LexiconImport',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('file', fields.CharField(max_length=160)),
                ('mode', fields.CharField(max_length=16)),
                ('counts', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('before', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('by_name', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('undone_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('undone_by', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'lexicon_import', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LexiconLeader',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(db_index=True, max_length=16)),
                ('title', fields.CharField(max_length=128)),
                ('order', fields.IntField(default=0)),
                ('since', fields.DateField(null=True)),
                ('until', fields.DateField(null=True)),
                ('by_name', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'lexicon_leader', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LexiconVersion',
            fields=[
                ('id', fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('version', fields.IntField()),
            ],
            options={'table': 'lexicon_version', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LexiconWord',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('word', fields.CharField(unique=True, max_length=64)),
                ('kind', fields.CharField(max_length=16)),
                ('severity', fields.CharField(max_length=16)),
                ('suggestion', fields.CharField(default='', max_length=128)),
                ('reason', fields.CharField(default='', max_length=255)),
                ('exceptions', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('active', fields.BooleanField(default=True)),
                ('import_id', fields.IntField(null=True)),
                ('by_name', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'lexicon_word', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LinkLook',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('address_sha256', fields.CharField(unique=True, max_length=64)),
                ('address', fields.TextField(unique=False)),
                ('problem', fields.CharField(default='', max_length=160)),
                ('failures', fields.IntField(default=0)),
                ('at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'link_look', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        # The same 文号 is looked for whenever a text is checked.
        ops.RunSQL([
            'CREATE INDEX "idx_revision_document_number" ON "disclosure_revision" ((("content"->>\'document_number\')))',
        ]),
    ]
