from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0007_showing")]

    initial = False

    operations = []
