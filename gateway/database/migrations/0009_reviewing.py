from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("mingbai", "0008_lexicon")]

    initial = False

    operations = []
