"""Strict readers of environment variables; a wrong or weak value stops the start with one line."""

import ipaddress
import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

HOST = re.compile(r"\.?[a-z0-9_]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)

TRUE, FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding space, or the default where it is unset."""
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool = False) -> bool:
    """A yes or a no; anything else is refused, so that `ture` is never silently False."""
    value = text(name, "1" if default else "0").lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: write 1 or 0.")


def number(name: str, default: int, *, lowest: int = 0, highest: int = 2**31) -> int:
    """A whole number within bounds."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or len(value) > 18 or not lowest <= int(value) <= highest:
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number from {lowest} to {highest}.")
    return int(value)


def choice(name: str, *allowed: str) -> str:
    """One of a few words; the first is the default."""
    value = text(name, allowed[0]) or allowed[0]
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}: write {' or '.join(allowed)}.")
    return value


def zone(name: str, default: str) -> str:
    """A time zone by its name in the zone database."""
    value = text(name, default) or default
    if value not in available_timezones():
        raise ImproperlyConfigured(
            f"{name} is {value!r}: write the name of a time zone, such as Europe/Berlin."
        )
    return value


def base_url(name: str, default: str) -> str:
    """The address at which people open the site: scheme, host and perhaps a port, without a path."""
    value = (text(name, default) or default).rstrip("/")
    parts = urlsplit(value)
    try:
        host_and_port = parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        host_and_port = None
    if (
        parts.scheme not in {"http", "https"}
        or not host_and_port
        or value != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ImproperlyConfigured(
            f"{name} is {value!r}: write https://host or https://host:port, nothing after it."
        )
    if parts.username is not None:
        raise ImproperlyConfigured(f"{name} holds a user name: write https://host.")
    return value


def host_names(name: str, base: str) -> list[str]:
    """The names this site answers to: those listed, else that of the base URL; those of this machine always,
    so that health checks from inside need no name.
    """
    own = ["127.0.0.1", "localhost", "[::1]"]
    if name not in os.environ:
        host = urlsplit(base).hostname or ""
        return sorted({*own, f"[{host}]" if ":" in host else host})
    names = [part.strip() for part in os.environ[name].split(",") if part.strip()]
    if not names:
        raise ImproperlyConfigured(
            f"{name} is empty: write the host names of this site, or leave the variable out."
        )
    for host in names:
        if not HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"{name} holds {host!r}: write host names with commas between, without scheme, port or *."
            )
    return sorted({*own, *names})


def is_public(host: str) -> bool:
    """True unless the name can only mean this machine."""
    host = host.strip("[]").lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


MAIL_PORTS = {"smtp": 587, "smtps": 465}


