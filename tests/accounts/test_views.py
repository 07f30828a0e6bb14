import html

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from studyapp.accounts.guests import learner_of
from studyapp.accounts.links import make_link
from studyapp.accounts.models import Notice, SignInFailure, User
from tests.factories import PASSWORD, create_user

SIGN_IN = {"name": "learner", "password": PASSWORD}
SIGN_UP = {"username": "anna", "password": PASSWORD}
HTMX = {"HX-Request": "true"}


def text_of(response):
    return html.unescape(response.content.decode())


def session_cookie(client, settings):
    return client.cookies[settings.SESSION_COOKIE_NAME]


def user_of(client):
    return client.get("/accounts/token/").json()["user"]


@pytest.fixture
def guest_client(db):
    """A browser in which somebody stored something as a guest."""
    client = Client()
    guest = create_user("guest-1", is_guest=True)
    client.force_login(guest)
    client.guest = guest
    return client


# --- signing in ---------------------------------------------------------------------------------------------


def test_sign_in_leads_home(client, learner):
    response = client.post("/accounts/sign-in/", SIGN_IN)

    assert (response.status_code, response["Location"]) == (303, "/")
    assert user_of(client) == learner.pk


def test_sign_in_by_htmx_leads_the_whole_page(client, learner):
    response = client.post("/accounts/sign-in/", SIGN_IN, headers=HTMX)

    assert (response.status_code, response["HX-Redirect"]) == (204, "/")


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/progress/?x=1", "/progress/?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https:evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("\x00//evil.example", "/"),
    ],
)
def test_next_leads_to_pages_of_this_site_only(client, learner, wanted, reached):
    response = client.post("/accounts/sign-in/", SIGN_IN | {"next": wanted})

    assert response["Location"] == reached


@pytest.mark.parametrize("given", [SIGN_IN | {"password": "wrong"}, {"name": "nobody", "password": "wrong"}])
def test_wrong_sign_in_says_the_same_whether_the_account_exists(client, learner, given):
    response = client.post("/accounts/sign-in/", given)

    assert response.status_code == 422
    assert response.context["form"].non_field_errors() == [
        "This sign-in name and this password do not belong together."
    ]
    assert user_of(client) is None


def test_wrong_passwords_lead_to_a_wait_that_is_told(client, learner):
    for _ in range(5):
        client.post("/accounts/sign-in/", SIGN_IN | {"password": "wrong"})

    response = client.post("/accounts/sign-in/", SIGN_IN)

    assert response.status_code == 429
    assert int(response["Retry-After"]) in (1, 2)
    assert "Try again in" in text_of(response)
    assert user_of(client) is None


def test_wrong_sign_in_by_htmx_answers_the_form_with_its_errors_first(client, learner):
    response = client.post("/accounts/sign-in/", SIGN_IN | {"password": ""}, headers=HTMX)

    assert response.status_code == 422
    assert text_of(response).lstrip().startswith('<form id="sign-in"')
    assert "data-focus" in text_of(response)
    assert 'href="#id_password"' in text_of(response)
    assert 'aria-invalid="true"' in text_of(response)
    assert "HX-Request" in response["Vary"]


def test_password_is_never_sent_back(client, learner):
    response = client.post("/accounts/sign-in/", SIGN_IN | {"password": "canary-phrase"})

    assert "canary-phrase" not in text_of(response)


def test_session_key_changes_at_sign_in(client, learner, settings):
    client.get("/accounts/sign-in/")
    session = client.session
    session["theme"] = "dark"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    before = session.session_key

    client.post("/accounts/sign-in/", SIGN_IN)

    assert session_cookie(client, settings).value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_session_lasts_two_weeks(client, learner, settings):
    client.post("/accounts/sign-in/", SIGN_IN)

    assert session_cookie(client, settings)["max-age"] == 14 * 24 * 3600


def test_session_on_a_shared_computer_ends_with_the_browser(client, learner, settings):
    client.post("/accounts/sign-in/", SIGN_IN | {"shared": "on"})

    assert session_cookie(client, settings)["max-age"] == ""


def test_signed_in_person_without_the_right_sees_why_they_are_asked_again(client, learner):
    client.force_login(learner)

    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0] == "/accounts/sign-in/?next=%2Fadmin%2F"
    assert "needs another account" in text_of(response)


def test_admin_has_no_sign_in_of_its_own(client, db):
    response = client.get("/admin/login/?next=/admin/content/")

    assert response["Location"] == "/accounts/sign-in/?next=%2Fadmin%2Fcontent%2F"
    assert client.post("/admin/login/", SIGN_IN).status_code == 405


# --- signing out --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/accounts/sign-out/", "/admin/logout/"])
def test_sign_out_needs_a_post_and_ends_the_session(client, learner, path):
    client.force_login(learner)

    assert client.get(path).status_code == 405
    assert user_of(client) == learner.pk
    assert client.post(path).status_code == 303
    assert user_of(client) is None
    assert Session.objects.count() == 0


