import functools
from json import dumps, loads

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0016_inputs")]

    initial = False

    operations = [
        ops.CreateModel(
            name="QuestionCluster",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("key", fields.CharField(unique=True, max_length=64)),
                ("title", fields.TextField(unique=False)),
                ("state", fields.CharField(default="open", db_index=True, max_length=16)),
                ("unit", fields.CharField(default="", max_length=255)),
                ("unit_by", fields.CharField(default="", max_length=16)),
                ("taken_by_id", fields.IntField(null=True)),
                ("taken_by", fields.CharField(default="", max_length=255)),
                ("handed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("handed_by", fields.CharField(default="", max_length=255)),
                ("remark", fields.TextField(default="", unique=False)),
                ("due_on", fields.DateField(db_index=True)),
                ("due_provisional", fields.BooleanField(default=False)),
                ("first_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("askers", fields.IntField(default=0)),
                ("volume", fields.IntField(default=0)),
                ("entry_id", fields.CharField(null=True, db_index=True, max_length=191)),
                ("draft_id", fields.IntField(null=True, db_index=True)),
                ("merged_into", fields.IntField(null=True, db_index=True)),
                ("reason", fields.CharField(default="", max_length=32)),
                ("closed_at", fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
                ("closed_by", fields.CharField(default="", max_length=255)),
            ],
            options={"table": "question_cluster", "app": "mingbai", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="QuestionLabel",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("cluster_id", fields.IntField(db_index=True)),
                ("question_id", fields.IntField()),
                ("text", fields.TextField(unique=False)),
                ("entry_id", fields.CharField(db_index=True, max_length=191)),
                ("suggested_by", fields.CharField(max_length=16)),
                ("confidence", fields.FloatField(null=True)),
                ("why", fields.TextField(default="", unique=False)),
                ("accepted_by_id", fields.IntField()),
                ("accepted_by", fields.CharField(max_length=255)),
                ("accepted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("draft_id", fields.IntField(null=True)),
            ],
            options={"table": "question_label", "app": "mingbai", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="QuestionNotice",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("question_id", fields.IntField(unique=True)),
                ("channel", fields.CharField(max_length=32)),
                ("asker_hash", fields.CharField(db_index=True, max_length=64)),
                ("sender", fields.CharField(default="", max_length=128)),
                ("asked", fields.TextField(unique=False)),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("consented_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("entry_id", fields.CharField(default="", max_length=191)),
                ("made_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("state", fields.CharField(default="wanted", db_index=True, max_length=16)),
                ("told_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "question_notice", "app": "mingbai", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="QuestionState",
            fields=[
                ("id", fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ("generation", fields.IntField(default=0)),
            ],
            options={"table": "question_state", "app": "mingbai", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField(
            model_name="UnansweredQuestion",
            name="cluster_id",
            field=fields.IntField(null=True, db_index=True),
        ),
        ops.AddField(
            model_name="UnansweredQuestion",
            name="placed_by",
            field=fields.CharField(default="", db_default="", max_length=16),
        ),
        ops.CreateModel(
            name="EntryComplaint",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("entry_id", fields.CharField(unique=True, max_length=191)),
                ("unit", fields.CharField(default="", max_length=255)),
                ("state", fields.CharField(default="open", db_index=True, max_length=16)),
                ("due_on", fields.DateField(db_index=True)),
                ("due_provisional", fields.BooleanField(default=False)),
                ("first_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("askers", fields.IntField(default=0)),
                ("reasons", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_by", fields.CharField(default="", max_length=255)),
                ("remark", fields.TextField(default="", unique=False)),
            ],
            options={"table": "entry_complaint", "app": "mingbai", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
