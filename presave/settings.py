"""Presave's settings.

Everything an operator can set comes from the environment, read through presave.env.
"""

from __future__ import annotations

import zoneinfo
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from presave import env, error_reports

BASE_DIR = Path(__file__).resolve().parent.parent

# Core

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret(
    "SECRET_KEY", "insecure-key-for-debug-only-" + "x" * 40 if DEBUG else env.REQUIRED
)
if len(SECRET_KEY) < 50 and not DEBUG:
    raise ImproperlyConfigured(
        "SECRET_KEY must be at least 50 characters long; `./presavectl setup` makes one."
    )
PUBLIC_URL = env.origin("PUBLIC_URL", "http://127.0.0.1:8000" if DEBUG else env.REQUIRED)
PUBLIC_HOST = str(urlsplit(PUBLIC_URL).hostname)
IS_HTTPS = PUBLIC_URL.startswith("https://")
if DEBUG and IS_HTTPS:
    raise ImproperlyConfigured(
        "DEBUG must be False for a PUBLIC_URL with https: its error pages show every secret."
    )
ALLOWED_HOSTS = [PUBLIC_HOST]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "data")
# As in pyproject.toml, which the image does not hold; tests/test_docs.py compares them.
VERSION = "1.0.0"
# Who runs this instance, for the privacy page and the terms. Version 0.1.0 did not ask for it.
OPERATOR_NAME = env.text(
    "OPERATOR_NAME",
    "the operator of this demo"
    if DEBUG
    else env.soon_required("OPERATOR_NAME", "1.1.0", VERSION, until_then=PUBLIC_HOST),
)
OPERATOR_CONTACT = env.contact(
    "OPERATOR_CONTACT",
    "operator@example.com"
    if DEBUG
    else env.soon_required("OPERATOR_CONTACT", "1.1.0", VERSION, until_then=PUBLIC_URL),
)
SOON_REQUIRED = env.missing_soon
COMMIT = env.commit("COMMIT", "unknown")

