from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0018_dictionary")]

    initial = False

    operations = []
