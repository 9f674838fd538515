from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0019_figures")]

    initial = False

    operations = []
