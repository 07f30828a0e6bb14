"""A plain form that was open while another tab saved: what was not changed in it overwrites nothing."""

import re

import pytest
from django.utils import timezone

from studyapp.quizzes.marking import answers_of
from studyapp.quizzes.models import SavedAnswer
from studyapp.quizzes.scoring import current_of
from tests.quizzes.conftest import bank, course, quiz, start  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(client, learner, start, quiz):  # noqa: F811
    client.force_login(learner)
    return f"/attempts/{start(quiz, at=timezone.now()).pk}/"


def form_of(client, home):
    page = client.get(home).content.decode()
    hidden = dict(re.findall(r'name="(shown\d|writer)" value="([^"]*)"', page))
    return hidden | {"here": ["1", "2", "3"], "save": "1"}


def current(number=1):
    item = SavedAnswer.objects.filter(item__number=number).first().item
    return current_of(answers_of(item.attempt)[item.pk]).response["answer"]


def test_answer_that_was_not_changed_there_overwrites_nothing(client, home):
    client.post(home, form_of(client, home) | {"q1_answer": "true"})
    stale = form_of(client, home) | {"q1_answer": "true"}
    client.post(home, form_of(client, home) | {"q1_answer": "false", "f1": "on"})

    client.post(home, stale | {"q2_answer": "true"})

    assert current() is False
    assert current(2) is True
    item = SavedAnswer.objects.filter(item__number=1).first().item
    assert item.is_flagged


@pytest.mark.parametrize("sent", ["true", None])
def test_answer_that_was_changed_there_counts_and_the_person_is_told(client, home, sent):
    client.post(home, form_of(client, home) | {"q1_answer": "true"})
    stale = form_of(client, home) | {"q1_answer": "true"}
    client.post(home, form_of(client, home) | {"q1_answer": "false"})
    stale["shown1"] = "0" if sent else stale["shown1"]
    stale |= {"q1_answer": "true"} if sent else {}
    if not sent:
        del stale["q1_answer"]

    page = client.post(home, stale, follow=True).content.decode()

    rows = [answer.response for answer in SavedAnswer.objects.order_by("pk")]
    assert rows == [{"answer": True}, {"answer": False}, {"answer": True} if sent else None]
    assert re.search(
        r"Question 1 was also changed in another tab at \d\d:\d\d:\d\d\. Your answer from this", page
    )
    assert f'<a href="{home}1/saved/">Show all saved answers</a>' in page


def test_form_of_an_older_page_behaves_as_before(client, home):
    client.post(home, form_of(client, home) | {"q1_answer": "true"})

    page = client.post(home, {"here": "1", "q1_answer": "false"}, follow=True).content.decode()

    assert current() is False
    assert "another tab" not in page
