from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0016_inputs")]

    initial = False

    operations = []
