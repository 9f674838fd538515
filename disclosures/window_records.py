"""Rows of the service windows (服务窗口), and of what a QR code or a menu button stands for."""

from tortoise import fields
from tortoise.models import Model


class ServiceWindow(Model):
    """A counter where citizens are served. Coordinates are GCJ-02 (what maps and phones of this country use), degrees."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=64, unique=True)
    unit = fields.CharField(max_length=64, default="")
    address = fields.CharField(max_length=128)
    phone = fields.CharField(max_length=64, default="")
    hours = fields.CharField(max_length=128, default="")
    services = fields.TextField(default="")
    """What can be done there, separated by 、."""
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    source = fields.CharField(max_length=255, default="")
    active = fields.BooleanField(default=True)
    sort = fields.IntField(default=0)
    changed_at = fields.DatetimeField()
    changed_by = fields.CharField(max_length=64, default="")

    class Meta:
        app = "mingbai"
        table = "service_window"


class Signpost(Model):
    """What the code of a QR code (scene) or of a menu button (key) stands for: a question, a window or a unit."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(max_length=64, unique=True)
    kind = fields.CharField(max_length=16)
    """question, window or unit."""
    target = fields.CharField(max_length=255)
    """The question, or the name of the window or of the unit."""
    note = fields.CharField(max_length=128, default="")
    changed_at = fields.DatetimeField()
    changed_by = fields.CharField(max_length=64, default="")

    class Meta:
        app = "mingbai"
        table = "service_signpost"
