"""Wrong and weak values stop the start with one line that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from studyapp import environment

ROOT = Path(__file__).parent.parent.parent
GOOD = {
    "BASE_URL": "https://study.example",
    "ALLOWED_HOSTS": "study.example",
    "SECRET_KEY": "not-a-secret-0123456789-abcdefghijklmnopqrstuvwxyz-for-tests",
    "TRUSTED_PROXIES": "1",
}


def run(tmp_path, *command, **environ):
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "LD_LIBRARY_PATH"}}
    return subprocess.run(
        [sys.executable, *command],
        env=kept | {"VAR_DIR": str(tmp_path / "var"), "PYTHONWARNINGS": "error"} | environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def lines(result):
    return [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]


def test_check_for_deployment_is_clean_with_production_settings(tmp_path):
    result = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **GOOD)

    assert lines(result) == ["System check identified no issues (2 silenced)."]
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"DEBUG": "1"}, "DEBUG"),
        ({"DEBUG": "ture"}, "DEBUG"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"BASE_URL": "http://study.example"}, "BASE_URL"),
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
        ({"VAR_DIR": "/proc/nowhere"}, "VAR_DIR"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"EMAIL_URL": "smtp://user:canary@host:x"}, "EMAIL_URL"),
        ({"EMAIL_URL": "console:"}, "EMAIL_URL"),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_wrong_setting_stops_with_one_line(tmp_path, changed, named):
    result = run(tmp_path, "manage.py", "check", **(GOOD | changed))

    assert result.returncode != 0
    assert len(lines(result)) == 1
    assert lines(result)[0].startswith(f"Not started. {named}")
    assert "canary" not in result.stdout + result.stderr


@pytest.fixture
def prepared(tmp_path):
    """A folder in which everything is ready for a start."""
    assert run(tmp_path, "manage.py", "migrate", "-v0", **GOOD).returncode == 0
    (tmp_path / "var" / "static").mkdir()
    (tmp_path / "var" / "static" / "staticfiles.json").write_text('{"paths": {}, "version": "1.1"}')
    return tmp_path


def remove_tables(var):
    for file in var.glob("db.sqlite3*"):
        file.unlink()


def block_media(var):
    (var / "media").write_text("a file where the folder should be")


def remove_static(var):
    (var / "static" / "staticfiles.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (remove_tables, "The database is empty: run `python manage.py migrate`."),
        (block_media, "MEDIA_ROOT"),
        (remove_static, "Static files are not collected"),
    ],
)
def test_server_does_not_start_on_what_cannot_keep_its_promises(prepared, spoil, reason):
    spoil(prepared / "var")

    result = run(prepared, "-c", "import studyapp.wsgi", **GOOD)

    assert result.returncode != 0
    assert len(lines(result)) == 1
    assert lines(result)[0].startswith(f"Not started. {reason}")


def test_server_starts_where_everything_is_ready(prepared):
    result = run(prepared, "-c", "import studyapp.wsgi", **GOOD)

    assert (result.returncode, lines(result)) == (0, [])


def test_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    code = "from django.conf import settings; print(settings.SECRET_KEY)"
    once, again = (
        run(tmp_path, "-c", code, DJANGO_SETTINGS_MODULE="studyapp.settings").stdout for _ in range(2)
    )

    assert once == again
    assert len(once) > 50
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600


# --- the readers --------------------------------------------------------------------------------------------

SECRET = GOOD["SECRET_KEY"]


def refused(**changed):
    given = {
        "debug": False,
        "secret": SECRET,
        "base": "https://a.example",
        "hosts": [],
        "insecure_http": False,
    }
    try:
        environment.refuse_weak(**given | changed)
    except ImproperlyConfigured as problem:
        return str(problem).split()[0]
    return None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({}, None),
        ({"debug": True}, "DEBUG"),
        ({"debug": True, "base": "http://127.0.0.1:8000"}, None),
        ({"debug": True, "base": "http://127.0.0.1:8000", "hosts": ["study.example"]}, "DEBUG"),
        ({"base": "http://a.example"}, "BASE_URL"),
        ({"base": "http://192.168.1.5"}, "BASE_URL"),
        ({"base": "http://a.example", "insecure_http": True}, None),
        ({"base": "http://localhost:8000"}, None),
        ({"base": "http://[::1]:8000"}, None),
        ({"base": "http://127.0.0.1", "hosts": ["a.example"]}, "BASE_URL"),
        ({"secret": SECRET[:49]}, "SECRET_KEY"),
        ({"secret": "abab" * 20}, "SECRET_KEY"),
        ({"secret": "django-insecure-" + SECRET}, "SECRET_KEY"),
    ],
)
def test_settings_that_are_unsafe_together_are_refused(changed, named):
    assert refused(**changed) == named


@pytest.mark.parametrize(
    "value",
    [
        "study.example",
        "ftp://a",
        "https://",
        "https://a/path",
        "https://a?x=1",
        "https://u:p@a",
        "https://a:x",
    ],
)
def test_base_url_is_scheme_host_and_port_only(monkeypatch, value):
    monkeypatch.setenv("BASE_URL", value)

    with pytest.raises(ImproperlyConfigured, match="^BASE_URL"):
        environment.base_url("BASE_URL", "")


@pytest.mark.parametrize("value", ["*", "https://a", "a:8000", "a b", "a/b", "*.a.example", " , "])
def test_host_names_are_names_only(monkeypatch, value):
    monkeypatch.setenv("ALLOWED_HOSTS", value)

    with pytest.raises(ImproperlyConfigured, match="^ALLOWED_HOSTS"):
        environment.host_names("ALLOWED_HOSTS", "https://a.example")


def test_host_names_come_from_the_base_url_where_none_are_given(monkeypatch):
    monkeypatch.delenv("ALLOWED_HOSTS", raising=False)

    assert environment.host_names("ALLOWED_HOSTS", "https://a.example:8443") == [
        "127.0.0.1",
        "[::1]",
        "a.example",
        "localhost",
    ]


@pytest.mark.parametrize("value", ["", "-1", "1.5", "٣", "1e3", "99999999999", "0x10"])
def test_number_is_whole_and_within_bounds(monkeypatch, value):
    monkeypatch.setenv("PORT", value)

    with pytest.raises(ImproperlyConfigured, match="^PORT"):
        environment.number("PORT", 8000, lowest=1, highest=65535)


# --- mail ---------------------------------------------------------------------------------------------------


def mail(url, base="https://study.example"):
    return environment.mail(url, base=base, folder=Path("/kept"))


def test_without_an_email_url_no_mail_is_sent():
    assert mail("") == {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", "SENDS_MAIL": False}


@pytest.mark.parametrize(
    ("url", "port", "ssl", "tls"),
    [
        ("smtps://u:p@mail.example", 465, True, False),
        ("smtps://u:p@mail.example:10465/", 10465, True, False),
        ("smtp://u:p@mail.example", 587, False, True),
        ("smtp://127.0.0.1:25", 25, False, False),
        ("smtp://localhost:25", 25, False, False),
    ],
)
def test_passwords_reach_another_mail_server_encrypted_only(url, port, ssl, tls):
    found = mail(url)

    assert (found["EMAIL_PORT"], found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (port, ssl, tls)


def test_user_password_and_sender_are_read_as_they_were_written():
    found = mail("smtps://study%40school:p%23a%3Fb@mail.example?from=study@school.example")

    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("study@school", "p#a?b")
    assert (found["EMAIL_HOST"], found["DEFAULT_FROM_EMAIL"]) == ("mail.example", "study@school.example")
    assert mail("smtps://u:p@mail.example")["DEFAULT_FROM_EMAIL"] == "no-reply@study.example"


@pytest.mark.parametrize(
    ("url", "backend", "folder"),
    [
        ("console:", "console", "/kept"),
        ("file:", "filebased", "/kept"),
        ("file:///a%20b", "filebased", "/a b"),
    ],
)
def test_developer_keeps_mail_on_their_machine(url, backend, folder):
    found = mail(url, base="http://127.0.0.1:8000")

    assert found["EMAIL_BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"
    assert found["EMAIL_FILE_PATH"] == folder


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://u:canary@",
        "smtps://u:canary@mail.example:x",
        "smtps://u:canary@mail.example:99999",
        "smtps://u:canary@mail.example/path",
        "smtps://u:can#ary@mail.example",
        "smtps://u:canary@mail.example?tls=0",
        "smtps://u:canary@mail.example?from=",
        "smtps://u:canary@mail.example?from=nobody",
        "smtps://u:canary@mail.example?from=a@b.example&from=c@d.example",
        "smtps://u@mail.example",
        "smtps://:canary@mail.example",
        "smtps://u:canary@[::1",
        "smtps://u:canary@ma il.example",
        "console:",
        "file:///tmp",
    ],
)
def test_email_url_that_is_wrong_is_refused_without_telling_its_password(url):
    with pytest.raises(ImproperlyConfigured, match="^EMAIL_URL") as problem:
        mail(url)

    assert "canary" not in str(problem.value)


@pytest.mark.parametrize("url", ["console:x", "console://host", "file://host/x", "file:here", "file:?x=1"])
def test_email_url_of_a_developer_is_read_strictly_too(url):
    with pytest.raises(ImproperlyConfigured, match="^EMAIL_URL"):
        mail(url, base="http://127.0.0.1:8000")
