"""Practice, one question at a time: what each step shows, stores and leads to."""

import re

import pytest
from django.test import Client

from content.models import Question
from studyapp.accounts.models import User
from studyapp.quizzes.models import Attempt, AttemptItem, Mark, SavedAnswer
from studyapp.review.models import Card
from tests import factories
from tests.study.conftest import HTMX, create_rivers
from tests.study.forms import form_of

PRACTICE = "/courses/rivers/lesson-1/practice/"


def text(response):
    return response.content.decode()


def start(client):
    return client.post(PRACTICE, {"start": "1"})["Location"]


def asked(client, address):
    return form_of(client.get(address), id="asked")["fields"]


def answer(client, address, response="true", fields=None, **headers):
    fields = fields or asked(client, address)
    return client.post(PRACTICE, fields | {"q_answer": response}, **headers)


def answer_all(client, responses):
    address = start(client)
    for response in responses:
        answer(client, address, response)
    return address


def test_practice_begins_with_a_page_that_stores_nothing(client, rivers):
    page = text(client.get(PRACTICE))

    assert "6 questions, one at a time." in page
    assert not User.objects.exists()


def test_start_makes_a_guest_and_asks_the_first_question(client, rivers):
    page = text(client.get(start(client)))

    assert "1 of 6" in page
    assert "SECRET" not in page
    assert User.objects.get().is_guest


def test_start_goes_on_with_the_open_practice(reading, rivers):
    assert start(reading) == start(reading)
    assert Attempt.objects.count() == 1


def test_practice_without_questions_starts_nothing(reading, db):
    create_rivers(questions=0)

    assert "no questions to practise yet" in text(reading.get(PRACTICE))
    assert start(reading) == "/courses/rivers/lesson-1/"
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(("use", "state"), [("exam", "ready"), ("both", "draft"), ("both", "retired")])
def test_questions_that_are_not_for_practice_are_not_asked(reading, rivers, use, state):
    Question.objects.filter(slug="lesson-1-1-q1").update(use=use, state=state)

    start(reading)

    assert not AttemptItem.objects.filter(question__slug="lesson-1-1-q1").exists()


def test_question_that_waits_for_release_is_not_asked(reading, learner, rivers):
    question = Question.objects.get(slug="lesson-1-1-q1")
    Card.objects.create(learner=learner, course=rivers, question=question, held=True)

    start(reading)

    assert not AttemptItem.objects.filter(question=question).exists()


def test_answer_shows_verdict_reason_and_the_passage_in_place(reading, rivers):
    address = start(reading)

    part = text(answer(reading, address, "false", **HTMX))

    assert part.strip().startswith('<div id="run"')
    assert "Not quite" in part
    assert "SECRET" in part
    assert "Show the passage" in part
    assert "Text of part" in part
    assert "0 right, 1 to look at again." in part
    assert '<li class="is-wrong" aria-current="step">' in part


def without_tokens(html):
    """Line by line, without what htmx alone is told and what differs from page to page."""
    html = re.sub(r' data-said="[^"]*"| value="[^"]{30,}"', "", html)
    return [line.strip() for line in html.splitlines() if line.strip()]


@pytest.mark.parametrize("answered", [1, 6])  # one with a next question, one that ends the practice
def test_part_after_an_answer_is_what_the_whole_page_shows_of_it(reading, rivers, answered):
    address = start(reading)
    for _ in range(answered - 1):
        answer(reading, address)

    part = text(answer(reading, address, "false", **HTMX))

    page = text(reading.get(f"{address}&n={answered}"))
    assert re.search(r'data-said="Not quite. Saved at \d\d:\d\d."', part)
    assert without_tokens(part)[0] in without_tokens(page)
    assert "\n".join(without_tokens(part)) in "\n".join(without_tokens(page))


