"""One file for every setting; each value that differs between places comes from the environment."""

import contextlib
import os
import secrets
import sys
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from studyapp import environment
from studyapp.private import keep_private

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("VAR_DIR", str(BASE_DIR / "var")))
try:
    keep_private(VAR_DIR)
except OSError as error:
    raise ImproperlyConfigured(f"VAR_DIR {VAR_DIR} cannot be made ({error.strerror}).") from None
TESTING = "pytest" in sys.modules


def kept_secret() -> str:
    """The secret made on the first start and kept in var/, readable by its owner only."""
    path = VAR_DIR / "secret_key"
    try:
        if not path.exists():
            # Written aside and linked, so that two processes that start together read one whole secret.
            aside = VAR_DIR / f"secret_key.{os.getpid()}"
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(64))
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
            aside.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"VAR_DIR: {path} cannot be kept ({error.strerror}).") from None


DEBUG = environment.flag("DEBUG")
SECRET_KEY = environment.text("SECRET_KEY") or kept_secret()
PORT = environment.number("PORT", 8000, lowest=1, highest=65535)
BASE_URL = environment.base_url("BASE_URL", f"http://127.0.0.1:{PORT}")
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = environment.host_names("ALLOWED_HOSTS", BASE_URL)
CSRF_TRUSTED_ORIGINS = [BASE_URL]
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0, highest=5)
SITE_NAME = environment.text("SITE_NAME", "Studyapp")
CONTACT = environment.text("CONTACT")
INSECURE_HTTP = environment.flag("INSECURE_HTTP")
# EMAIL_… and SENDS_MAIL: one value decides them together.
globals().update(environment.mail(environment.text("EMAIL_URL"), base=BASE_URL, folder=VAR_DIR / "mail"))
METRICS_TOKEN = environment.text("METRICS_TOKEN")
environment.refuse_weak(
    debug=DEBUG, secret=SECRET_KEY, base=BASE_URL, hosts=ALLOWED_HOSTS, insecure_http=INSECURE_HTTP
)

INSTALLED_APPS = [
    "studyapp.accounts",
    "content",
    "studyapp.classes",
    "studyapp.reading",
    "studyapp.review",
    "studyapp.quizzes",
    "studyapp.progress",
    "studyapp.study",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "csp",
]

MIDDLEWARE = [
    "studyapp.middleware.identify",
    "studyapp.middleware.secure_headers",
    "csp.middleware.CSPMiddleware",
    "studyapp.middleware.trust_proxies",
    "django_htmx.middleware.HtmxMiddleware",
    "studyapp.middleware.refuse_unreadable",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages only: static files pass above it, compressed once. It pads each answer against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "studyapp.middleware.UseReadersZone",
    "studyapp.middleware.redirect_whole_page",
    "studyapp.middleware.HoldBudgets",
    "studyapp.middleware.AnswerDatabaseErrors",
]

ROOT_URLCONF = "studyapp.urls"
WSGI_APPLICATION = "studyapp.wsgi.application"

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
                "studyapp.context.site",
                "studyapp.context.review",
            ],
        },
    },
]

DATABASES = {"default": environment.database(environment.text("DATABASE_URL"), VAR_DIR / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "study:home"
LOGOUT_REDIRECT_URL = "study:home"
PASSWORD_HASHERS = ["studyapp.accounts.hashers.Argon2idHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = environment.zone("TIME_ZONE", "UTC")
USE_I18N = True
FORMAT_MODULE_PATH = ["studyapp.formats"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
if TESTING:
    STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of a folder that is missing
STATICFILES_DIRS = [BASE_DIR / "studyapp" / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Cookies and transport follow BASE_URL: one value decides, so that no half-secure mixture can arise.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = environment.number("HSTS_SECONDS", 31536000) if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A health check from inside speaks plain http and would follow the redirect out.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
CSRF_FAILURE_VIEW = "studyapp.views.csrf_failure"
# Subdomains and preload belong to the owner of the domain, not to this app.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if not HTTPS:
    # Plain http is refused above but for this machine or on the operator's word: not to be said at every start.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 100
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "studyapp.logs.JsonLines"}, "text": {"()": "studyapp.logs.PlainLines"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": environment.choice("LOG_FORMAT", "text", "json"),
        }
    },
    "root": {"handlers": ["stdout"], "level": "WARNING"},
    # Django would write to the console its own way, and mail whole requests to ADMINS.
    "loggers": {
        **{
            name: {"handlers": [], "level": "WARNING", "propagate": True}
            for name in ("django", "django.server")
        },
        "studyapp.requests": {"level": "INFO"},
    },
}
