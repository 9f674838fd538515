from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0015_talk")]

    initial = False

    operations = []
