from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0011_echo")]

    initial = False

    operations = []