ROOT_URLCONF = "presave.urls"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("es", "Español"),
    ("pt-br", "Português (Brasil)"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("ja", "日本語"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["presave.formats"]
TIME_ZONE = "UTC"
# The pinned tzdata package alone knows the time zones: a machine's own copy may be years old.
zoneinfo.reset_tzpath(to=())

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "campaigns",
]

MIDDLEWARE = [
    "campaigns.fan.own_domain.LabelDomains",
    "presave.forwarding.tells_of_a_proxy",
    "django.middleware.security.SecurityMiddleware",
    # Before what answers for static files, which are to have these headers too.
    "campaigns.headers.default_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "campaigns.accounts.sessions.at_work",
    "campaigns.accounts.languages.in_artists_language",
    "campaigns.dashboard.unread.middleware",
    # Within the language: what a view tells on the next page is put into words on the way out.
    "django.contrib.messages.middleware.MessageMiddleware",
    "campaigns.accounts.second_factor.asked_for",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "campaigns.fan.languages.choice",
                "campaigns.fan.page_context.for_site",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database(
        "DATABASE_URL", f"sqlite:///{DATA_DIR}/presave.sqlite3" if DEBUG else env.REQUIRED
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE takes the write lock at BEGIN: a claim then never fails with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A pooler such as PgBouncer gives each transaction another connection, on which there is no
    # cursor of the one before.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
# Given to migrate alone, which makes these two roles and grants each what it needs.
WEB_DATABASE_URL = env.secret("WEB_DATABASE_URL", "")
WORKER_DATABASE_URL = env.secret("WORKER_DATABASE_URL", "")

# allauth counts log-in attempts in the cache. Redis may be absent at any time, so the cache is a
# table.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "presave.cache.JSONDatabaseCache",
        "LOCATION": "presave_cache",
        # What version 0.1 wrote there is of no use here.
        "VERSION": 2,
        # Room enough that a stranger's attempts do not push another account's count out.
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
    # Of each process. Apart, so that a flood of forged returns pushes no landing page out.
    **{
        name: {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": name,
            "OPTIONS": {"MAX_ENTRIES": 1000},
        }
        for name in ("pages", "refusals")
    },
}

# Transport security, cookies, headers. A loopback address has no https, so it has neither secure
# cookies nor the __Host- prefix that wants them.

# Who may say from where and by what scheme a request came; presave/web.py believes nobody else, so
# that whatever reads REMOTE_ADDR or the scheme may. The default is every private network, Docker's
# among them: nothing but the proxy in front reaches web.
TRUSTED_PROXIES = env.networks(
    "TRUSTED_PROXIES",
    "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 ::1 fc00::/7",
)
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000 if IS_HTTPS else 0
# What binds the whole domain for years is the operator's decision, not a default: its other hosts
# may have no https.
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS and env.flag("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_REFERRER_POLICY = "no-referrer"
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = IS_HTTPS
# A log-in that nobody uses ends after this. campaigns/accounts/sessions.py says what is use.
SESSION_COOKIE_AGE = 12 * 60 * 60
# In a cookie of its own, which only a page with a form sets: looking at the log-in page begins no
# session. No script reads it.
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_AGE = None
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = IS_HTTPS
MESSAGE_STORAGE = "presave.messages.Storage"

# Accounts

AUTH_USER_MODEL = "campaigns.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "campaigns.accounts.passwords.NoCommonPassword"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
SECOND_FACTOR = env.choice("SECOND_FACTOR", ["optional", "required"], "optional")
SIGN_UP = env.choice("SIGN_UP", ["closed", "open"], "closed")
ACCOUNT_ADAPTER = "campaigns.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# Nobody learns here who has an account, and nobody without one gets mail.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {
    "login": "campaigns.accounts.forms.LogInForm",
    "signup": "campaigns.accounts.forms.SignUpForm",
    "reauthenticate": "campaigns.accounts.forms.ConfirmByPasswordForm",
    "add_email": "campaigns.accounts.forms.ChangeEmailForm",
    "change_password": "campaigns.accounts.forms.ChangePasswordForm",
    "set_password": "campaigns.accounts.forms.SetPasswordForm",
    "reset_password": "campaigns.accounts.forms.RequestPasswordForm",
    "reset_password_from_key": "campaigns.accounts.forms.SetForgottenPasswordForm",
}
# What is done to an account is told by mail, to the old address when that changes.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    # Any attempt would count, and one stranger's could lock out all who share an address.
    "login": None,
    # Wrong passwords: in browsers that the account knows, of each; in all others together, for the
    # account and for the address they come from.
    "login_failed_known": "5/5m/key,50/d/key",
    "login_failed": "5/5m/key,20/d/key",
    "login_failed_source": "10/m/ip,100/d/ip",
    "reset_password": "20/h/ip,3/h/key",
    "signup": "10/h/ip",
}
MFA_ADAPTER = "campaigns.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = f"Presave {PUBLIC_HOST}"
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "campaigns.accounts.forms.SecondStepForm",
    "reauthenticate": "campaigns.accounts.forms.ConfirmByCodeForm",
    "activate_totp": "campaigns.accounts.forms.AddAppForm",
    "add_webauthn": "campaigns.accounts.forms.AddPasskeyForm",
}
# With an open sign-up nobody logs in before their address is confirmed; invited ones are known.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Browsers make passkeys for https only, and for localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PUBLIC_HOST == "localhost"
USERSESSIONS_TRACK_ACTIVITY = True

# Email: only artists and labels ever get any, and only about their own accounts and campaigns.

