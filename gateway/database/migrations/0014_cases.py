from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0013_corrections")]

    initial = False

    operations = []
