"""A plain form that comes after the session ended is not lost, and is nobody else's."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from studyapp.quizzes.models import SavedAnswer
from tests.factories import PASSWORD, create_question, create_quiz

pytestmark = pytest.mark.django_db
FORM = {"writer": "form-1", "here": ["1", "2"], "q1_answer": "true", "q2_answer": "false", "save": "1"}


@pytest.fixture
def sitting(start, quiz):
    return start(quiz, at=timezone.now() - timedelta(minutes=1))


@pytest.fixture
def signed_out(client, learner):
    """A browser whose session is gone while a page of the attempt is still open in it."""
    client.force_login(learner)
    Session.objects.all().delete()
    return client


def kept_at(attempt):
    return f"/attempts/{attempt.pk}/kept/"


def answers():
    return [(a.item.number, a.response) for a in SavedAnswer.objects.order_by("item__number")]


def sign_in(client, attempt, name, password=PASSWORD):
    return client.post(kept_at(attempt), {"name": name, "password": password})


@pytest.mark.parametrize("page", ["", "2/"])
def test_signing_in_saves_what_was_sent(signed_out, sitting, learner, page):
    response = signed_out.post(f"/attempts/{sitting.pk}/{page}", FORM)
    assert response["Location"] == kept_at(sitting)
    assert answers() == []

    response = sign_in(signed_out, sitting, "learner")

    assert response["Location"] == f"/attempts/{sitting.pk}/"
    assert answers() == [(1, {"answer": True}), (2, {"answer": False})]
    assert "what you sent is saved" in signed_out.get(response["Location"]).content.decode()


def test_it_is_saved_once(signed_out, sitting):
    signed_out.post(f"/attempts/{sitting.pk}/", FORM)
    sign_in(signed_out, sitting, "learner")

    assert signed_out.post(kept_at(sitting)).status_code == 302
    assert signed_out.get(kept_at(sitting))["Location"] == f"/attempts/{sitting.pk}/"
    assert SavedAnswer.objects.count() == 2


def test_wrong_password_loses_nothing(signed_out, sitting):
    signed_out.post(f"/attempts/{sitting.pk}/", FORM)

    assert sign_in(signed_out, sitting, "learner", "not this one").status_code == 422
    sign_in(signed_out, sitting, "learner")

    assert len(answers()) == 2


def test_another_person_neither_sees_nor_sends_it_and_it_stays_kept(
    signed_out, start, course, bank, classmate
):
    essay = create_question(bank[0].lesson, "why", kind="essay")
    attempt = start(create_quiz(course, slots=[essay]), at=timezone.now())
    signed_out.post(f"/attempts/{attempt.pk}/", {"here": "1", "q1_essay": "A secret of the first."})

    refused = sign_in(signed_out, attempt, "classmate")

    assert refused.status_code == 422
    assert "belong to another account" in refused.content.decode()
    assert "A secret" not in refused.content.decode()
    assert "_auth_user_id" not in signed_out.session
    assert answers() == []
    sign_in(signed_out, attempt, "learner")
    assert answers() == [(1, {"text": "A secret of the first."})]


def test_somebody_who_is_signed_in_already_does_not_find_it(signed_out, sitting, classmate):
    signed_out.post(f"/attempts/{sitting.pk}/", FORM)
    signed_out.post("/accounts/sign-in/", {"name": "classmate", "password": PASSWORD})

    assert signed_out.get(kept_at(sitting)).status_code == 404
    assert signed_out.post(kept_at(sitting)).status_code == 404
    assert answers() == []


def test_owner_who_signed_in_by_another_door_saves_it_with_one_button(signed_out, sitting):
    signed_out.post(f"/attempts/{sitting.pk}/", FORM)
    signed_out.post("/accounts/sign-in/", {"name": "learner", "password": PASSWORD})
    assert "Save it now" in signed_out.get(kept_at(sitting)).content.decode()

    signed_out.post(kept_at(sitting))

    assert len(answers()) == 2


def test_what_comes_after_the_end_is_kept_as_late(signed_out, start, quiz):
    attempt = start(quiz, at=timezone.now() - timedelta(minutes=45))
    signed_out.post(f"/attempts/{attempt.pk}/", FORM)

    response = sign_in(signed_out, attempt, "learner")

    assert response["Location"] == f"/attempts/{attempt.pk}/result/"
    assert list(SavedAnswer.objects.values_list("is_late", flat=True)) == [True, True]
    assert "kept, but not counted" in signed_out.get(response["Location"]).content.decode()


def test_what_cannot_be_understood_is_named_and_the_rest_is_saved(signed_out, sitting):
    signed_out.post(f"/attempts/{sitting.pk}/", FORM | {"q1_answer": "maybe"})

    response = sign_in(signed_out, sitting, "learner")

    assert [number for number, _ in answers()] == [2]
    assert "Question 1 was not saved" in signed_out.get(response["Location"]).content.decode()


def test_nothing_of_it_stands_in_the_address_or_on_the_page(signed_out, sitting):
    response = signed_out.post(f"/attempts/{sitting.pk}/", FORM | {"q1_answer": "CANARY"}, follow=True)

    assert "CANARY" not in response.content.decode()
    assert all("CANARY" not in address for address, _ in response.redirect_chain)


@pytest.mark.parametrize("writer", ["<script>", "x" * 60, ""])
def test_unreadable_id_of_a_page_costs_no_answer(signed_out, sitting, writer):
    signed_out.post(f"/attempts/{sitting.pk}/", FORM | {"writer": writer})

    sign_in(signed_out, sitting, "learner")

    assert len(answers()) == 2


def test_without_anything_kept_the_way_to_sign_in_is_the_usual_one(client, sitting):
    assert client.get(kept_at(sitting))["Location"].startswith("/accounts/sign-in/?next=")


def test_too_much_is_refused_and_too_many_attempts_push_out_the_oldest(client):
    assert client.post("/attempts/1/", {"here": "1", "q1_essay": "x" * 300_001}).status_code == 400

    for attempt in range(1, 6):
        client.post(f"/attempts/{attempt}/", FORM)

    assert list(client.session["kept_answers"]) == ["3", "4", "5"]


def test_page_that_was_open_while_its_person_signed_in_elsewhere_loses_nothing(learner, sitting):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(learner)
    browser.get(f"/attempts/{sitting.pk}/")

    response = browser.post(f"/attempts/{sitting.pk}/", FORM | {"csrfmiddlewaretoken": "x" * 64})

    assert response["Location"] == kept_at(sitting)
    page = browser.get(kept_at(sitting))
    token = page.context["csrf_token"]
    browser.post(kept_at(sitting), {"csrfmiddlewaretoken": str(token)})
    assert len(answers()) == 2


def test_form_of_another_site_is_kept_for_nobody(sitting):
    """Its browser sends no session along (SameSite), and so nobody is there to keep it for."""
    browser = Client(enforce_csrf_checks=True)

    assert browser.post(f"/attempts/{sitting.pk}/", FORM).status_code == 403
    assert not Session.objects.exists()


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("who", ["signed out", "signed in"])
def test_page_costs_the_same_however_much_is_kept(
    signed_out, start, course, bank, times, who, django_assert_num_queries
):
    lesson = bank[0].lesson
    questions = [create_question(lesson, f"more-{n}") for n in range(2 * times)]
    attempt = start(create_quiz(course, slots=questions), at=timezone.now())
    answers = {f"q{n}_answer": "true" for n in range(1, len(questions) + 1)}
    signed_out.post(f"/attempts/{attempt.pk}/", {"here": [str(n) for n in range(1, times + 1)]} | answers)
    if who == "signed in":
        signed_out.post("/accounts/sign-in/", {"name": "learner", "password": PASSWORD})
    signed_out.get(kept_at(attempt))

    with django_assert_num_queries({"signed out": 1, "signed in": 4}[who]):
        signed_out.get(kept_at(attempt))
