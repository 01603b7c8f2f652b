"""Set-ups that an operator gets wrong, each with the check that finds it and words of its fix.

Each makes one thing wrong, on a real part where there is one, and returns what the doctor says.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.doctor import (
    clocks,
    configured,
    database,
    domains,
    files,
    keys,
    mail,
    processes,
    public_url,
    spotify_app,
    work,
)
from campaigns.doctor.checks import Check, Part, red
from campaigns.elsewhere import SiteError
from campaigns.models import (
    Alarm,
    CampaignState,
    ErrorReason,
    Gate,
    GateName,
    Heartbeat,
    Message,
    Trouble,
)
from embedded.valkey import Valkey
from presave import env
from tests.factory import make_campaign, make_label, make_presave, make_user, master_key_line
from tests.sandbox_process import Sandbox
from tests.smtp import MailServer

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Here:
    """What a set-up is made of; nothing is wrong yet."""

    settings: Any
    sandbox: Sandbox
    mail_server: MailServer
    directory: Path
    monkeypatch: pytest.MonkeyPatch


Found = Check | Iterable[Check]


class SetUp(NamedTuple):
    check: str
    fix: str
    break_it: Callable[[Here], Found]


SET_UPS: dict[str, SetUp] = {}


def broken(check: str, fix: str) -> Callable[[Callable[[Here], Found]], Callable[[Here], Found]]:
    def note(break_it: Callable[[Here], Found]) -> Callable[[Here], Found]:
        SET_UPS[break_it.__name__] = SetUp(check, fix, break_it)
        return break_it

    return note


# Settings that Presave refuses to start with: `manage.py doctor` says the same sentence.


def refused(here: Here, read: Callable[[str], object], name: str, value: str) -> Check:
    here.monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as told:
        read(name)
    return red("settings", "refused", str(told.value))


def secret_in_file(here: Here, content: bytes) -> Check:
    path = here.directory / "spotify_client_secret"
    path.write_bytes(content)
    here.monkeypatch.delenv("SPOTIFY_CLIENT_SECRET")
    here.monkeypatch.setenv("SPOTIFY_CLIENT_SECRET_FILE", str(path))
    with pytest.raises(ImproperlyConfigured) as told:
        env.secret("SPOTIFY_CLIENT_SECRET")
    return red("settings", "refused", str(told.value))


@broken("settings", "has more than one line")
def a_secret_with_a_second_line(here: Here) -> Found:
    return secret_in_file(here, b"\xef\xbb\xbfabc123\nthe old one: abc122\n")


@broken("settings", "is in quotes: leave them out")
def a_secret_in_quotes(here: Here) -> Found:
    return secret_in_file(here, b'"abc123"\n')


@broken("settings", "begins with the name of a variable: leave out that")
def a_secret_after_its_name(here: Here) -> Found:
    return secret_in_file(here, b"SPOTIFY_CLIENT_SECRET=abc123\n")


@broken("settings", "must be GB for the United Kingdom")
def a_country_by_its_nickname(here: Here) -> Found:
    return refused(here, partial(env.market, default="US"), "SPOTIFY_MARKET", "UK")


@broken("settings", "must begin with smtps:// for port 465")
def starttls_on_the_port_of_tls(here: Here) -> Found:
    return refused(here, env.email, "EMAIL_URL", "smtp+tls://label:pw@mail.example.com:465")


@broken("settings", "such as # as %23")
def a_mail_password_with_a_hash(here: Here) -> Found:
    return refused(here, env.email, "EMAIL_URL", "smtp+tls://label:p#w@mail.example.com:587")


# Settings that mean something else than was meant.


@broken("settings", "Set SPOTIFY_CLIENT_ID in .env")
def the_examples_client_id(here: Here) -> Found:
    here.settings.SPOTIFY_CLIENT_ID = "your-client-id"
    return configured.examine()


@broken("settings", "Take SPOTIFY_API_URL out of .env")
def the_sandbox_behind_a_public_address(here: Here) -> Found:
    here.settings.PUBLIC_URL, here.settings.IS_HTTPS = "https://presave.example.org", True
    return [check for check in configured.examine() if "API" in check.text]


@broken("settings", "Set SPOTIFY_MAX_RATE=10 in .env. Then: ./presavectl upgrade.")
def a_pace_that_bans_a_new_app(here: Here) -> Found:
    here.settings.SPOTIFY_APP_MODE = "development"
    return configured.examine()


# Spotify.


@broken("redirect-uri", "add this redirect URI, to the letter: http")
def another_redirect_uri_at_spotify(here: Here) -> Found:
    here.settings.PUBLIC_URL = "http://127.0.0.1:1"
    return spotify_app.examine()


@broken("redirect-uri", "Copy the client id from the app's page")
def a_client_id_that_is_nobodys(here: Here) -> Found:
    here.settings.SPOTIFY_CLIENT_ID = "another"
    return spotify_app.examine()


@broken("credentials", "secrets/spotify_client_secret. Then: ./presavectl upgrade.")
def an_old_client_secret(here: Here) -> Found:
    here.settings.SPOTIFY_CLIENT_SECRET = "the one before"
    return spotify_app.examine()


@broken("credentials", "reach accounts.spotify.com and api.spotify.com at port 443")
def a_firewall_before_spotify(here: Here) -> Found:
    here.settings.SPOTIFY_ACCOUNTS_URL = "http://127.0.0.1:1"
    return spotify_app.examine()


@broken("credentials", "Renew the Premium subscription")
def an_owner_without_premium(here: Here) -> Found:
    here.sandbox.set(premium_lapsed=True)
    return spotify_app.examine()


@broken("app-mode", "Set SPOTIFY_APP_MODE=development")
def an_app_that_serves_five(here: Here) -> Found:
    here.sandbox.set(mode="development")
    return spotify_app.examine()


@broken("app-mode", "Set SPOTIFY_APP_MODE=extended")
def an_app_that_serves_all_and_is_told_not_to(here: Here) -> Found:
    here.settings.SPOTIFY_APP_MODE = "development"
    return spotify_app.examine()


@broken("market", "two letters of a country")
def a_market_that_spotify_does_not_know(here: Here) -> Found:
    here.settings.SPOTIFY_MARKET = "ZZZ"
    return spotify_app.examine()


@broken("clock", "timedatectl set-ntp true")
def a_clock_a_minute_behind(here: Here) -> Found:
    return clocks.of_difference(timedelta(), timedelta(seconds=61))


# The database.


def said_by(url: str) -> Check:
    with pytest.raises(psycopg.OperationalError) as told:
        psycopg.connect(url, connect_timeout=2)
    return database.of_refusal(str(told.value).strip().splitlines())


@broken("database", "check DATABASE_URL")
def no_database(here: Here) -> Found:
    return said_by("postgres://presave@127.0.0.1:1/presave")


@broken("database", "Create the database or role that DATABASE_URL names")
def a_database_of_another_name(here: Here) -> Found:
    if connection.vendor == "sqlite":
        return database.of_refusal(['FATAL: database "presave" does not exist'])
    known = connection.settings_dict
    return said_by(f"postgres://{known['USER']}@{known['HOST']}:{known['PORT']}/nothing")


@broken("database", "ignore_startup_parameters = options")
def pgbouncer_that_knows_no_options(here: Here) -> Found:
    return database.of_refusal(["FATAL:  unsupported startup parameter: options"])


@broken("database", "restore the dump")
def an_old_postgres(here: Here) -> Found:
    return database.of_version(13)


@broken("roles", "docs/database.md")
def a_superuser(here: Here) -> Found:
    return database.of_role(database.Role("postgres", True, True, True), Part.WEB)


@broken("roles", "docs/database.md")
def web_that_reads_permissions(here: Here) -> Found:
    return database.of_role(database.Role("presave", False, False, True), Part.WEB)


@broken("migrations", "./presavectl upgrade")
def new_code_on_an_old_database(here: Here) -> Found:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'campaigns' AND name = "
            "(SELECT MAX(name) FROM django_migrations WHERE app = 'campaigns')"
        )
    return database.migrations()


@broken("migrations", "Build or pull the image of the version that is checked out")
def old_code_on_a_new_database(here: Here) -> Found:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('campaigns', '9999_from_the_future', CURRENT_TIMESTAMP)"
        )
    return database.migrations()


@broken("cache-table", "manage.py createcachetable")
def no_cache_table(here: Here) -> Found:
    here.settings.CACHES = {"default": {"LOCATION": "forgotten"}}
    return database.cache_table()


# Files.


@broken("static-files", "manage.py collectstatic")
def no_static_files(here: Here) -> Found:
    here.settings.STATIC_ROOT = here.directory / "static"
    return files.static_files()


@broken("artwork", "10001")
def a_file_where_the_volume_should_be(here: Here) -> Found:
    (here.directory / "data").write_text("")
    here.settings.ARTWORK_DIR = here.directory / "data" / "artwork"
    return files.artwork()


@broken("disk", "docker system prune")
def a_full_disk(here: Here) -> Found:
    return files.of_disk(free=900_000_000, total=40_000_000_000)


# Keys and backups.


@broken("keyring", "chmod 0400")
def a_master_key_that_everybody_reads(here: Here) -> Found:
    path = own_master_key(here)
    path.chmod(0o644)
    return keys.opened()


@broken("keyring", "./presavectl setup")
def no_master_key(here: Here) -> Found:
    own_master_key(here).unlink()
    return keys.opened()


@broken("keyring", "docs/backup.md")
def a_key_file_that_is_gone(here: Here) -> Found:
    campaign = make_campaign()
    (here.settings.KEYRING_DIR / f"{campaign.id}.key").unlink()
    return keys.opened()


@broken(
    "keyring-apart", "Mount the keyring's volume and the secret master_key into the worker alone"
)
def web_with_the_master_key(here: Here) -> Found:
    own_master_key(here)
    return keys.kept_from_web()


@broken("master-key", "manage.py keys renew")
def a_master_key_of_last_year(here: Here) -> Found:
    make_old(own_master_key(here), timedelta(days=200))
    return keys.wrapping_key()


@broken("backups", "./presavectl backup")
def no_backup(here: Here) -> Found:
    return keys.backup()


@broken("backups", "every day by a timer")
def a_timer_that_stopped(here: Here) -> Found:
    here.settings.KEYRING_DIR.mkdir()
    stamp = here.settings.KEYRING_DIR / keys.BACKUP_STAMP
    stamp.touch()
    make_old(stamp, timedelta(days=4))
    return keys.backup()


def own_master_key(here: Here) -> Path:
    path = here.directory / "master.key"
    path.touch(mode=0o600)
    path.write_text(master_key_line())
    here.settings.MASTER_KEY_FILE = path
    return path


def make_old(path: Path, age: timedelta) -> None:
    at = (datetime.now(UTC) - age).timestamp()
    os.utime(path, (at, at))


# Redis, beat and worker.


@broken("redis", "./presavectl status shows whether it runs")
def no_redis(here: Here) -> Found:
    here.settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    return processes.broker()


@broken("redis", "secrets/redis_conf must be the same")
def another_password_at_redis(here: Here) -> Found:
    with Valkey() as server:
        here.settings.CELERY_BROKER_URL = server.url
        with processes._server() as client:
            client.config_set("requirepass", "the right one")
        here.settings.CELERY_BROKER_URL = server.url.replace("redis://", "redis://:another@")
        return processes.broker()


@broken("redis", "Raise its maxmemory")
def a_full_redis(here: Here) -> Found:
    with Valkey() as server:
        here.settings.CELERY_BROKER_URL = server.url
        with processes._server() as client:
            client.config_set("maxmemory", "1mb")
            return processes.broker()


@broken("redis", "name the primary")
def a_replica_of_redis(here: Here) -> Found:
    with Valkey() as server:
        here.settings.CELERY_BROKER_URL = server.url
        with processes._server() as client:
            client.replicaof("127.0.0.1", "1")
        return processes.broker()


@broken("worker", "./presavectl logs worker")
def a_worker_that_is_down(here: Here) -> Found:
    Heartbeat.objects.create(beat_at=database_now() - HOUR, rung_at=database_now() - HOUR)
    return processes.worker()


@broken("worker", "./presavectl logs worker")
def a_worker_that_was_never_started(here: Here) -> Found:
    return processes.worker()


@broken("beat", "Start beat")
def beat_that_is_down_beside_a_release_worker(here: Here) -> Found:
    Heartbeat.objects.create(beat_at=database_now(), rung_at=database_now() - HOUR)
    return processes.beat(database_now())


@broken("beat", "Start beat")
def beat_and_worker_down(here: Here) -> Found:
    with Valkey() as server:
        here.settings.CELERY_BROKER_URL = server.url
        return processes.beat(database_now())


# Mail.


@broken("mail", "Write your mail server's address into secrets/email_url")
def no_mail_server(here: Here) -> Found:
    here.settings.EMAIL_BACKEND = "presave.smtp.NoMailServer"
    here.settings.SENDS_EMAIL = False
    return mail.examine("operator@example.com")


@broken("mail", "Write your mail server's address into secrets/email_url")
def mails_that_go_to_the_log(here: Here) -> Found:
    here.settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    return mail.examine()


@broken("mail", "the special characters of each as %XX")
def a_wrong_mail_password(here: Here) -> Found:
    here.settings.EMAIL_HOST_USER, here.settings.EMAIL_HOST_PASSWORD = "label", "wrong"
    here.mail_server.codes["AUTH"] = 535
    return mail.examine()


@broken("mail", "Set MAIL_FROM")
def a_mail_server_that_takes_its_own_sender_alone(here: Here) -> Found:
    here.mail_server.codes["MAIL"] = 553
    return mail.examine()


@broken("mail", "Set MAIL_FROM")
def a_mail_server_that_judges_the_sender_late(here: Here) -> Found:
    here.mail_server.codes["DATA"] = 550
    return mail.examine("operator@example.com")


@broken("mail", "smtps:// for port 465")
def tls_where_the_server_speaks_plainly(here: Here) -> Found:
    here.settings.EMAIL_USE_SSL = True
    return mail.examine()


@broken("mail", "many providers close port 25")
def no_way_to_the_mail_server(here: Here) -> Found:
    here.settings.EMAIL_PORT = 9
    return mail.examine()


# The public address.


def seen_through(
    here: Here,
    status: int,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    examine: Callable[[], Iterable[Check]] = public_url.examine,
) -> list[Check]:
    """A proxy on loopback that answers so, whatever web would say."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value.replace("SELF", here.settings.PUBLIC_URL))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Nothing is printed between the tests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here.settings.PUBLIC_URL = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            return list(examine())
        finally:
            server.shutdown()
            thread.join()


