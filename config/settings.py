"""All settings, each with the environment variable that changes it. Without any variable this is a desk on one machine.

SECRET_KEY            signs sessions; without it the key in var/secret-key is used, which bin/demo and bin/test create
DATABASE_URL          default: SQLite in var/contract-desk.sqlite3; PostgreSQL: postgres://user:password@host:5432/name
REPORT_DUE_DAYS       days after a month by which its report is due (default 10): no agreement on file states one
BUSINESS_DATE         a date such as 1999-07-15 that the application takes for today; empty: the calendar's date
ALLOWED_HOSTS         names under which the site is reached, separated by commas
HTTPS                 1 when every visitor comes over https
PROXIES               how many reverse proxies stand before this server (default 0): from how far back in
                      X-Forwarded-For the visitor's address is taken; without a proxy the header is not read
CSRF_TRUSTED_ORIGINS  https://name of the site, when a proxy ends https before this server
DOCUMENTS_DIR         where finished PDFs are kept; default: var/documents
PAPERS_DIR            where PDFs of what is not issued are kept until it changes; may be emptied; default: var/papers
UPLOADS_DIR           where scanned documents are kept; default: var/uploads
DEBUG                 1 shows details of errors to every visitor: never on a machine that others can reach
"""

from datetime import date, timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


def secret_key() -> str:
    """Return the signing key from the environment or from var/secret-key."""
    key = env.str("SECRET_KEY", default="")
    if key:
        return key
    key_file = VAR_DIR / "secret-key"
    if key_file.is_file():
        return key_file.read_text(encoding="ascii").strip()
    raise ImproperlyConfigured(
        "There is no SECRET_KEY. Run bin/demo once, which writes one to var/secret-key, "
        "or set the environment variable SECRET_KEY to a long random text and keep it."
    )


def business_date() -> date | None:
    """Return the date that BUSINESS_DATE sets, None when today's date counts."""
    text = env.str("BUSINESS_DATE", default="").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ImproperlyConfigured(
            f"BUSINESS_DATE is {text!r}, which is not a date. "
            "Write year-month-day, such as 1999-07-15, or leave it empty."
        ) from None


def database() -> dict:
    """Return the database of DATABASE_URL with the options that keep its books safe."""
    url = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'contract-desk.sqlite3'}"
    config = environ.Env.db_url_config(url)
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # A write transaction takes its lock at once, and waits for it, instead of failing half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: an acknowledged invoice survives a power cut.
            # recursive_triggers: REPLACE cannot slip past the guards of sealed rows.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON"
            ),
        }
    elif config["ENGINE"] == "django.db.backends.postgresql":
        # A blocked writer gives up with a message instead of hanging.
        config["OPTIONS"] = {"options": "-c lock_timeout=20s", "connect_timeout": 10}
        config["CONN_HEALTH_CHECKS"] = True
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
    return config


SECRET_KEY = secret_key()
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BUSINESS_DATE = business_date()
REPORT_DUE_DAYS = env.int("REPORT_DUE_DAYS", default=10)

INSTALLED_APPS = [
    "people",
    "contracts",
    "sites",  # the label is ours: django.contrib.sites can never be installed beside it
    "invoicing",
    "desk",
    "config.apps.RecordPages",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # lets templates/django/forms/ shape every form of the pages
    "django_tables2",
    "django_filters",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "config.middleware.refuse_unread",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.keep_nothing",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
# The page that shows a record, where it has one: after Save a person stands there.
ABSOLUTE_URL_OVERRIDES = {
    "contracts.agreement": lambda row: reverse("sites:agreement_detail", args=[row.pk]),
    "contracts.amendment": lambda row: reverse("contracts:amendment_detail", args=[row.agreement_id, row.number]),
    "sites.site": lambda row: reverse("sites:site_detail", args=[row.pk]),
    "sites.componentcount": lambda row: reverse(
        "invoicing:count_history", args=[row.site_id, row.component_code, row.counted_on]
    ),
    "sites.renewalreview": lambda row: reverse("sites:review_detail", args=[row.pk]),
    "invoicing.invoice": lambda row: reverse("invoicing:invoice_detail", args=[row.pk]),
}
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "contracts.pages.context.business_date",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DJANGO_TABLES2_TEMPLATE = "partials/list_table.html"

DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PROXIES = env.int("PROXIES", default=0)
# Ten failures for one name from one address stop it for a while: nobody can keep a colleague out from elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_CLIENT_IP_CALLABLE = "people.sign_in.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ENABLE_ADMIN = False  # failures are looked up under Records
AXES_SENSITIVE_PARAMETERS = []  # the log names account and address; passwords are never logged
AXES_VERBOSE = False
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Dates and figures: config/formats says how they are written, whatever the browser's language.
LANGUAGE_CODE = "en-us"
USE_I18N = False
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "America/New_York"
USE_TZ = True

# Files
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served from where they lie: no collectstatic that could be forgotten
DOCUMENTS_DIR = Path(env.str("DOCUMENTS_DIR", default="") or VAR_DIR / "documents")
SECONDS_FOR_A_PAPER = 4.0
"""So long a reader waits for a paper that is printed for them alone; then a page says that it is being made."""
PAPERS_DIR = Path(env.str("PAPERS_DIR", default="") or VAR_DIR / "papers")
MEDIA_ROOT = Path(env.str("UPLOADS_DIR", default="") or VAR_DIR / "uploads")
MEDIA_URL = "uploads/"  # served by no address: a scan leaves through a page that checks the permission
FILE_UPLOAD_PERMISSIONS = 0o600
LARGEST_REQUEST = 25 * 1024 * 1024  # a file of 20 MB with its form; config/serve.py refuses more
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a month of counts is one form

# What a browser may do with our pages
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 3600 if HTTPS else 0
SESSION_COOKIE_AGE = 12 * 60 * 60
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "waitress.queue": {"level": "ERROR"},  # a page with its style sheets is four requests at once: no news
    },
}
