"""A learner practises, comes back weeks later, reviews, and meets the mistake again. Client only."""

import re
from datetime import timedelta

import pytest

from content.models import Question
from studyapp.accounts.models import User
from studyapp.review.models import Card, ReviewLog
from tests import factories


@pytest.fixture
def lesson(db):
    lesson = factories.create_lesson(factories.create_course(), "sources", title="Sources")
    for n, passage in enumerate(lesson.passages.all(), start=1):
        factories.create_question(lesson, f"q{n}", passage=passage, position=n)
    return lesson


def hidden(page):
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return {name: value for name, value in pairs if name != "csrfmiddlewaretoken"}


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.content.decode()))


def practise(client, lesson):
    address = f"/courses/{lesson.course.slug}/{lesson.slug}/practice/"
    run = client.post(address, {"start": 1}).url
    for _ in lesson.questions.all():
        fields = hidden(client.get(run))
        question = Question.objects.get(items__pk=fields["item"])
        client.post(address, fields | {"q_answer": str(question.current.content["answer"]).lower()})


def review_next(client, *, right, **headers):
    """Answer the next question of true or false; the page with its verdict."""
    fields = hidden(client.get("/review/", {"ask": 1}, **headers))
    answer = Question.objects.get(pk=fields["question"]).current.content["answer"] == right
    response = client.post("/review/", fields | {"q_answer": str(answer).lower()}, **headers)
    return client.get(response.url) if response.status_code == 303 else response


def days_pass(days):
    """The views read the clock: what happened moves into the past instead."""
    back = timedelta(days=days)
    for row in ReviewLog.objects.all():
        ReviewLog.objects.filter(pk=row.pk).update(at=row.at - back)
    for card in Card.objects.all():
        for name in ("last_answered_at", "first_right_at", "last_right_at", "last_rated_at", "due_at"):
            if value := getattr(card, name):
                setattr(card, name, value - back)
        card.save()


@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}], ids=["plain", "htmx"])
def test_what_was_practised_once_comes_back_until_it_is_known(client, lesson, headers):
    practise(client, lesson)
    assert "Nothing to review today." in text(client.get("/review/"))

    days_pass(40)
    assert "2 questions for today, about 1 minute." in text(client.get("/review/"))
    assert "Not quite. It comes back tomorrow." in text(review_next(client, right=False, **headers))
    second = text(review_next(client, right=True, **headers))
    assert "Right. It comes back in" in second
    assert "Finish for today" in second
    done = text(client.get("/review/"))
    assert "Done for today: 1 of 2 right." in done
    assert "Tomorrow: 1 question, about 1 minute." in done

    assert "1 question you did not get right" in text(client.get("/review/mistakes/"))
    days_pass(1)
    assert "1 question for today" in text(client.get("/review/"))
    review_next(client, right=True, **headers)
    assert "There is none now." in text(client.get("/review/mistakes/"))


def test_visitor_who_only_looks_is_not_made_a_guest(client, lesson):
    client.get("/review/")
    client.get("/review/", {"ask": 1})
    client.get("/review/mistakes/")

    assert not User.objects.exists()
