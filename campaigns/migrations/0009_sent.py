from django.db import migrations, models

from campaigns.migrations import _online


class Migration(migrations.Migration):
    """A save that was sent waits for a look. A worker of the version before knows nothing of that:
    the constraint keeps it from claiming such a row and from ending it unconfirmed.
    """

    dependencies = [
        ("campaigns", "0008_the_right_release"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="presave",
            name="presave_settled_holds_nothing",
        ),
        migrations.AddField(
            model_name="campaign",
            name="shown_looks",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="campaign",
            name="shown_market",
            field=models.CharField(blank=True, db_default="", default="", max_length=2),
        ),
        migrations.AddField(
            model_name="campaign",
            name="shown_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="shown_uri",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="presave",
            name="sent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="presave",
            name="sent_for",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="shown_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="watched_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        _online.AddCheck(
            model_name="presave",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("sealed__isnull", False),
                        ("settled_at", None),
                        ("state", "pending"),
                        models.Q(
                            ("sent_for", None),
                            models.Q(
                                ("lease", None),
                                ("lease_until", None),
                                ("refused_at", None),
                                ("sent_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                    ),
                    models.Q(
                        models.Q(("state", "pending"), _negated=True),
                        ("lease", None),
                        ("lease_until", None),
                        ("refused_at", None),
                        ("sealed", None),
                        ("settled_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="presave_state_holds",
            ),
        ),
    ]
