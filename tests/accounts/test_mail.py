"""Letters go through a real mail server; whoever waits for one is told the same whatever happens to it."""

import logging
import os
import re
import shutil
import threading

import pytest
from django.core.mail import get_connection
from django.test import Client

from studyapp import environment
from tests.factories import PASSWORD, create_user
from tests.hall.post_office import PostOffice, make_certificate
from tests.hall.servers import free_port

OUTSIDE = "0.0.0.0"  # noqa: S104  this machine by a name that does not say so: mail to it has to be encrypted
needs_openssl = pytest.mark.skipif(
    not shutil.which("openssl") and os.environ.get("CI") != "true",
    reason="openssl is missing: apt install openssl",
)


@pytest.fixture
def anna(db):
    return create_user("anna", email="Anna@Example.org")


@pytest.fixture
def mail_to(settings, tmp_path):
    """Send mail as this EMAIL_URL says, with the product's own reading of it."""

    def use(url):
        made = environment.mail(url, base="https://study.example", folder=tmp_path)
        for name, value in {**made, "BASE_URL": "https://study.example", "SITE_NAME": "Übungen"}.items():
            setattr(settings, name, value)

    return use


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("post"), OUTSIDE)


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def postmen():
    return [thread for thread in threading.enumerate() if thread.name == "mail"]


def ask(name="anna", *, is_awaited=True):
    response = Client().post("/accounts/reset/", {"name": name})
    for thread in postmen() if is_awaited else ():
        thread.join()
    return response


def reply(response):
    return response.status_code, response["Location"], response.content


@pytest.mark.parametrize("sender", ["no-reply@study.example", "school@example.org"])
def test_forgotten_password_comes_by_smtp_and_its_link_lets_in(anna, mail_to, sender):
    with PostOffice().open_doors() as post:
        mail_to(f"smtp://127.0.0.1:{post.port}" + ("" if "no-reply" in sender else f"?from={sender}"))
        ask()

    [letter] = post.letters
    text = letter.message.get_content()
    [path] = re.findall(r"https://study\.example(/accounts/link/\S+/)", text)
    assert (letter.sender, letter.receivers) == (sender, ["Anna@Example.org"])
    assert letter.message["Subject"] == "Your sign-in link for Übungen"
    assert "“anna” at Übungen" in text
    client = Client()
    assert client.post(path)["Location"] == "/accounts/profile/#password"
    assert client.session["_auth_user_id"] == str(anna.pk)


def test_link_to_a_new_address_and_then_the_word_to_the_old_one_come_by_smtp(client, anna, mail_to):
    client.force_login(anna)
    said = {"details": "1", "name": "", "email": "new@example.org", "time_zone": "UTC", "current": PASSWORD}

    with PostOffice().open_doors() as post:
        mail_to(f"smtp://127.0.0.1:{post.port}")
        client.post("/accounts/profile/", said)
        for thread in postmen():
            thread.join()
        text = post.letters[0].message.get_content()
        [path] = re.findall(r"https://study\.example(/accounts/email/\S+/)", text)
        client.post(path)
        for thread in postmen():
            thread.join()

    assert [letter.receivers for letter in post.letters] == [["new@example.org"], ["Anna@Example.org"]]


@needs_openssl
@pytest.mark.parametrize(("scheme", "tls"), [("smtp", "starttls"), ("smtps", "smtps")])
def test_mail_server_elsewhere_hears_user_password_and_letter_encrypted_only(
    anna, mail_to, certificate, trusted, scheme, tls
):
    with PostOffice(tls=tls, certificate=certificate, users={"post": "a:b/c"}).open_doors() as post:
        mail_to(f"{scheme}://post:a%3Ab%2Fc@{OUTSIDE}:{post.port}")
        ask()

    [letter] = post.letters
    assert (letter.user, letter.is_encrypted) == ("post", True)
    assert {word for word, is_encrypted in post.said if not is_encrypted} <= {"EHLO", "STARTTLS"}


@needs_openssl
@pytest.mark.parametrize(("scheme", "tls"), [("smtp", "starttls"), ("smtps", "smtps"), ("smtp", "")])
def test_server_that_cannot_show_who_it_is_gets_neither_password_nor_letter(
    anna, mail_to, certificate, scheme, tls, caplog
):
    post = PostOffice(tls=tls, certificate=certificate, users={"post": "secret"})
    with post.open_doors():
        mail_to(f"{scheme}://post:secret@{OUTSIDE}:{post.port}")
        ask()

    assert post.letters == []
    assert "AUTH" not in {word for word, _ in post.said}
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "mail not sent"
    ]


@pytest.mark.parametrize("fault", ["down", "refuses", "cuts", "gibberish", "wrong password"])
def test_letter_that_cannot_be_sent_is_a_line_in_the_log_and_the_page_says_the_same(
    anna, mail_to, fault, caplog
):
    users = {"post": "right"} if fault == "wrong password" else {}
    with PostOffice(fault=fault, users=users).open_doors() as post:
        port = free_port() if fault == "down" else post.port
        mail_to(f"smtp://{'post:wrong@' if users else ''}127.0.0.1:{port}")
        known, unknown = ask("anna"), ask("nobody")

    assert reply(known) == reply(unknown) == (303, "/accounts/reset/?sent=1", b"")
    assert post.letters == []
    lines = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [line.message for line in lines] == ["mail not sent"]
    assert "example.org" not in caplog.text.casefold()


def test_nobody_waits_for_a_mail_server_that_is_slow(anna, mail_to):
    with PostOffice() as post:
        mail_to(f"smtp://127.0.0.1:{post.port}")
        known = ask("anna", is_awaited=False)
        waiting = len(postmen())
        unknown = ask("nobody", is_awaited=False)
        post.open_doors()
        for thread in postmen():
            thread.join()

    assert waiting == 1, "the answer came before the mail server had said a word"
    assert reply(known) == reply(unknown)
    assert len(post.letters) == 1


def test_mail_server_that_never_says_a_word_is_given_up(anna, mail_to, settings, caplog):
    with PostOffice() as post:
        mail_to(f"smtp://127.0.0.1:{post.port}")
        bound = get_connection().timeout
        settings.EMAIL_TIMEOUT = 0.2
        ask()

    assert 1 <= bound <= 20, "seconds"
    assert post.letters == []
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "mail not sent"
    ]
