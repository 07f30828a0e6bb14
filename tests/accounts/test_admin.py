"""Users in the admin: for superusers only."""

import pytest
from django.urls import reverse

from studyapp.accounts.models import SignInLink, User
from tests import factories


@pytest.fixture
def chief(client, db):
    client.force_login(factories.create_user("chief", is_staff=True, is_superuser=True))
    return client


def test_new_person_has_no_password_and_comes_in_by_a_link(chief, client):
    chief.post(
        reverse("admin:accounts_user_add"),
        {"username": "anna", "name": "Anna", "is_staff": "on", "is_active": "on"},
    )
    anna = User.objects.get(username="anna")

    page = chief.post(reverse("admin:accounts_user_sign_in_link", args=[anna.pk]))

    assert not anna.has_usable_password()
    client.logout()
    client.post(page.context["link"])
    assert client.session["_auth_user_id"] == str(anna.pk)


@pytest.mark.parametrize("name", ["chief", "CHIEF", "guest-5", "two words", "p\u0430ul"])
def test_sign_in_name_that_cannot_be_is_refused(chief, name):
    response = chief.post(reverse("admin:accounts_user_add"), {"username": name, "is_active": "on"})

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["username"]


def test_instructor_neither_lists_people_nor_makes_links_nor_lifts_himself(client, instructor, learner):
    client.force_login(instructor)
    posted = {"username": "instructor", "is_staff": "on", "is_superuser": "on", "is_active": "on"}

    listed = client.get(reverse("admin:accounts_user_changelist")).status_code
    saved = client.post(reverse("admin:accounts_user_change", args=[instructor.pk]), posted).status_code
    client.post(reverse("admin:accounts_user_sign_in_link", args=[learner.pk]))

    instructor.refresh_from_db()
    assert (listed, saved, instructor.is_superuser) == (403, 403, False)
    assert not SignInLink.objects.exists()


def test_nobody_is_deleted(chief, learner):
    assert (
        chief.post(reverse("admin:accounts_user_delete", args=[learner.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert User.objects.filter(pk=learner.pk).exists()
