"""The staff's tables: accounts, web sessions, bearer tokens, sign-in attempts."""

from tortoise import fields
from tortoise.models import Model


class Account(Model):
    """One person, one account (一人一号). ``roles`` are values of ``staff.roles.Role``."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=64, unique=True)
    display_name = fields.CharField(max_length=64)
    unit = fields.CharField(max_length=64, default="")
    roles = fields.JSONField[list[str]](default=list)
    password_hash = fields.CharField(max_length=256, null=True)
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "staff_account"


class StaffSession(Model):
    """A signed-in browser. Only the SHA-256 of the 256-bit token is kept."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("mingbai.Account", related_name="sessions")
    csrf_token = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    address = fields.CharField(max_length=64, default="")
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "staff_session"


class ApiToken(Model):
    """A bearer token of a staff account. Only its SHA-256 is kept."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("mingbai.Account", related_name="tokens")
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "staff_api_token"


class SignInAttempt(Model):
    """One try at the sign-in page, for the lock-out after five failures in 15 minutes."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=64, db_index=True)
    address = fields.CharField(max_length=64, db_index=True)
    at = fields.DatetimeField(db_index=True)
    succeeded = fields.BooleanField()

    class Meta:
        app = "mingbai"
        table = "staff_sign_in_attempt"


class DeputyRecord(Model):
    """Somebody signs certain steps of the review for somebody else, from one day to another (both included)."""

    id = fields.IntField(primary_key=True)
    person_id = fields.IntField(db_index=True)
    """Who is stood in for."""
    person_name = fields.CharField(max_length=64)
    deputy_id = fields.IntField(db_index=True)
    deputy_name = fields.CharField(max_length=64)
    steps = fields.JSONField[list[str]]()
    from_day = fields.DateField()
    to_day = fields.DateField()
    reason = fields.CharField(max_length=200, default="")
    named_by_id = fields.IntField()
    named_by_name = fields.CharField(max_length=64)
    named_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by_name = fields.CharField(max_length=64, default="")

    class Meta:
        app = "mingbai"
        table = "staff_deputy"
