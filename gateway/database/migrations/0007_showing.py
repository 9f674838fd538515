from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0006_kinds")]

    initial = False

    operations = []