@broken("proxy", "X-Forwarded-Proto: https")
def a_proxy_that_does_not_say_https(here: Here) -> Found:
    return seen_through(here, 301, {"Location": "SELF/.well-known/presave.json"})


@broken("proxy", "TRUSTED_PROXIES name it")
def a_proxy_that_is_not_trusted(here: Here) -> Found:
    return seen_through(here, 400, body=b"192.0.2.1 sends X-Forwarded-Proto, and is not in T.")


@broken("proxy", "proxy_set_header Host $http_host;")
def a_proxy_that_changes_the_host(here: Here) -> Found:
    return seen_through(here, 400)


@broken("proxy", "./presavectl logs web")
def a_proxy_without_web(here: Here) -> Found:
    return seen_through(here, 502)


@broken("proxy", "Let the DNS name this server")
def a_domain_that_leads_elsewhere(here: Here) -> Found:
    return seen_through(here, 200, body=b"<h1>It works!</h1>")


@broken("proxy", "Start web anew from this image")
def web_that_still_runs_the_old_code(here: Here) -> Found:
    old = b'{"software": {"name": "Presave", "version": "0.0.9", "commit": "unknown"}}'
    return seen_through(here, 200, body=old)


@broken("proxy", "Let the DNS of 127.0.0.1 name this server")
def nothing_at_the_public_address(here: Here) -> Found:
    here.settings.PUBLIC_URL = "http://127.0.0.1:1"
    return public_url.examine()


