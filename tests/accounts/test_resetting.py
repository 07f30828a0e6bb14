"""Forgotten passwords: a link by mail where mail is sent, the same words and work whoever asks, and never too many."""

import html
import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studyapp.accounts.models import SignInFailure, SignInLink
from studyapp.accounts.resetting import ask_for_link
from studyapp.accounts.signing_in import MustWait
from tests.factories import PASSWORD, create_user

ADDRESS = "192.0.2.1"


@pytest.fixture
def anna(db):
    return create_user("anna", email="Anna@Example.org")


@pytest.fixture
def sends_mail(settings):
    settings.SENDS_MAIL = True
    settings.BASE_URL = "https://study.example"


def ask(client, name, **more):
    response = client.post("/accounts/reset/", {"name": name}, **more)
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()
    return response


def text_of(response):
    return html.unescape(response.content.decode())


@pytest.mark.parametrize("name", ["anna", "ANNA", "anna@example.org"])
def test_link_in_the_mail_lets_its_owner_in_once_and_sets_a_password(client, anna, sends_mail, name):
    ask(client, name)

    [letter] = mail.outbox
    [path] = re.findall(r"https://study\.example(/accounts/link/\S+/)", letter.body)
    assert letter.to == ["Anna@Example.org"]
    assert client.post(path)["Location"] == "/accounts/profile/#password"
    assert (
        client.post("/accounts/profile/", {"password": "1", "new": "four plain words here"}).status_code
        == 303
    )
    assert Client().post(path).status_code == 404
    assert Client().post("/accounts/sign-in/", {"name": "anna", "password": PASSWORD}).status_code == 422


def test_mail_leads_to_this_site_whatever_host_was_asked(client, anna, sends_mail, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]

    ask(client, "anna", headers={"host": "other.example"})

    assert "other.example" not in mail.outbox[0].body
    assert "https://study.example/accounts/link/" in mail.outbox[0].body


@pytest.mark.parametrize("name", ["nobody", "nobody@example.org", "guest-1", "away", "without-mail"])
def test_answer_is_the_same_where_no_mail_goes_out(client, anna, sends_mail, name):
    create_user("guest-1", is_guest=True, email="guest@example.org")
    create_user("away", is_active=False, email="away@example.org")
    create_user("without-mail")

    known, unknown = ask(client, "anna"), ask(client, name)

    assert [letter.to for letter in mail.outbox] == [["Anna@Example.org"]]
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert known.content == unknown.content
    assert "If what you typed belongs to an account" in text_of(client.get(known["Location"]))


def test_known_and_unknown_names_cost_the_same_statements(anna, now):
    kinds = []
    ask_for_link("somebody", address=ADDRESS, now=now)  # the first of a network begins its budget
    for name in ("anna", "nobody"):
        with CaptureQueriesContext(connection) as captured:
            ask_for_link(name, address=ADDRESS, now=now)
        kinds.append([query["sql"].split()[0] for query in captured])

    assert kinds[0] == kinds[1]
    assert "INSERT" in kinds[0]


@pytest.mark.parametrize("name", ["anna", "nobody"])
def test_fifth_and_later_requests_wait_whether_the_account_exists(client, anna, sends_mail, name):
    for _ in range(5):
        assert ask(client, name).status_code == 303

    response = ask(client, name)

    assert response.status_code == 429
    assert int(response["Retry-After"]) in (1, 2)
    assert "Try again in" in text_of(response)


def test_letter_box_is_not_filled_from_many_networks(anna, now):
    sent = [ask_for_link("anna", address=f"198.51.{n}.1", now=now + timedelta(minutes=n)) for n in range(10)]

    assert [bool(one) for one in sent] == [True] * 3 + [False] * 7
    assert ask_for_link("anna", address=ADDRESS, now=now + timedelta(hours=2))


def test_asking_for_links_does_not_lock_the_account_and_wrong_passwords_do_not_stop_links(client, anna, now):
    for _ in range(5):
        ask_for_link("anna", address="127.0.0.1", now=now)
    with pytest.raises(MustWait):
        ask_for_link("anna", address="127.0.0.1", now=now)

    assert client.post("/accounts/sign-in/", {"name": "anna", "password": PASSWORD}).status_code == 303


def test_what_was_typed_is_not_stored(client, anna, sends_mail):
    ask(client, "canary@example.org")

    assert "canary" not in str(list(SignInFailure.objects.values()))
    assert SignInLink.objects.count() == 0


def test_where_no_mail_is_sent_the_page_says_whom_to_ask(client, anna, settings):
    settings.CONTACT = "office@example.org"

    page = text_of(client.get("/accounts/reset/"))
    posted = ask(client, "anna")

    assert "Ask your instructor or office@example.org" in page.replace("<bdi>", "").replace("</bdi>", "")
    assert "<form id=" not in page
    assert posted.status_code == 422
    assert mail.outbox == []


def test_sign_in_page_leads_to_the_link_where_mail_is_sent(client, db, sends_mail, settings):
    assert 'href="/accounts/reset/"' in text_of(client.get("/accounts/sign-in/"))
    settings.SENDS_MAIL = False
    assert "Ask your instructor" in text_of(client.get("/accounts/sign-in/"))


def test_empty_form_answers_its_part_with_the_fault(client, db, sends_mail):
    response = ask(client, "", headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert text_of(response).lstrip().startswith('<form id="reset"')


def test_mail_server_that_fails_is_a_line_in_the_log_without_the_address(
    client, anna, sends_mail, settings, caplog
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    response = ask(client, "anna")

    assert response.status_code == 303
    [record] = [r for r in caplog.records if r.name == "studyapp.accounts.mailing"]
    assert "nna" not in record.getMessage() + record.reason
