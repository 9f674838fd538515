from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mingbai', '0013_corrections')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CaseMessage',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case_id', fields.IntField(db_index=True)),
                ('side', fields.CharField(max_length=16)),
                ('what', fields.CharField(default='words', max_length=16)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('text', fields.TextField(default='', unique=False)),
                ('sealed', fields.TextField(null=True, unique=False)),
                ('author', fields.CharField(default='', max_length=64)),
                ('signed', fields.CharField(default='', max_length=192)),
                ('entry_id', fields.CharField(default='', max_length=191)),
                ('channel', fields.CharField(default='', max_length=16)),
                ('delivery', fields.CharField(default='', db_index=True, max_length=16)),
                ('pushed', fields.BooleanField(default=True)),
                ('sending_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'case_message', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CaseNumber',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('mark', fields.CharField(unique=True, max_length=64)),
                ('day', fields.DateField()),
                ('place', fields.IntField()),
            ],
            options={'table': 'case_number', 'app': 'mingbai', 'unique_together': (('day', 'place'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CitizenCase',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('number', fields.CharField(unique=True, max_length=24)),
                ('kind', fields.CharField(max_length=16)),
                ('channel', fields.CharField(max_length=16)),
                ('sender', fields.CharField(default='', db_index=True, max_length=128)),
                ('subject', fields.CharField(default='', max_length=200)),
                ('unit', fields.CharField(default='', db_index=True, max_length=128)),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('version', fields.IntField(default=0)),
                ('handler_id', fields.IntField(null=True, db_index=True)),
                ('handler_name', fields.CharField(default='', max_length=64)),
                ('handler_shown', fields.CharField(default='', max_length=64)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('opened_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('taken_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('replied_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('last_word_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('promised_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('reply_due', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('answer_due', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('provisional', fields.BooleanField(default=False)),
                ('outcome', fields.CharField(default='', max_length=16)),
                ('times_reopened', fields.IntField(default=0)),
                ('unread', fields.IntField(default=0)),
                ('acknowledged', fields.BooleanField(default=False)),
                ('bot_speaks', fields.BooleanField(default=False)),
                ('rating_asked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('score', fields.IntField(null=True)),
                ('score_reason', fields.CharField(default='', max_length=16)),
                ('rated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'citizen_case', 'app': 'mingbai', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