@broken("domain", "./presavectl domain remove label.localhost")
def a_domain_of_a_label_that_leads_nowhere(here: Here) -> Found:
    here.settings.PUBLIC_URL = "http://127.0.0.1:1"
    make_label(domain="label.localhost")
    return domains.examine()


@broken("domain", "Let the DNS name this server")
def a_domain_of_a_label_that_leads_elsewhere(here: Here) -> Found:
    make_label(domain="127.0.0.1")
    return seen_through(here, 200, body=b"<h1>It works!</h1>", examine=domains.examine)


@broken("domain", "proxy_set_header Host $http_host;")
def a_domain_of_a_label_that_web_never_hears_of(here: Here) -> Found:
    make_label(domain="127.0.0.1")
    return seen_through(here, 400, examine=domains.examine)


@broken("headers", "leave web's headers alone")
def a_proxy_that_drops_headers(here: Here) -> Found:
    return seen_through(here, 200, body=statement(here))


@broken("headers", "Switch off its cookies")
def a_proxy_that_sets_a_cookie(here: Here) -> Found:
    headers = dict.fromkeys(public_url.HEADERS, "as web has it") | {"Set-Cookie": "__cf_bm=1"}
    return seen_through(here, 200, headers, statement(here))


def statement(here: Here) -> bytes:
    version, commit = here.settings.VERSION, here.settings.COMMIT
    software = f'"name": "Presave", "version": "{version}", "commit": "{commit}"'
    return f'{{"software": {{{software}}}}}'.encode()


