from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0014_cases")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AnswerFeedback",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("channel", fields.CharField(max_length=16)),
                ("asker_hash", fields.CharField(null=True, max_length=64)),
                ("entry_id", fields.CharField(db_index=True, max_length=191)),
                ("mark", fields.CharField(max_length=32)),
                ("unit", fields.CharField(default="", max_length=128)),
                ("useful", fields.BooleanField()),
                ("reason", fields.CharField(default="", max_length=32)),
                ("at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "answer_feedback",
                "app": "mingbai",
                "unique_together": (("channel", "asker_hash", "entry_id", "mark"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BurstPart",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("channel", fields.CharField(max_length=16)),
                ("sender", fields.CharField(db_index=True, max_length=128)),
                ("key", fields.CharField(unique=True, max_length=160)),
                ("text", fields.TextField(unique=False)),
                ("at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("taken_by", fields.CharField(null=True, db_index=True, max_length=160)),
            ],
            options={"table": "burst_part", "app": "mingbai", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MenuQuestion",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("key", fields.CharField(unique=True, max_length=64)),
                ("name", fields.CharField(max_length=64)),
                ("question", fields.CharField(max_length=191)),
                ("set_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "menu_question", "app": "mingbai", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OwnMessage",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("channel", fields.CharField(max_length=16)),
                ("sender", fields.CharField(db_index=True, max_length=128)),
                ("granted_by", fields.CharField(max_length=160)),
                ("number", fields.IntField()),
                ("at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("reply_to", fields.CharField(null=True, unique=True, max_length=160)),
            ],
            options={
                "table": "own_message",
                "app": "mingbai",
                "unique_together": (("channel", "sender", "granted_by", "number"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
