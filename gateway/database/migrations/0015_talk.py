from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0014_cases")]

    initial = False

    operations = []