@broken("certificate", "the whole chain")
def a_certificate_of_ones_own(here: Here) -> Found:
    here.settings.PUBLIC_HOST = "presave.example.org"
    return public_url.of_no_answer(SiteError("self-signed certificate", is_tls=True))


@broken("certificate", "port 80 is closed")
def a_certificate_that_was_not_renewed(here: Here) -> Found:
    now = timezone.now()
    return public_url.of_certificate(now + timedelta(days=5), now)


# Work.


@broken("due-work", "./presavectl logs worker")
def fans_whom_nobody_serves(here: Here) -> Found:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign, due_at=database_now() - HOUR)
    return work.due(database_now())


@broken("alarms", "The campaign's page in the dashboard says what to do")
def a_release_in_trouble(here: Here) -> Found:
    campaign = make_campaign()
    Alarm.objects.create(
        campaign=campaign,
        release_at=campaign.release_at,
        trouble=Trouble.LATE,
        raised_at=database_now(),
    )
    return work.alarms()


@broken("messages", "manage.py doctor --mail")
def mails_that_the_server_refuses(here: Here) -> Found:
    Message.objects.create(
        user=make_user(),
        event="campaign.trouble",
        subject="Night Bus",
        body="Late",
        created_at=database_now() - HOUR,
        next_try_at=database_now(),
        attempts=3,
    )
    return work.messages(database_now())


@broken("gate", "secrets/spotify_client_secret")
def a_secret_that_was_replaced_at_spotify(here: Here) -> Found:
    now = database_now()
    Gate.objects.create(
        name=GateName.ACCOUNTS,
        rate=1,
        free_at=now,
        blocked_until=now + HOUR,
        blocked_reason=ErrorReason.INVALID_CLIENT,
    )
    return work.gate(now)
