import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce


def check_foreign_keys_now(schema_editor: Any) -> None:
    """Postgres alters no table while a check of its rows is still to come."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def give_labels_their_history(apps: Any, schema_editor: Any) -> None:
    """Until now a campaign's history told only which release its artists accepted."""
    for entry in apps.get_model("campaigns", "HistoryEntry").objects.select_related("campaign"):
        entry.label_id, entry.event = entry.campaign.label_id, "release_accepted"
        entry.details = {
            "campaign": entry.campaign.title,
            "title": entry.title,
            "artist": entry.artist,
            "uri": entry.accepted_uri,
        }
        entry.save()
    check_foreign_keys_now(schema_editor)


def take_it_back(apps: Any, schema_editor: Any) -> None:
    entries = apps.get_model("campaigns", "HistoryEntry").objects
    entries.exclude(event="release_accepted").delete()
    entries.filter(campaign=None).delete()
    for entry in entries.all():
        entry.title, entry.artist = entry.details["title"], entry.details["artist"]
        entry.accepted_uri = entry.details["uri"]
        entry.save()
    check_foreign_keys_now(schema_editor)


class Migration(migrations.Migration):
    """One history per label, which takes in what campaigns had of it; and invitations."""

    dependencies = [
        ("campaigns", "0015_making"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("editor", "Editor"), ("viewer", "Viewer")],
                        max_length=10,
                    ),
                ),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("was_mailed", models.BooleanField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "label",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="campaigns.label",
                    ),
                ),
            ],
            options={"ordering": ["email"]},
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("used_at", None)),
                fields=("label", "email"),
                name="invitation_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "editor", "viewer"])),
                name="invitation_role_known",
            ),
        ),
        migrations.AlterModelOptions(
            name="historyentry",
            options={"ordering": ["-at", "-id"]},
        ),
        migrations.AddField(
            model_name="historyentry",
            name="label",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="history",
                to="campaigns.label",
            ),
        ),
        migrations.AddField(
            model_name="historyentry",
            name="event",
            field=models.CharField(default="release_accepted", max_length=30),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="historyentry",
            name="details",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="historyentry",
            name="times",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AlterField(
            model_name="historyentry",
            name="at",
            field=models.DateTimeField(db_index=True),
        ),
        migrations.AlterField(
            model_name="historyentry",
            name="campaign",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="history",
                to="campaigns.campaign",
            ),
        ),
        # With defaults, so that there is a way back.
        *(
            migrations.AlterField(
                model_name="historyentry",
                name=name,
                field=models.CharField(default="", max_length=longest),
            )
            for name, longest in (("accepted_uri", 40), ("title", 300), ("artist", 300))
        ),
        migrations.RunPython(give_labels_their_history, take_it_back),
        *(
            migrations.RemoveField(model_name="historyentry", name=name)
            for name in ("accepted_uri", "title", "artist")
        ),
        migrations.AddConstraint(
            model_name="historyentry",
            constraint=models.UniqueConstraint(
                Coalesce("label", models.Value(uuid.UUID(int=0), models.UUIDField())),
                Coalesce("by", models.Value(0)),
                models.F("at"),
                condition=models.Q(("event", "sign_in_failed")),
                name="history_failures_once_an_hour",
            ),
        ),
    ]
