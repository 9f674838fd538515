from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0017_questions")]

    initial = False

    operations = []
