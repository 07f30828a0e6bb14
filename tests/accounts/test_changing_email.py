"""Another e-mail: only for whoever shows who they are, and the old address hears of it and opens nothing any more."""

import html
import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from studyapp.accounts.links import link_is_open, make_link
from studyapp.accounts.models import SignInFailure
from studyapp.accounts.resetting import MAILS_AN_HOUR, may_be_told
from studyapp.accounts.signing_up import NameTaken, change_details
from tests.factories import PASSWORD, THEN, create_user

PAGE = "/accounts/profile/"
CHANGED = {"details": "1", "name": "Anna", "email": "new@example.org", "time_zone": "UTC"}


@pytest.fixture
def anna(client, db):
    anna = create_user("anna", name="Anna", email="old@example.org")
    client.force_login(anna)
    return anna


@pytest.fixture
def sends_mail(settings):
    settings.SENDS_MAIL = True
    settings.CONTACT = "office@example.org"


def send(client, **given):
    response = client.post(PAGE, CHANGED | given)
    wait_for_mail()
    return response


def wait_for_mail():
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()


def errors(response):
    return {name: list(found) for name, found in response.context["details"].errors.items()}


def email_of(person):
    person.refresh_from_db()
    return person.email


def test_email_changes_with_the_current_password(client, anna):
    assert send(client, current=PASSWORD).status_code == 303
    assert email_of(anna) == "new@example.org"
    assert (
        Client().post("/accounts/sign-in/", {"name": "NEW@example.org", "password": PASSWORD}).status_code
        == 303
    )


@pytest.mark.parametrize("new", ["new@example.org", "", "OLD@example.org"])
@pytest.mark.parametrize(
    ("current", "message"),
    [
        ("", "Type your current password to change the e-mail."),
        ("wrong words here", "This is not your current password."),
    ],
)
def test_no_change_without_it_and_the_field_says_why(client, anna, new, current, message):
    response = send(client, email=new, current=current)

    assert response.status_code == 422
    assert errors(response) == {"current": [message]}
    assert email_of(anna) == "old@example.org"


def test_first_email_needs_it_too(client, anna):
    anna.email = ""
    anna.save()

    assert send(client).status_code == 422
    assert email_of(anna) == ""


@pytest.mark.parametrize("current", ["", "wrong words here"])
def test_name_and_zone_change_without_it(client, anna, current):
    response = send(client, name="Anna B", email="old@example.org", time_zone="Asia/Baghdad", current=current)

    anna.refresh_from_db()
    assert response.status_code == 303
    assert (anna.name, anna.time_zone) == ("Anna B", "Asia/Baghdad")
    assert not SignInFailure.objects.exists()


def test_wrong_passwords_count_as_at_sign_in(client, anna):
    for _ in range(5):
        assert send(client, current="wrong words here").status_code == 422

    waits = send(client, current=PASSWORD)
    at_sign_in = Client().post("/accounts/sign-in/", {"name": "anna", "password": PASSWORD})

    assert (waits.status_code, at_sign_in.status_code) == (429, 429)
    assert int(waits["Retry-After"]) >= 1
    assert "Too many wrong passwords." in errors(waits)["current"][0]
    assert email_of(anna) == "old@example.org"


def test_account_without_a_password_sets_one_first(client, anna):
    anna.set_unusable_password()
    anna.save()
    client.force_login(anna)

    response = send(client)

    assert response.status_code == 422
    assert errors(response) == {
        "email": ["Set a password first, further down. Then you can change the e-mail."]
    }
    assert email_of(anna) == "old@example.org"


@pytest.mark.parametrize("has_password", [True, False])
def test_whoever_came_by_a_link_a_moment_ago_is_asked_nothing(client, anna, has_password):
    if not has_password:
        anna.set_unusable_password()
        anna.save()
    client.post(f"/accounts/link/{make_link(anna, now=timezone.now())}/")

    assert b"id_current" not in client.get(PAGE).content
    assert send(client).status_code == 303
    assert email_of(anna) == "new@example.org"


@pytest.mark.parametrize("name", ["nobody@example.org", "new@example.org"])
def test_links_at_the_old_address_open_nothing_any_more(client, anna, name):
    token = make_link(anna, now=timezone.now())

    send(client, email=name, current=PASSWORD)

    assert not link_is_open(token, now=timezone.now())
    assert Client().post(f"/accounts/link/{token}/").status_code == 404


