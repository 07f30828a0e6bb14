"""A student sees everything that was saved for a question, and can let an earlier answer count again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studyapp.quizzes.marking import answers_of
from studyapp.quizzes.models import SavedAnswer
from studyapp.quizzes.scoring import current_of
from studyapp.quizzes.sittings import submit_attempt
from tests.factories import create_quiz, save_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client, learner):
    client.force_login(learner)
    return client


@pytest.fixture
def sitting(start, quiz):
    """Question 1 answered in one tab, and otherwise in another."""
    begun = timezone.now() - timedelta(minutes=5)
    attempt = start(quiz, at=begun)
    save_in(attempt, 1, {"answer": ["true"]}, at=begun, writer="one")
    save_in(attempt, 1, {"answer": ["false"]}, at=begun + timedelta(minutes=1), writer="two")
    return attempt


def saved_at(attempt, number=1):
    return f"/attempts/{attempt.pk}/{number}/saved/"


def current(attempt):
    item = attempt.items.get(number=1)
    return current_of(answers_of(attempt)[item.pk]).response


def test_both_answers_are_shown_with_their_times_and_the_one_that_counts(client, sitting):
    page = client.get(saved_at(sitting)).content.decode()

    assert page.count('class="given"') == 2
    assert page.index("False") < page.index("True</bdi>")
    assert page.count("</svg>counts") == 1


def test_earlier_answer_counts_again_as_a_row_of_its_own(client, sitting):
    first = SavedAnswer.objects.order_by("pk").first()

    response = client.post(saved_at(sitting), {"again": first.pk})

    assert response["Location"] == f"/attempts/{sitting.pk}/1/"
    assert current(sitting) == {"answer": True}
    assert SavedAnswer.objects.count() == 3


def test_what_the_open_page_sends_next_counts_then(client, sitting):
    client.post(saved_at(sitting), {"again": SavedAnswer.objects.order_by("pk").first().pk})

    save_in(sitting, 1, {"answer": ["false"]}, at=timezone.now(), writer="two", sequence=1)

    assert current(sitting) == {"answer": False}


def test_after_hand_in_it_is_shown_and_nothing_can_be_chosen(client, sitting):
    submit_attempt(sitting, now=timezone.now(), by=sitting.learner)

    page = client.get(saved_at(sitting)).content.decode()
    client.post(saved_at(sitting), {"again": SavedAnswer.objects.order_by("pk").first().pk})

    assert "Use this again" not in page
    assert current(sitting) == {"answer": False}


@pytest.mark.parametrize("number", ["x", "-1", "0", str(2**70), ""])
def test_row_that_is_not_of_this_question_is_nowhere(client, sitting, number):
    save_in(sitting, 2, {"answer": ["true"]}, at=timezone.now())
    other = SavedAnswer.objects.get(item__number=2)

    assert client.post(saved_at(sitting), {"again": number}).status_code == 404
    assert client.post(saved_at(sitting), {"again": other.pk}).status_code == 404
    assert SavedAnswer.objects.count() == 3


def test_question_that_lies_behind_takes_nothing(client, start, course, bank):
    attempt = start(create_quiz(course, "one-way", slots=bank, one_way=True), at=timezone.now())
    save_in(attempt, 1, {"answer": ["true"]}, at=timezone.now())
    attempt.items.filter(number=1).update(left_at=timezone.now())

    client.post(saved_at(attempt), {"again": SavedAnswer.objects.get().pk})

    assert SavedAnswer.objects.count() == 1


def test_page_costs_the_same_whatever_was_saved(client, sitting, django_assert_num_queries):
    for n in range(5):
        save_in(sitting, 1, {"answer": ["true"]}, at=timezone.now(), writer="one", sequence=n + 1)

    with django_assert_num_queries(6):
        client.get(saved_at(sitting))
