from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0020_guard")]

    initial = False

    operations = []
