"""Sign-up and profile tell nobody whether an e-mail has an account; sign-in names are not tried out in bulk."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studyapp.accounts import budgets
from studyapp.accounts.confirming import email_in, token_for
from studyapp.accounts.models import User
from tests.factories import PASSWORD, create_user

SIGN_UP, PROFILE = "/accounts/sign-up/", "/accounts/profile/"


@pytest.fixture
def owner(db):
    return create_user("owner", email="taken@example.org")


@pytest.fixture
def sends_mail(settings):
    settings.SENDS_MAIL, settings.BASE_URL = True, "https://study.example"


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setitem(budgets.BUDGETS, "taken names", replace(budgets.BUDGETS["taken names"], network=3))


def posted(thing):
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()
    return thing


def sign_up(email, username="newcomer", client=None, **more):
    client = client or Client()
    given = {"username": username, "password": PASSWORD, "email": email} | more
    with CaptureQueriesContext(connection) as captured:
        response = posted(client.post(SIGN_UP, given))
    kinds = [query["sql"].split()[0] for query in captured]
    return client, response, kinds


def shown(client, path, email):
    page = client.get(path).content.decode()
    page = re.sub(r'"[0-9A-Za-z]{64}"', "TOKEN", page)
    return page.replace(email, "EMAIL").replace("second", "newcomer")


@pytest.mark.parametrize("typed", ["taken@example.org", "TAKEN@Example.org"])
def test_where_mail_is_sent_taken_and_free_addresses_are_answered_alike(owner, sends_mail, typed):
    sign_up("first@example.org", "first")  # the first of a network begins its budgets
    one, free, free_kinds = sign_up("free@example.org")
    two, taken, taken_kinds = sign_up(typed, "second")

    assert (taken.status_code, taken["Location"], taken.content) == (303, "/", free.content)
    assert free["Location"] == "/"
    assert free_kinds == taken_kinds
    assert shown(one, "/about/", "free@example.org") == shown(two, "/about/", typed)
    assert not User.objects.exclude(pk=owner.pk).exclude(email="").exists()
    profiles = [
        re.search(r'<input type="email"[^>]*>', c.get(PROFILE).content.decode())[0] for c in (one, two)
    ]
    assert profiles[0] == profiles[1]


def test_owner_hears_of_it_and_a_new_address_gets_a_link(owner, sends_mail):
    sign_up("taken@example.org")
    sign_up("free@example.org", "second")

    told, link = mail.outbox
    assert told.to == ["taken@example.org"]
    assert "“owner”" in told.body
    assert "newcomer" not in told.body
    assert "/accounts/email/" not in told.body
    assert link.to == ["free@example.org"]
    assert "https://study.example/accounts/email/" in link.body
    assert "owner" not in link.body


def test_link_gives_the_account_its_address_once(sends_mail, db):
    client, _, _ = sign_up("free@example.org")
    [path] = re.findall(r"https://study\.example(/accounts/email/\S+/)", mail.outbox[0].body)

    assert "Confirm this e-mail" in client.get(path).content.decode()
    assert User.objects.get().email == ""
    assert client.post(path)["Location"] == PROFILE
    assert User.objects.get().email == "free@example.org"
    assert client.post(path).status_code == 404


def test_link_in_a_strangers_mail_adds_the_address_to_nobody_but_the_account_that_asked(owner, sends_mail):
    sign_up("stranger@example.org")
    [path] = re.findall(r"(/accounts/email/\S+/)", mail.outbox[0].body)
    stranger = Client()

    assert stranger.post(path)["Location"].startswith("/accounts/sign-in/?next=")
    stranger.force_login(owner)
    assert stranger.post(path).status_code == 404
    assert not User.objects.filter(email="stranger@example.org").exists()


def test_link_ends_after_a_day_and_with_the_password(learner, now):
    token = token_for(learner, "new@example.org", now=now)

    assert email_in(token, learner, now=now + timedelta(hours=23)) == "new@example.org"
    assert email_in(token, learner, now=now + timedelta(hours=24)) == ""
    assert email_in(token + "x", learner, now=now) == ""
    learner.set_password("four plain words here")
    assert email_in(token, learner, now=now) == ""


def test_address_that_somebody_got_meanwhile_is_not_shared(learner, sends_mail):
    token = token_for(learner, "new@example.org", now=timezone.now())
    create_user("faster", email="new@example.org")
    browser = Client()
    browser.force_login(learner)

    assert browser.post(f"/accounts/email/{token}/").status_code == 404
    learner.refresh_from_db()
    assert learner.email == ""


def test_letter_box_is_not_filled_by_signing_up(owner, sends_mail):
    for n in range(6):
        sign_up("taken@example.org", f"made-{n}")

    assert len(mail.outbox) == 3


def test_profile_answers_alike_too(owner, learner, classmate, sends_mail):
    answers = []
    for person, email in ((learner, "free@example.org"), (classmate, "taken@example.org")):
        browser = Client()
        browser.force_login(person)
        given = {"details": "1", "name": "A", "email": email, "time_zone": "UTC", "current": PASSWORD}
        response = posted(browser.post(PROFILE, given))
        page = shown(browser, "/about/", email)
        answers.append((response.status_code, response["Location"], page))

    assert answers[0] == answers[1]
    assert not User.objects.filter(pk__in=[learner.pk, classmate.pk]).exclude(email="").exists()


def test_where_no_mail_is_sent_taken_addresses_are_counted_and_then_nothing_is_told(owner, few):
    statuses = [sign_up("taken@example.org", f"made-{n}")[1].status_code for n in range(5)]
    _, free, _ = sign_up("free@example.org")

    assert statuses == [422, 422, 422, 429, 429]
    assert free.status_code == 429
    assert "Try again in" in free.content.decode()


def test_profile_counts_them_as_well(owner, learner, few):
    browser = Client()
    browser.force_login(learner)

    def change(email):
        given = {"details": "1", "name": "A", "email": email, "time_zone": "UTC", "current": PASSWORD}
        return browser.post(PROFILE, given).status_code

    assert [change("taken@example.org") for _ in range(4)] == [422, 422, 422, 429]
    assert change("free@example.org") == 429


@pytest.mark.parametrize("mailing", [True, False])
def test_sign_in_names_are_not_tried_out_in_bulk(owner, few, settings, mailing):
    settings.SENDS_MAIL = mailing

    statuses = [sign_up("", "owner")[1].status_code for _ in range(5)]

    assert statuses == [422, 422, 422, 429, 429]
    assert sign_up("", "free-name")[1].status_code == 429
    assert not User.objects.filter(username="free-name").exists()


def test_free_names_cost_nothing(db, few):
    assert [sign_up("", f"made-{n}")[1].status_code for n in range(6)] == [303] * 6
