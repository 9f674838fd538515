from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0009_reviewing")]

    initial = False

    operations = []
