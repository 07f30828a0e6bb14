"""Wrong passwords of somebody else keep nobody out of an account, and one password is not tried on thousands of them."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studyapp.accounts import browsers, signing_in
from studyapp.accounts.links import make_link
from studyapp.accounts.models import SignInFailure, User
from studyapp.accounts.signing_in import sign_in_with_password
from studyapp.accounts.waiting import FREE_ACCOUNTS, MustWait
from tests.factories import PASSWORD, create_user

SIGN_IN = "/accounts/sign-in/"
SCHOOL, HOME = "198.51.100.7", "192.0.2.1"


def post(client, name="learner", password=PASSWORD):
    return client.post(SIGN_IN, {"name": name, "password": password})


def known_browser(name="learner"):
    """A browser that signed in before and is signed out now."""
    browser = Client()
    assert post(browser, name).status_code == 303
    browser.post("/accounts/sign-out/")
    return browser


def attack(times=30, name="learner"):
    return [post(Client(), name, f"guess number {n}").status_code for n in range(times)]


def attempt(name, password, now, *, address=SCHOOL, known=""):
    return sign_in_with_password(name, password, address=address, now=now, known=known)


@pytest.fixture
def checks(monkeypatch):
    """Passwords that were really looked at, without the work of hashing."""
    looked = []
    monkeypatch.setattr(
        User, "check_password", lambda self, raw: looked.append(self.username) or raw == PASSWORD
    )
    monkeypatch.setattr(signing_in, "make_password", lambda raw: looked.append("nobody"))
    return looked


# --- the classmate ------------------------------------------------------------------------------------------


def test_right_password_from_a_known_browser_passes_while_a_classmate_guesses(learner):
    owner = known_browser()

    statuses = attack()

    assert 429 in statuses
    assert 303 not in statuses
    for _ in range(3):
        assert post(owner).status_code == 303
        owner.post("/accounts/sign-out/")
        attack(5)


def test_own_mistakes_in_a_known_browser_wait_and_are_forgiven(learner):
    owner = known_browser()
    for _ in range(5):
        assert post(owner, password="wrong words here").status_code == 422

    waits = post(owner)

    assert waits.status_code == 429
    assert "Too many wrong passwords. Try again in " in waits.content.decode()
    SignInFailure.objects.all().delete()
    assert post(owner).status_code == 303


def test_browser_known_to_the_attacker_is_not_known_to_the_victim(learner, classmate):
    attacker = known_browser("classmate")

    statuses = [post(attacker, password=f"guess {n}").status_code for n in range(20)]

    assert statuses[:5] == [422] * 5
    assert set(statuses[5:]) == {429}


@pytest.mark.parametrize(
    "cookie", ["", "x", "~~~", "a-1.b", "." * 990, "é.ü", "a-²." + "0" * 32, "chance-20000." + "0" * 32]
)
def test_cookie_that_is_not_ours_changes_nothing(learner, cookie):
    attack(6)
    browser = Client()
    browser.cookies[browsers.COOKIE] = cookie

    assert post(browser).status_code == 429


def test_cookie_is_worth_nothing_after_the_password_changed(learner, now):
    known = browsers.known_to("", learner, now=now)
    learner.set_password("four plain words here")
    learner.save()

    assert browsers.browser_of(known, learner, now=now) == ""


def test_cookie_lives_a_year(learner, now):
    known = browsers.known_to("", learner, now=now)

    assert browsers.browser_of(known, learner, now=now + timedelta(days=365))
    assert browsers.browser_of(known, learner, now=now + timedelta(days=366)) == ""


def test_browser_that_changed_the_password_stays_known(learner):
    owner = known_browser()
    post(owner)
    new = "four plain words here"
    owner.post("/accounts/profile/", {"password": "1", "current": PASSWORD, "new": new})
    owner.post("/accounts/sign-out/")

    attack(8)

    assert post(owner, password=new).status_code == 303


@pytest.mark.parametrize("door", ["sign-up", "link", "kept"])
def test_every_door_lets_the_account_know_the_browser(learner, now, door):
    from django.utils import timezone

    browser = Client()
    if door == "sign-up":
        browser.post("/accounts/sign-up/", {"username": "anna", "password": PASSWORD})
    elif door == "link":
        browser.post(f"/accounts/link/{make_link(learner, now=timezone.now())}/")
    else:
        browser.post("/attempts/1/", {"here": "1"})
        assert browser.post("/attempts/1/kept/", {"name": "learner", "password": PASSWORD}).status_code == 422
        return  # nobody was signed in: nobody is known
    person = User.objects.get(username="anna" if door == "sign-up" else "learner")

    assert browsers.browser_of(browser.cookies[browsers.COOKIE].value, person, now=timezone.now())


def test_cookie_names_nobody_and_is_out_of_reach_for_scripts_and_other_sites(learner):
    cookie = known_browser().cookies[browsers.COOKIE]

    assert "learner" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert bool(cookie["secure"]) == settings.HTTPS
    assert cookie["max-age"] == 365 * 24 * 3600


def test_browser_of_a_computer_room_knows_the_ten_that_were_there_last(db, now):
    people = [create_user(f"pupil-{n}") for n in range(12)]
    known = ""
    for person in [*people, people[3]]:
        known = browsers.known_to(known, person, now=now)

    remembered = [n for n, person in enumerate(people) if browsers.browser_of(known, person, now=now)]
    assert remembered == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert len(known) < 1000


@pytest.mark.parametrize("known", ["", "x-20000." + "0" * 32])
def test_known_and_unknown_names_cost_the_same_statements(learner, checks, now, known):
    attempt("somebody", "wrong", now)  # the first of a network begins its budget
    kinds = []
    for name in ("learner", "nobody"):
        with CaptureQueriesContext(connection) as captured:
            attempt(name, "wrong", now, known=known)
        kinds.append([query["sql"].split()[0] for query in captured])

    assert kinds[0] == kinds[1]


# --- one password on many accounts --------------------------------------------------------------------------


def spray(count, now, *, every=0.1, address=SCHOOL):
    """One password on so many accounts, one after another."""
    found = []
    for n in range(count):
        try:
            attempt(f"pupil-{n}", PASSWORD, now + timedelta(seconds=n * every), address=address)
        except MustWait as wait:
            found.append(wait)
    return found


def test_one_password_is_not_tried_on_many_accounts(db, checks, now):
    waits = spray(500, now, every=0.3)

    assert len(checks) <= FREE_ACCOUNTS + 10
    assert "from your network. Try again in" in waits[-1].sentence


@pytest.mark.soak
def test_one_password_is_not_tried_on_ten_thousand_accounts_in_an_hour(db, checks, now):
    spray(10_000, now, every=0.36)

    assert len(checks) <= FREE_ACCOUNTS + 10 + 60


def test_known_browser_and_other_networks_pass_while_a_network_waits(learner, checks, now):
    known = browsers.known_to("", learner, now=now)
    spray(400, now, every=0.2)
    later = now + timedelta(seconds=81)

    with pytest.raises(MustWait):
        attempt("learner", PASSWORD, later)
    assert attempt("learner", PASSWORD, later, known=known) == learner
    assert attempt("learner", PASSWORD, later, address=HOME) == learner


def test_school_behind_one_address_signs_in_on_the_morning_of_an_exam(db, checks, now):
    """500 in 30 seconds, every tenth mistypes first, none has been here before."""
    people = 100
    User.objects.bulk_create(
        [User(username=f"pupil-{n}", username_folded=f"pupil-{n}", password="x") for n in range(people)]
    )
    passed = 0
    for n in range(500):
        at = now + timedelta(seconds=30 * n / 500)
        if n % 10 == 0:
            assert attempt(f"pupil-{n % people}" if n < people else f"new-{n}", "mistyped", at) is None
        passed += attempt(f"pupil-{n % people}", PASSWORD, at) is not None

    assert passed == 500


def test_successes_leave_nothing_behind(learner, checks, now):
    from studyapp.accounts.models import Spending

    for _ in range(100):
        attempt("learner", PASSWORD, now)

    assert not SignInFailure.objects.exists()
    assert set(Spending.objects.values_list("spent", flat=True)) == {0}


def test_160_checks_in_six_seconds_are_cut_to_what_ten_seconds_allow(db, checks, now):
    """The work of hashing that one network may cause: 160 tries in 6 seconds, each for another account."""
    spray(160, now, every=6 / 160)

    assert len(checks) <= 60