# --- signing up ---------------------------------------------------------------------------------------------


def test_sign_up_makes_an_account_and_signs_in(client, db):
    response = client.post("/accounts/sign-up/", SIGN_UP | {"name": "Anna M", "email": "anna@example.org"})

    anna = User.objects.get()
    assert response.status_code == 303
    assert user_of(client) == anna.pk
    assert (anna.username, anna.name, anna.email) == ("anna", "Anna M", "anna@example.org")


def test_guest_who_signs_up_keeps_the_row_and_the_session_but_not_its_key(guest_client, settings):
    session = guest_client.session
    session["place"] = 7
    session.save()
    before = session.session_key

    guest_client.post("/accounts/sign-up/", SIGN_UP)

    assert user_of(guest_client) == guest_client.guest.pk
    assert guest_client.session.session_key != before
    assert guest_client.session["place"] == 7
    assert not Session.objects.filter(session_key=before).exists()
    assert session_cookie(guest_client, settings)["max-age"] == 14 * 24 * 3600


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "two words"),
        ("username", "guest-1"),
        ("username", "аnna"),
        ("username", "x" * 81),
        ("email", "not an e-mail"),
        ("password", ""),
        ("password", "short"),
        ("password", "password1234"),
        ("password", "an\x00na-an\x00na"),
    ],
)
def test_fault_stands_at_its_field_and_in_the_summary(client, db, field, value):
    response = client.post("/accounts/sign-up/", SIGN_UP | {field: value})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert f'href="#id_{field}"' in text_of(response)
    assert User.objects.count() == 0


def test_taken_name_and_taken_email_say_the_same(client, db):
    create_user("learner", email="learner@example.org")

    by_name = client.post("/accounts/sign-up/", SIGN_UP | {"username": "learner"})
    by_email = client.post("/accounts/sign-up/", SIGN_UP | {"email": "learner@example.org"})

    assert by_name.status_code == by_email.status_code == 422
    assert by_name.context["form"].errors == by_email.context["form"].errors


def test_person_with_an_account_is_led_away_from_sign_up(client, learner):
    client.force_login(learner)

    assert client.post("/accounts/sign-up/", SIGN_UP)["Location"] == "/"
    assert User.objects.count() == 1


# --- profile ------------------------------------------------------------------------------------------------


def test_profile_stores_name_email_and_zone(client, learner):
    client.force_login(learner)

    response = client.post(
        "/accounts/profile/",
        {"details": "1", "name": " Ãda\u200b  L ", "email": "Ada@example.org", "current": PASSWORD}
        | {"time_zone": "Asia/Baghdad"},
    )

    learner.refresh_from_db()
    assert response.status_code == 303
    assert (learner.name, learner.email, learner.time_zone) == ("Ãda L", "Ada@example.org", "Asia/Baghdad")


def test_times_are_shown_in_the_readers_zone(client, learner, now):
    Notice.objects.create(user=learner, text="A mark was corrected.", created_at=now)
    User.objects.filter(pk=learner.pk).update(time_zone="Asia/Baghdad")
    client.force_login(learner)

    assert "10 March 2026, 12:00" in text_of(client.get("/accounts/notices/"))


@pytest.mark.parametrize(
    "given", [{"time_zone": "Mars/Olympus"}, {"email": "no"}, {"name": "x" * 121}, {"time_zone": ""}]
)
def test_wrong_profile_is_refused_and_stores_nothing(client, learner, given):
    client.force_login(learner)

    response = client.post(
        "/accounts/profile/", {"details": "1", "name": "New", "email": "", "time_zone": "UTC"} | given
    )

    learner.refresh_from_db()
    assert response.status_code == 422
    assert learner.name == "Learner One"


def test_email_of_another_cannot_be_taken_over(client, learner):
    create_user("owner", email="owner@example.org")
    client.force_login(learner)

    response = client.post(
        "/accounts/profile/",
        {
            "details": "1",
            "name": "New",
            "email": "OWNER@example.org",
            "current": PASSWORD,
            "time_zone": "UTC",
        },
    )

    assert response.status_code == 422
    assert "cannot be used" in text_of(response)


def test_new_password_ends_other_sessions_and_keeps_this_one_under_a_new_key(client, learner):
    elsewhere = Client()
    elsewhere.post("/accounts/sign-in/", SIGN_IN)
    client.post("/accounts/sign-in/", SIGN_IN)
    before = client.session.session_key

    client.post("/accounts/profile/", {"password": "1", "current": PASSWORD, "new": "four plain words here"})

    assert user_of(client) == learner.pk
    assert user_of(elsewhere) is None
    assert client.session.session_key != before
    assert client.post("/accounts/sign-in/", SIGN_IN).status_code == 422