def test_links_stay_open_where_only_the_name_changes(client, anna):
    token = make_link(anna, now=timezone.now())

    send(client, name="Anna B", email="old@example.org")

    assert link_is_open(token, now=timezone.now())


def test_new_password_closes_links_too(client, anna):
    token = make_link(anna, now=timezone.now())

    client.post(PAGE, {"password": "1", "current": PASSWORD, "new": "four plain words here"})

    assert not link_is_open(token, now=timezone.now())


def test_email_set_by_who_runs_the_site_closes_links_too(client, anna):
    token = make_link(anna, now=timezone.now())
    client.force_login(create_user("chief", is_staff=True, is_superuser=True))

    client.post(
        f"/admin/accounts/user/{anna.pk}/change/",
        {"username": "anna", "name": "Anna", "email": "new@example.org", "is_active": "on"},
    )

    assert email_of(anna) == "new@example.org"
    assert not link_is_open(token, now=timezone.now())


def confirm(client):
    """Open the link that the newest letter holds, and press its button."""
    [path] = re.findall(r"/accounts/email/\S+/", mail.outbox[-1].body)
    response = client.post(path)
    wait_for_mail()
    return response


def test_where_mail_is_sent_the_address_changes_when_its_link_is_opened(client, anna, sends_mail):
    token = make_link(anna, now=timezone.now())

    send(client, name="Anna B", current=PASSWORD)

    anna.refresh_from_db()
    assert (anna.name, anna.email) == ("Anna B", "old@example.org")
    assert link_is_open(token, now=timezone.now())
    assert [letter.to for letter in mail.outbox] == [["new@example.org"]]
    assert confirm(client)["Location"] == PAGE
    assert email_of(anna) == "new@example.org"
    assert not link_is_open(token, now=timezone.now())


def test_old_address_is_told_and_learns_nothing_of_the_new_one(client, anna, sends_mail):
    send(client, current=PASSWORD)
    confirm(client)

    letter = mail.outbox[-1]
    assert letter.to == ["old@example.org"]
    assert "“anna”" in letter.body
    assert "office@example.org" in letter.body
    assert "new@example.org" not in letter.body


@pytest.mark.parametrize("change", ["no mail server", "no old address", "wrong password", "taken", "same"])
def test_nobody_is_told_where_nothing_changed_or_can_be_sent(client, anna, settings, change):
    settings.SENDS_MAIL = change != "no mail server"
    create_user("ben", email="ben@example.org")
    if change == "no old address":
        anna.email = ""
        anna.save()
    given = {
        "wrong password": {"current": "no"},
        "taken": {"email": "ben@example.org"},
        "same": {"email": "old@example.org"},
    }

    send(client, **{"current": PASSWORD} | given.get(change, {}))
    if change == "no old address":
        confirm(client)

    assert [letter.to for letter in mail.outbox if "was changed" in letter.subject] == []
    assert email_of(anna) == {"no mail server": "new@example.org", "no old address": "new@example.org"}.get(
        change, "old@example.org"
    )


def test_address_that_is_given_and_taken_away_again_and_again_gets_few_mails(client, anna, sends_mail):
    for n in range(MAILS_AN_HOUR + 2):
        send(client, email="stranger@example.org" if n else "STRANGER@example.org", current=PASSWORD)

    told = [letter.to[0].casefold() for letter in mail.outbox]
    assert told.count("stranger@example.org") == MAILS_AN_HOUR


def test_after_an_hour_an_address_is_told_again(db):
    told = [may_be_told("old@example.org", now=THEN) for _ in range(MAILS_AN_HOUR + 1)]

    assert told == [True] * MAILS_AN_HOUR + [False]
    assert may_be_told("old@example.org", now=THEN + timedelta(hours=1, seconds=1))
    assert not SignInFailure.objects.filter(account__contains="old").exists()


def test_taken_email_changes_nothing_and_keeps_links(anna):
    create_user("ben", email="ben@example.org")
    token = make_link(anna, now=THEN)

    with pytest.raises(NameTaken):
        change_details(anna, name="Anna B", email="BEN@example.org", time_zone="UTC")

    anna.refresh_from_db()
    assert (anna.name, anna.email) == ("Anna", "old@example.org")
    assert link_is_open(token, now=THEN)


def test_page_asks_for_the_password_beside_the_email(client, anna):
    page = html.unescape(client.get(PAGE).content.decode())

    assert 'id="id_current"' in page
    assert "Asked for only if you change the e-mail." in page