def test_two_who_answer_the_same_see_their_own_place_run_and_marks(rivers):
    for wrong_before in (0, 6):
        one = Client()
        address = start(one)
        run = re.search(r"run=(\d+)", address)[1]
        ours = AttemptItem.objects.get(attempt=run, question__slug="lesson-1-1-q1")
        before = [n for n in range(1, 7) if n != ours.number][:wrong_before]
        for number in before:
            answer(one, f"{address}&n={number}", "false")

        part = text(answer(one, f"{address}&n={ours.number}", **HTMX))

        assert f'data-title="Question {ours.number} of 6: right' in part
        assert f"1 right, {len(before)} to look at again." in part
        assert f"?run={run}&amp;n={ours.number}&amp;again=1" in part
        assert set(re.findall(r"run=(\d+)", part)) == {run}
        assert ("See how it went" in part) is (len(before) == 5)


def test_passage_is_not_in_the_page_before_the_answer(reading, rivers):
    page = text(reading.get(start(reading)))

    assert "Show the passage" not in page
    assert "Text of part" not in page


def test_passage_shown_is_the_one_the_question_is_about(reading, rivers):
    part = text(answer(reading, start(reading), **HTMX))

    passage = AttemptItem.objects.get(number=1).question.passage
    assert f"<h3>{passage.title}</h3>" in part
    assert f"§ {passage.position} of “<span>Lesson 1</span>”" in part
    assert f'href="/courses/rivers/lesson-1/#{passage.slug}"' in part


def test_plain_answer_leads_to_the_answered_question_and_on(reading, rivers):
    response = answer(reading, start(reading))

    assert response.status_code == 303
    page = text(reading.get(response["Location"]))
    assert "Your answer, right" in page
    run = Attempt.objects.get().pk
    assert f'href="{PRACTICE}?run={run}&amp;n=2"' in page


@pytest.mark.parametrize("size", [1, 3])
def test_practice_answer_takes_at_most_ten_queries(reading, lock, django_assert_max_num_queries, db, size):
    create_rivers(lessons=2 * size, passages=3 * size, questions=2 * size)
    address = start(reading)
    fields = asked(reading, address)

    # Two of them open and close the savepoint that stands here for the transaction of a request.
    with django_assert_max_num_queries(10 + lock):
        response = answer(reading, address, fields=fields, **HTMX)

    assert "Your answer, right" in text(response)


@pytest.mark.parametrize("size", [1, 3])
def test_question_page_takes_at_most_nine_queries(reading, django_assert_max_num_queries, db, size):
    create_rivers(lessons=2 * size, passages=3 * size, questions=2 * size)
    address = start(reading)
    answer(reading, address)

    with django_assert_max_num_queries(9):
        reading.get(address + "&n=1")
    with django_assert_max_num_queries(9):
        reading.get(address)


def test_double_click_stores_one_answer_with_one_receipt(reading, rivers):
    address = start(reading)
    fields = asked(reading, address)

    parts = [text(answer(reading, address, fields=fields, **HTMX)) for _ in range(2)]

    assert SavedAnswer.objects.count() == Mark.objects.count() == 1
    assert parts[0] == parts[1]


def test_two_tabs_store_one_answer(reading, rivers):
    address = start(reading)
    tabs = [asked(reading, address), asked(reading, address)]

    for fields in tabs:
        answer(reading, address, fields=fields)

    assert tabs[0]["writer"] != tabs[1]["writer"]
    assert SavedAnswer.objects.count() == 1


def test_trying_again_asks_without_the_key_and_marks_anew(reading, rivers):
    address = start(reading)
    answer(reading, address, "false")

    page = reading.get(address + "&n=1&again=1")
    assert "SECRET" not in text(page)
    answer(reading, address, "true", form_of(page, id="asked")["fields"])

    assert list(Mark.objects.values_list("number", "fraction")) == [(1, 0.0), (2, 1.0)]
    assert AttemptItem.objects.filter(answers__isnull=False).distinct().count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_blank_answer_is_refused_and_nothing_stored(reading, rivers, headers):
    address = start(reading)

    response = reading.post(PRACTICE, asked(reading, address), **headers)

    assert response.status_code == 422
    assert "nothing was saved" in text(response)
    assert not SavedAnswer.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_number_that_cannot_be_read_is_not_wrong(reading, db, headers):
    course = create_rivers(questions=0)
    factories.create_question(course.lessons.first(), "days", kind="numeric")
    address = start(reading)

    response = reading.post(PRACTICE, asked(reading, address) | {"q_number": "eighty"}, **headers)

    assert response.status_code == 422
    assert "Write it like 1200" in text(response)
    assert 'value="eighty"' in text(response)
    assert not SavedAnswer.objects.exists()


