import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The end of a campaign: figures that outlive its rows, messages on their way to people and
    webhooks, and the report's address. The version before can go on writing during an upgrade.
    """

    dependencies = [
        ("campaigns", "0016_team"),
    ]

    operations = [
        migrations.CreateModel(
            name="FinalFigures",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="figures",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                ("delivery_latest", models.PositiveIntegerField(null=True)),
                ("cancellations", models.JSONField(default=dict)),
                ("first_destroyed_at", models.DateTimeField(null=True)),
                ("last_destroyed_at", models.DateTimeField(null=True)),
                ("destroyed_by_hour", models.JSONField(default=list)),
                ("announced_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("campaign.trouble", "A release is in trouble"),
                            ("campaign.resolved", "The trouble is over"),
                            ("campaign.finished", "A campaign has finished"),
                            ("test", "A test"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.TextField()),
                ("body", models.TextField()),
                ("data", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("json", "JSON, signed"), ("slack", "Slack"), ("ntfy", "ntfy")],
                        max_length=10,
                    ),
                ),
                ("host", models.CharField(max_length=255)),
                ("sealed_address", models.TextField()),
                ("sealed_secret", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("tested_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unreadable", "Its address cannot be opened with this SECRET_KEY"),
                            ("refused_address", "Its host is at an address that is not public"),
                            ("unreachable", "No connection, or a broken answer"),
                            ("timeout", "No answer in time"),
                            ("certificate", "Its certificate does not hold"),
                            ("status", "An answer that is no success"),
                        ],
                        max_length=20,
                    ),
                ),
                ("problem_status", models.PositiveSmallIntegerField(null=True)),
                ("problem_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.AddField(
            model_name="alarm",
            name="resolved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="report_nonce",
            field=models.CharField(blank=True, db_default="", default="", max_length=22),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(
                condition=models.Q(("resolved_at", None)),
                fields=["campaign"],
                name="alarm_unresolved",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(
                condition=models.Q(("report_nonce", ""), _negated=True),
                fields=("report_nonce",),
                name="campaign_report_nonce_once",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="campaign",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="campaigns.campaign",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="label",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="webhooks",
                to="campaigns.label",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="webhook",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="campaigns.webhook",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["next_try_at"], name="message_due"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("user__isnull", False), ("webhook", None)),
                    models.Q(("user", None), ("webhook__isnull", False)),
                    _connector="OR",
                ),
                name="message_has_one_receiver",
            ),
        ),
    ]
