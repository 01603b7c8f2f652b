from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0005_words_of_the_trade")]

    operations = [migrations.RemoveField("campaign", "artwork_alt_language")]