def test_end_shows_what_to_read_again_first(reading, rivers):
    answer_all(reading, ["false", "true", "true", "true", "true", "true"])
    run = Attempt.objects.get()
    missed = AttemptItem.objects.get(number=1).question.passage

    end = reading.post(PRACTICE, {"finish": run.pk})["Location"]
    page = text(reading.get(end))

    assert "5 of 6 right." in page
    assert page.index(missed.title) == min(page.index(p.title) for p in rivers.lessons.first().passages.all())
    assert page.count("read again</span>") == 1
    run.refresh_from_db()
    assert run.state == Attempt.State.FINISHED


def test_mistakes_are_practised_in_an_attempt_of_their_own(reading, rivers):
    answer_all(reading, ["false", "true", "false", "true", "true", "true"])
    run = Attempt.objects.get()
    reading.post(PRACTICE, {"finish": run.pk})

    address = reading.post(PRACTICE, {"mistakes": run.pk})["Location"]

    again = Attempt.objects.get(kind="mistakes")
    assert {i.question for i in again.items.all()} == {
        i.question for i in run.items.filter(number__in=[1, 3])
    }
    assert "1 of 2" in text(reading.get(address))


def test_answer_after_the_end_leads_to_the_result_and_stores_nothing(reading, rivers):
    address = start(reading)
    fields = asked(reading, address)
    run = Attempt.objects.get()
    reading.post(PRACTICE, {"finish": run.pk})

    response = answer(reading, address, fields=fields)

    assert response["Location"] == f"{PRACTICE}?run={run.pk}"
    assert not SavedAnswer.objects.exists()


def test_item_of_another_learner_is_not_found(client, rivers, learner, classmate):
    client.force_login(classmate)
    fields = asked(client, start(client))
    client.force_login(learner)

    assert client.post(PRACTICE, fields | {"q_answer": "true"}).status_code == 404
    assert client.get(f"{PRACTICE}?run={Attempt.objects.get().pk}").status_code == 404
    assert client.post(PRACTICE, {"finish": Attempt.objects.get().pk}).status_code == 404
    assert client.post(PRACTICE, {"mistakes": Attempt.objects.get().pk}).status_code == 404


@pytest.mark.parametrize("query", ["?run=0", "?run=x", f"?run={2**63}", "?n=99", "?n=-1", "?n=٣"])
def test_step_that_is_not_there_is_not_found(reading, rivers, query):
    start(reading)

    assert reading.get(PRACTICE + query).status_code == 404


def test_post_without_a_button_of_this_page_is_a_bad_request(reading, rivers):
    assert reading.post(PRACTICE, {}).status_code == 400


def test_option_is_stored_by_its_id_wherever_it_stood(db):
    """Readers see the options in orders of their own; who chose the same words stored the same."""
    lesson = factories.create_lesson(factories.create_course("seas"))
    question = factories.create_question(lesson, kind="single_choice")
    [right] = [option for option in question.current.content["options"] if option.get("correct")]
    path = f"/courses/seas/{lesson.slug}/practice/"
    places, stored = set(), []

    for _ in range(12):
        client = Client()
        page = client.get(client.post(path, {"start": "1"})["Location"])
        options = re.findall(r'name="(\w*choice)" value="([^"]+)"', page.content.decode())
        client.post(path, form_of(page, id="asked")["fields"] | {options[0][0]: right["id"]})
        places.add([id for _, id in options].index(right["id"]))
        stored.append(SavedAnswer.objects.order_by("pk").last().response)

    assert stored == [{"choice": right["id"]}] * 12
    assert len(places) > 1
