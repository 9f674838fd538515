from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0010_calendar")]

    initial = False

    operations = []