EMAIL_BACKEND = "presave.smtp.NoMailServer"
vars().update(env.email("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.sender("MAIL_FROM", f"Presave <presave@{PUBLIC_HOST}>")
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SIGN_UP == "open" else "none"
SENDS_EMAIL = EMAIL_BACKEND != "presave.smtp.NoMailServer"
if SIGN_UP == "open" and not SENDS_EMAIL:
    raise ImproperlyConfigured(
        "SIGN_UP=open needs EMAIL_URL, as new accounts confirm their address by email."
    )

# Monitoring: a dead-man's switch that a worker pings, such as healthchecks.io.

PING_URL = env.ping_url("PING_URL")

# Files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# What browsers and crawlers ask for at the root of every site.
WHITENOISE_ROOT = BASE_DIR / "presave" / "root"
WHITENOISE_MIMETYPES = {".svg": "image/svg+xml; charset=utf-8"}
ARTWORK_DIR = DATA_DIR / "artwork"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "presave.static_files.MinifyingStorage"
    },
}
# No form has more than one file, which is artwork: of several the first is taken. The rest of a
# form is small.
FILE_UPLOAD_HANDLERS = ["campaigns.artwork.receiving.ArtworkUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = 100
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
# presave/web.py takes no large body elsewhere, and no larger one here; what is too large to be a
# cover has to reach its form, which says so.
TAKES_FILES_AT = "/dashboard/"
LARGEST_FORM = 100 * 1024 * 1024

# Other services, whose pages of a release are looked up for its artist

APPLE_LOOKUP_URL = "https://itunes.apple.com/lookup"
DEEZER_API_URL = "https://api.deezer.com"

# The way out to Spotify and to those. Webhooks go directly: campaigns/webhooks/addresses.py looks
# at the address that a connection is made to, which a proxy would hide.
HTTPS_PROXY = env.proxy("HTTPS_PROXY")

# Spotify

# Without an id there is no app: releases have pages with a calendar and links, and no pre-save.
SPOTIFY_CLIENT_ID = env.plain("SPOTIFY_CLIENT_ID", "")
SPOTIFY_CLIENT_SECRET = env.secret("SPOTIFY_CLIENT_SECRET") if SPOTIFY_CLIENT_ID else ""
SPOTIFY_ACCOUNTS_URL = env.url("SPOTIFY_ACCOUNTS_URL", "https://accounts.spotify.com")
SPOTIFY_API_URL = env.url("SPOTIFY_API_URL", "https://api.spotify.com/v1")
SPOTIFY_APP_MODE = env.choice("SPOTIFY_APP_MODE", ["development", "extended"], "development")
SPOTIFY_MAX_RATE = env.rate("SPOTIFY_MAX_RATE", 10.0)
SPOTIFY_MARKET = env.market("SPOTIFY_MARKET", "US")

# Keys: read by the worker side only. The web process never opens either path.

KEYRING_DIR = env.path("KEYRING_DIR", DATA_DIR / "keyring")
MASTER_KEY_FILE = env.path("MASTER_KEY_FILE", DATA_DIR / "master.key")

# Celery: https://docs.celeryq.dev/en/stable/userguide/configuration.html

CELERY_BROKER_URL = env.redis_url(
    "REDIS_URL", "redis://127.0.0.1:6379/0" if DEBUG else env.REQUIRED
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A Redis that says nothing, as one that is frozen or cut off, is one that is away: a worker that
# ends would wait for it for ever.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 180,
    "socket_connect_timeout": 5,
    "socket_timeout": 5,
}
CELERY_VISIBILITY_TIMEOUT = 180
# Nobody sends commands to workers, and each would have to clear its queue of them away at its end.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_TIME_LIMIT = 55
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_BEAT_SCHEDULER = "presave.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_BEAT_SCHEDULE = {
    # A message says only "look at the rows". A missed or doubled one changes nothing.
    "run-due-work-every-2-seconds": {
        "task": "campaigns.tasks.run_due_work",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 10},
    },
}

# Logs go to standard error. spotipy and urllib3 would print tokens at DEBUG.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "private": {"()": "presave.logs.HidePrivateAddresses"},
        "expected_503": {"()": "presave.logs.IgnoreExpected503"},
    },
    "formatters": {
        "text": {
            "()": "presave.logs.TextFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"()": "presave.logs.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "presave.logs.ShorteningHandler",
            "formatter": env.choice("LOG_FORMAT", ["text", "json"], "text"),
            "filters": ["private"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Without Django's own handler, which mails errors with everything around them.
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR", "filters": ["expected_503"]},
        "spotipy": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "aiohttp": {"level": "WARNING"},
        # A message every two seconds is no news.
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}

SENTRY_DSN = env.secret("SENTRY_DSN", "none")
if SENTRY_DSN != "none":
    error_reports.send_to_sentry(SENTRY_DSN)