@pytest.mark.parametrize(
    "given", [{"current": "wrong", "new": "four plain words here"}, {"current": PASSWORD, "new": "short"}, {}]
)
def test_password_is_not_changed_without_the_old_one_and_a_good_new_one(client, learner, given):
    client.force_login(learner)

    response = client.post("/accounts/profile/", {"password": "1"} | given)

    learner.refresh_from_db()
    assert response.status_code == 422
    assert learner.check_password(PASSWORD)


def test_old_password_cannot_be_guessed_in_the_profile_either(client, learner):
    client.force_login(learner)
    given = {"password": "1", "new": "four plain words here"}
    for _ in range(5):
        client.post("/accounts/profile/", given | {"current": "wrong"})

    assert client.post("/accounts/profile/", given | {"current": PASSWORD}).status_code == 429


def test_profile_of_a_visitor_is_the_way_in(client, db):
    assert client.get("/accounts/profile/")["Location"] == "/accounts/sign-in/?next=%2Faccounts%2Fprofile%2F"


def test_profile_of_a_guest_says_how_to_keep_what_they_did(guest_client):
    assert "Make an account" in text_of(guest_client.get("/accounts/profile/"))
    assert guest_client.post("/accounts/profile/", {"details": "1"})["Location"] == "/accounts/sign-up/"


# --- one-time links -----------------------------------------------------------------------------------------


def test_opening_a_link_shows_a_button_and_only_the_button_signs_in(client, learner):
    path = f"/accounts/link/{make_link(learner, now=timezone.now())}/"

    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200
    assert user_of(client) is None
    assert client.post(path)["Location"] == "/accounts/profile/#password"
    assert user_of(client) == learner.pk
    assert Client().post(path).status_code == 404
    assert Client().get(path).status_code == 404


def test_whoever_came_by_a_link_sets_a_password_without_the_old_one(client, learner):
    client.post(f"/accounts/link/{make_link(learner, now=timezone.now())}/")

    first = client.post("/accounts/profile/", {"password": "1", "new": "four plain words here"})
    again = client.post("/accounts/profile/", {"password": "1", "new": "four other words here"})

    learner.refresh_from_db()
    assert (first.status_code, again.status_code) == (303, 422)
    assert learner.check_password("four plain words here")


def test_link_does_not_open_the_password_for_ever(client, learner):
    client.post(f"/accounts/link/{make_link(learner, now=timezone.now())}/")
    session = client.session
    session["came_by_link"] -= 3601
    session.save()

    assert (
        client.post("/accounts/profile/", {"password": "1", "new": "four plain words here"}).status_code
        == 422
    )


# --- guests -------------------------------------------------------------------------------------------------


def test_guest_is_remembered_for_ninety_days(rf, client, db, now):
    request = rf.post("/")
    request.session = client.session
    request.user = type("Anonymous", (), {"is_authenticated": False})()

    guest = learner_of(request, now=now)

    assert guest.is_guest
    assert not guest.has_usable_password()
    assert request.session.get_expiry_age() == pytest.approx(90 * 24 * 3600, abs=5)


def test_guest_seen_again_is_noted_once_a_day(rf, guest_client, now, django_assert_num_queries):
    request = rf.post("/")
    request.session = guest_client.session
    request.user = guest_client.guest

    learner_of(request, now=now)
    request.user.refresh_from_db()

    assert request.user.last_seen_on == now.date()
    with django_assert_num_queries(0):
        learner_of(request, now=now)


# --- the rest -----------------------------------------------------------------------------------------------


def test_notices_are_read_by_a_post(client, learner, classmate, now):
    mine = Notice.objects.create(user=learner, text="A mark was corrected.", created_at=now)
    theirs = Notice.objects.create(user=classmate, text="Not for you.", created_at=now)
    client.force_login(learner)

    page = text_of(client.get("/accounts/notices/"))
    assert "A mark was corrected." in page
    assert "Not for you." not in page
    assert "· new" in page

    client.post("/accounts/notices/")

    assert "· new" not in text_of(client.get("/accounts/notices/"))
    theirs.refresh_from_db()
    mine.refresh_from_db()
    assert theirs.read_at is None
    assert mine.read_at


def test_token_tells_whose_session_it_is_and_works_for_a_post(learner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)

    given = client.get("/accounts/token/").json()

    assert given["user"] == learner.pk
    assert client.post("/accounts/notices/", headers={"X-CSRFToken": given["token"]}).status_code == 303
    assert client.post("/accounts/notices/").status_code == 403


def test_missing_token_is_explained(db):
    response = Client(enforce_csrf_checks=True).post("/accounts/sign-in/", SIGN_IN)

    assert response.status_code == 403
    assert "Please send this again" in text_of(response)
    assert SignInFailure.objects.count() == 0


@pytest.mark.parametrize("contact", ["", "office@example.org"])
def test_about_and_privacy_name_the_contact_where_there_is_one(client, db, settings, contact):
    settings.CONTACT = contact

    for path in ("/about/", "/privacy/"):
        response = client.get(path)
        assert response.status_code == 200
        assert ("office@example.org" in text_of(response)) == bool(contact)