def mail(url: str, *, base: str, folder) -> dict:
    """Django's settings of mail for an EMAIL_URL: nothing (no mail is sent), smtps://user:password@host,
    smtp://… (STARTTLS, unless the mail server is this machine), or for a developer console: and file:.

    The value itself is never told: it holds a password.
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", "SENDS_MAIL": False}
    host = urlsplit(base).hostname or ""
    try:
        parts = urlsplit(url)
        port = parts.port or MAIL_PORTS.get(parts.scheme)
    except ValueError:
        raise ImproperlyConfigured("EMAIL_URL has a host or port that is none.") from None
    common = {"SENDS_MAIL": True, "EMAIL_TIMEOUT": 20, "DEFAULT_FROM_EMAIL": _sender(parts, host)}
    if parts.scheme in ("console", "file"):
        return common | _mail_kept_here(parts, host, folder)
    if (
        parts.scheme not in MAIL_PORTS
        or not HOST.fullmatch(parts.hostname or "")
        or parts.path not in ("", "/")
    ):
        raise ImproperlyConfigured(
            "EMAIL_URL names no mail server: write smtps://user:password@host or smtp://user:password@host."
        )
    if bool(parts.username) != bool(parts.password):
        raise ImproperlyConfigured("EMAIL_URL: write both user and password, or neither.")
    return common | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and is_public(parts.hostname),
    }


def _sender(parts, host: str) -> str:
    """Whom mail comes from: ?from=…, the only thing that may follow the host; else the site itself."""
    query = parse_qsl(parts.query, keep_blank_values=True)
    if [name for name, _ in query] not in ([], ["from"]) or parts.fragment:
        raise ImproperlyConfigured(
            "EMAIL_URL: only ?from=name@host may follow the host: write # ? / : @ in a password as %23 %3F %2F %3A %40."
        )
    for sender in [query[0][1]] if query else [f"no-reply@{host}", "no-reply@localhost.localdomain"]:
        try:
            validate_email(sender)
        except ValidationError:
            continue
        return sender
    raise ImproperlyConfigured("EMAIL_URL: from is no e-mail address: write ?from=name@host.")


def _mail_kept_here(parts, host: str, folder) -> dict:
    if is_public(host):
        raise ImproperlyConfigured(
            f"EMAIL_URL keeps mail on this machine, but the site is public: write smtps://user:password@{host}."
        )
    if parts.netloc or (parts.scheme == "console" and parts.path) or parts.path[:1] not in ("", "/"):
        raise ImproperlyConfigured("EMAIL_URL: write console: or file: or file:///folder.")
    name = "console" if parts.scheme == "console" else "filebased"
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{name}.EmailBackend",
        "EMAIL_FILE_PATH": unquote(parts.path) or str(folder),
    }


def refuse_weak(*, debug: bool, secret: str, base: str, hosts: list[str], insecure_http: bool) -> None:
    """Stop where settings that are each allowed make an unsafe site together."""
    public = next((host for host in [urlsplit(base).hostname or "", *hosts] if is_public(host)), None)
    if len(secret) < 50 or len(set(secret)) < 5 or secret.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            "SECRET_KEY is short or easy to guess: write at least 50 random characters, or leave it out to have one made."
        )
    if debug and public:
        raise ImproperlyConfigured(f"DEBUG is on for the public host {public}: write DEBUG=0.")
    if public and not base.startswith("https://") and not insecure_http:
        raise ImproperlyConfigured(
            f"BASE_URL is {base} but the site answers to {public}: write https://…, "
            "or INSECURE_HTTP=1 if passwords may cross the network readable."
        )


def refuse_unopenable(path: Path, variable: str) -> None:
    """Stop where SQLite could not open or make this file, or not write beside it, where its journal goes."""
    folder = path.absolute().parent
    try:
        if path.is_dir():
            raise ImproperlyConfigured(f"{variable}: {path} is a folder: write the path of a file in it.")
        if not folder.is_dir():
            raise ImproperlyConfigured(
                f"{variable}: there is no folder {folder}: make it, or write another path."
            )
        places = [folder, path] if path.exists() else [folder]
    except OSError:
        places = []
    if not places or not all(os.access(place, os.R_OK | os.W_OK) for place in places):
        raise ImproperlyConfigured(
            f"{variable}: {path} cannot be written by this user: allow it, or write another path."
        )


def database(url: str, default_path) -> dict:
    """Django's DATABASES entry for a DATABASE_URL: nothing (SQLite at default_path), sqlite:///path or
    postgresql://user:password@host:port/name.

    SQLite: IMMEDIATE transactions, since a deferred one that reads and then writes fails at once when
    another writer was faster; synchronous=FULL, since saved answers must survive a power cut.
    """
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite":
        path = unquote(parts.path[1:]) if url else default_path
        if not path:
            raise ImproperlyConfigured("DATABASE_URL names no file: write sqlite:///path/to/db.sqlite3.")
        refuse_unopenable(Path(path), "DATABASE_URL" if url else "VAR_DIR")
        return {
            "ENGINE": "studyapp.sqlite",
            "NAME": path,
            "CONN_MAX_AGE": None,
            # A file, so that tests meet real locks and a real journal.
            "TEST": {"NAME": f"{path}.test"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 5,
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA mmap_size=134217728;"
                    "PRAGMA journal_size_limit=27103364;PRAGMA cache_size=2000;"
                ),
            },
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {parts.scheme!r}: write sqlite:///… or postgresql://user:password@host/name."
        )
    try:
        port = parts.port or ""
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL has a port that is not a number.") from None
    try:
        import psycopg  # noqa: F401  Django would say so in its own words, with a traceback
    except ImportError:
        raise ImproperlyConfigured(
            "DATABASE_URL names PostgreSQL, whose packages are not installed: "
            "run `pip install -r requirements-postgres.txt`, or write sqlite:///path/to/db.sqlite3."
        ) from None
    query = dict(parse_qsl(parts.query))
    query.setdefault("connect_timeout", "5")
    return {
        "ENGINE": "studyapp.postgresql",
        "NAME": unquote(parts.path[1:]) or "studyapp",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": port,
        # One for each thread, kept and looked at before use. No pool: while PostgreSQL is down, a pool keeps every
        # request waiting, and when it is back, tries again only after a wait that has grown with the outage.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }
