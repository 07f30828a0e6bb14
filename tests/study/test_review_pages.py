import re
import uuid
from datetime import timedelta

import pytest

from content.models import Question
from studyapp.quizzes.models import Attempt, Mark, SavedAnswer
from studyapp.reading.reading import mark_read
from studyapp.review.days import begins, study_day
from studyapp.review.exam_dates import set_exam_date
from studyapp.review.models import Card, ReviewLog, ReviewSettings
from studyapp.review.queue import due
from studyapp.review.reviewing import record_answer
from studyapp.study.shelf import lesson_on_shelf
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def course(db):
    course = factories.create_course()
    for n in (1, 2):
        lesson = factories.create_lesson(course, f"lesson-{n}", title=f"Lesson {n}", position=n)
        for passage in lesson.passages.all():
            for q in (1, 2):
                factories.create_question(lesson, f"{passage.slug}-q{q}", passage=passage, position=q)
    return course


@pytest.fixture
def reviewing(client, learner):
    client.force_login(learner)
    return client


def answered(learner, question, at, *, fraction=1.0, **fields):
    fields = {"origin": "practice", "response": {"answer": True}, "presented": {}} | fields
    return record_answer(
        learner, question, question.current, client_id=uuid.uuid4(), at=at, fraction=fraction, **fields
    )


def all_due(learner, course, today, *, days=30):
    questions = list(Question.objects.filter(course=course).select_related("current").order_by("pk"))
    for question in questions:
        answered(learner, question, today - timedelta(days=days))
    return questions


def hidden_fields(response):
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode())
    return {name: value for name, value in pairs if name != "csrfmiddlewaretoken"}


def ask(client, **headers):
    return client.get("/review/", {"ask": 1}, **headers)


def send(client, page, *, right=True, **headers):
    """Answer the question of this page, which is one of true or false."""
    fields = hidden_fields(page)
    question = Question.objects.select_related("current").get(pk=fields["question"])
    value = question.current.content["answer"] == right
    return client.post("/review/", fields | {"q_answer": str(value).lower()}, **headers)


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


# --- before it starts -------------------------------------------------------------------------------------


def test_visitor_is_told_what_will_be_here(client, course):
    response = client.get("/review/")

    assert "Nothing to review today." in text_of(response)


def test_number_and_minutes_are_said_beforehand(reviewing, learner, course, today):
    all_due(learner, course, today)

    page = text_of(reviewing.get("/review/"))

    assert "8 questions for today, about 4 minutes." in page
    assert "Review 8 questions for today" in page  # the link at the top


def test_minutes_come_from_how_long_this_learner_takes(reviewing, learner, course, today):
    questions = all_due(learner, course, today)
    for n in range(21):
        answered(learner, questions[0], today - timedelta(days=29, minutes=-n), seconds=60)

    assert "8 questions for today, about 8 minutes." in text_of(reviewing.get("/review/"))


def test_backlog_is_cut_to_the_minutes_and_its_size_is_not_thrown_at_anybody(
    reviewing, learner, course, today
):
    all_due(learner, course, today)
    ReviewSettings.objects.create(learner=learner, minutes_a_day=1)

    page = text_of(reviewing.get("/review/"))

    assert "2 questions for today, about 1 minute." in page
    assert "the rest waits for the days after" in page
    assert "8" not in page.split("Review never counts")[0].split("Daily review")[-1]


def test_looking_stores_nothing(reviewing, learner, course, today):
    all_due(learner, course, today)
    before = list(Card.objects.values()), ReviewLog.objects.count(), Attempt.objects.count()

    for query in ({}, {"ask": 1}, {"answered": uuid.uuid4()}):
        reviewing.get("/review/", query)
    reviewing.get("/review/mistakes/")

    assert (list(Card.objects.values()), ReviewLog.objects.count(), Attempt.objects.count()) == before


# --- one question after another ---------------------------------------------------------------------------


def test_answer_is_stored_and_leads_to_its_verdict(reviewing, learner, course, today):
    all_due(learner, course, today)

    response = send(reviewing, ask(reviewing))

    row = ReviewLog.objects.get(origin="review")
    assert (response.status_code, response.url) == (303, f"/review/?answered={row.client_id}")
    page = text_of(reviewing.get(response.url))
    days = (Card.objects.get(question=row.question).due_at.date() - row.at.date()).days
    assert re.search(rf"Right\. It comes back in ({days - 1}|{days}|{days + 1}) days\.", page)
    assert "Show the passage" in page
    assert "Undo, I guessed" in page
    assert "Next question" in page


def test_htmx_gets_the_verdict_in_place(reviewing, learner, course, today):
    all_due(learner, course, today)

    response = send(reviewing, ask(reviewing, **HTMX), right=False, **HTMX)

    html = response.content.decode()
    assert response.status_code == 200
    assert html.lstrip().startswith('<div id="run"')
    assert "Not quite. It comes back tomorrow." in text_of(response)
    assert "1 of 8" in text_of(response)


def test_wrong_answer_comes_back_tomorrow_and_the_end_says_how_much(reviewing, learner, course, today):
    question = all_due(learner, course, today)[0]
    Question.objects.exclude(pk=question.pk).update(state="retired")

    send(reviewing, ask(reviewing), right=False)

    page = text_of(reviewing.get("/review/"))
    assert "Done for today: 0 of 1 right." in page
    assert "Tomorrow: 1 question, about 1 minute." in page


def test_review_goes_through_all_questions_once_and_ends(reviewing, learner, course, today):
    questions = all_due(learner, course, today)
    seen = []

    while len(seen) < 20 and (page := ask(reviewing)).status_code == 200:
        seen.append(int(hidden_fields(page)["question"]))
        send(reviewing, page)

    assert page.url == "/review/"
    assert sorted(seen) == [question.pk for question in questions]


def test_no_two_of_one_passage_follow_each_other_while_all_is_right(reviewing, learner, course, today):
    all_due(learner, course, today)
    passages = []

    while len(passages) < 20 and (page := ask(reviewing)).status_code == 200:
        passages.append(Question.objects.get(pk=hidden_fields(page)["question"]).passage_id)
        send(reviewing, page)

    assert all(a != b for a, b in zip(passages, passages[1:], strict=False))


def test_after_a_wrong_answer_another_question_of_its_passage_comes(reviewing, learner, course, today):
    all_due(learner, course, today)
    page = ask(reviewing)
    first = Question.objects.get(pk=hidden_fields(page)["question"])

    send(reviewing, page, right=False)

    second = Question.objects.get(pk=hidden_fields(ask(reviewing))["question"])
    assert (second.passage, second.pk != first.pk) == (first.passage, True)


def test_double_click_and_two_tabs_rate_once(reviewing, learner, course, today):
    all_due(learner, course, today)
    one, two = ask(reviewing), ask(reviewing)
    assert hidden_fields(one)["question"] == hidden_fields(two)["question"]

    first = send(reviewing, one)
    again = send(reviewing, one)
    other_tab = send(reviewing, two)

    assert first.url == again.url == other_tab.url
    assert ReviewLog.objects.filter(origin="review").count() == 1


def test_other_answer_in_the_other_tab_is_kept_but_does_not_rate(reviewing, learner, course, today):
    all_due(learner, course, today)
    one, two = ask(reviewing), ask(reviewing)
    send(reviewing, one, right=False)

    response = send(reviewing, two, right=True)

    ratings = list(ReviewLog.objects.filter(origin="review").order_by("pk").values_list("rating", flat=True))
    assert ratings == [1, None]
    page = text_of(reviewing.get(response.url))
    assert "Only the first answer of a day counts for that." in page
    assert "Undo" not in page


def test_undo_brings_the_question_back_and_answering_it_again_rates_once(reviewing, learner, course, today):
    all_due(learner, course, today)
    before = list(Card.objects.order_by("pk").values())
    client_id = send(reviewing, ask(reviewing)).url.partition("=")[2]

    response = reviewing.post("/review/", {"undo": client_id}, follow=True)

    assert "Undone." in text_of(response)
    assert list(Card.objects.order_by("pk").values()) == before
    assert "8 questions for today" in text_of(response)
    assert reviewing.get("/review/", {"answered": client_id}).status_code == 302
    question = ReviewLog.objects.get(client_id=client_id).question
    Question.objects.exclude(pk=question.pk).update(state="retired")
    send(reviewing, ask(reviewing))
    assert Card.objects.get(question=question).answers == 2


def test_undo_twice_changes_nothing(reviewing, learner, course, today):
    all_due(learner, course, today)
    client_id = send(reviewing, ask(reviewing)).url.partition("=")[2]
    reviewing.post("/review/", {"undo": client_id})

    response = reviewing.post("/review/", {"undo": client_id}, follow=True)

    assert "undone before" in text_of(response)
    assert ReviewLog.objects.filter(origin="undo").count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_blank_answer_is_asked_again_and_not_stored(reviewing, learner, course, today, headers):
    all_due(learner, course, today)

    response = reviewing.post("/review/", hidden_fields(ask(reviewing)), **headers)

    assert response.status_code == 422
    assert "Please answer first" in text_of(response)
    assert not ReviewLog.objects.filter(origin="review").exists()


def test_order_of_options_is_the_one_that_was_shown(reviewing, learner, course, today):
    lesson = course.lessons.first()
    question = factories.create_question(lesson, "options", kind="multiple_choice")
    answered(learner, question, today - timedelta(days=30))
    page = ask(reviewing)
    fields = hidden_fields(page)
    shown = re.findall(r'name="q_choice" value="([^"]+)"', page.content.decode())

    reviewing.post("/review/", fields | {"q_choice": shown[0]})

    row = ReviewLog.objects.get(origin="review")
    assert list(row.presented["order"]) == shown


def test_review_never_touches_attempts_or_marks(reviewing, learner, course, today):
    all_due(learner, course, today)

    send(reviewing, ask(reviewing))

    assert (Attempt.objects.count(), SavedAnswer.objects.count(), Mark.objects.count()) == (0, 0, 0)


# --- new questions ----------------------------------------------------------------------------------------


def test_new_questions_come_from_passages_that_were_read(reviewing, learner, course, today):
    passage = course.lessons.get(slug="lesson-1").passages.first()
    mark_read(learner, [passage], now=today)

    assert "2 questions for today" in text_of(reviewing.get("/review/"))
    assert Question.objects.get(pk=hidden_fields(ask(reviewing))["question"]).passage == passage


def test_new_questions_of_a_day_are_limited_by_the_learner(reviewing, learner, course, today):
    mark_read(learner, list(course.lessons.get(slug="lesson-1").passages.all()), now=today)
    ReviewSettings.objects.create(learner=learner, new_a_day=3)
    seen = []

    while len(seen) < 20 and (page := ask(reviewing)).status_code == 200:
        seen.append(hidden_fields(page)["question"])
        send(reviewing, page)

    assert len(seen) == 3


def test_learner_chooses_how_much(reviewing, learner):
    response = reviewing.post(
        "/review/", {"settings": 1, "minutes_a_day": 5, "new_a_day": 0, "desired_recall": "0.85"}
    )

    settings = ReviewSettings.objects.get(learner=learner)
    assert response.status_code == 303
    assert (settings.minutes_a_day, settings.new_a_day, settings.desired_recall) == (5, 0, 0.85)


@pytest.mark.parametrize(
    "wrong", [{"minutes_a_day": 0}, {"minutes_a_day": 999}, {"new_a_day": -1}, {"desired_recall": "0.99"}]
)
def test_impossible_choice_is_refused_at_its_field(reviewing, learner, wrong):
    fields = {"settings": 1, "minutes_a_day": 5, "new_a_day": 0, "desired_recall": "0.85"} | wrong

    response = reviewing.post("/review/", fields)

    assert response.status_code == 422
    assert "Your choice is not saved" in text_of(response)
    assert not ReviewSettings.objects.exists()


# --- what must not be shown -------------------------------------------------------------------------------


def test_question_held_by_a_quiz_shows_nowhere(reviewing, learner, course, today):
    for question in all_due(learner, course, today):
        answered(learner, question, today, held=True, origin="quiz", fraction=0.0)

    assert "Nothing to review today." in text_of(reviewing.get("/review/"))
    assert ask(reviewing).status_code == 302
    assert "There is none now." in text_of(reviewing.get("/review/mistakes/"))


def test_held_question_cannot_be_answered_from_an_older_page(reviewing, learner, course, today):
    all_due(learner, course, today)
    page = ask(reviewing)
    question = Question.objects.get(pk=hidden_fields(page)["question"])
    answered(learner, question, today, held=True, origin="quiz")

    assert send(reviewing, page).status_code == 404


def test_verdict_hides_once_a_quiz_holds_the_question(reviewing, learner, course, today):
    all_due(learner, course, today)
    address = send(reviewing, ask(reviewing)).url
    answered(learner, ReviewLog.objects.get(origin="review").question, today, held=True, origin="quiz")

    assert reviewing.get(address).status_code == 302


def test_exam_question_shows_only_after_a_quiz_has_shown_it(reviewing, learner, course, today):
    practised, quizzed = all_due(learner, course, today)[:2]
    Question.objects.filter(pk__in=[practised.pk, quizzed.pk]).update(use="exam")
    Question.objects.exclude(pk__in=[practised.pk, quizzed.pk]).update(state="retired")
    answered(learner, quizzed, today - timedelta(days=20), origin="quiz")

    assert "1 question for today" in text_of(reviewing.get("/review/"))
    assert int(hidden_fields(ask(reviewing))["question"]) == quizzed.pk


def test_nobody_answers_or_undoes_for_another(reviewing, client, classmate, learner, course, today):
    all_due(classmate, course, today)
    client.force_login(classmate)
    page = ask(client)
    client_id = send(client, page).url.partition("=")[2]
    client.force_login(learner)

    assert client.post("/review/", {"undo": client_id}).status_code == 404
    assert client.get("/review/", {"answered": client_id}).status_code == 302
    assert send(client, page).status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {"undo": "x"},
        {"undo": ""},
        {"question": "x"},
        {"question": "9" * 30, "version": "1", "round": "0"},
        {"question": "1", "version": "-1", "round": "0"},
        {"nothing": "1"},
    ],
)
def test_posts_of_no_page_of_ours_are_refused(reviewing, data):
    fields = {"client_id": str(uuid.uuid4()), "writer": "w", "number": "0"} | data

    assert reviewing.post("/review/", fields).status_code in (400, 404)


# --- queries ----------------------------------------------------------------------------------------------


def test_pages_take_eight_queries_at_most(reviewing, learner, course, today, django_assert_max_num_queries):
    all_due(learner, course, today)
    mark_read(learner, list(course.lessons.first().passages.all()), now=today)
    for lesson in course.lessons.all():
        lesson_on_shelf(lesson, course)  # drawn once for everybody

    with django_assert_max_num_queries(8):
        reviewing.get("/review/")
    with django_assert_max_num_queries(8):
        page = ask(reviewing)
    with django_assert_max_num_queries(10):
        response = send(reviewing, page, **HTMX)
    assert response.status_code == 200


# --- home and mistakes ------------------------------------------------------------------------------------


def test_home_offers_review_as_the_one_step_when_questions_are_due(reviewing, learner, course, today):
    all_due(learner, course, today)
    mark_read(learner, list(course.lessons.first().passages.all()), now=today)

    page = reviewing.get("/")

    assert "8 questions to review, about 4 minutes." in text_of(page)
    assert 'href="/review/?ask=1"' in page.content.decode()


def test_mistakes_stand_by_passage_and_leave_when_known(reviewing, learner, course, today):
    question = Question.objects.select_related("current", "passage").get(slug="lesson-1-1-q1")
    answered(learner, question, today - timedelta(days=2), fraction=0.0)
    answered(learner, Question.objects.get(slug="lesson-1-1-q2"), today - timedelta(days=2), fraction=1.0)

    page = text_of(reviewing.get("/review/mistakes/"))
    assert ("1 question you did not get right" in page, question.passage.title in page) == (True, True)

    answered(learner, question, today, fraction=1.0)

    assert "There is none now." in text_of(reviewing.get("/review/mistakes/"))


def test_mistakes_are_practised_from_their_place(reviewing, learner, course, today):
    question = Question.objects.select_related("current").get(slug="lesson-1-1-q1")
    answered(learner, question, today - timedelta(days=2), fraction=0.0)

    reviewing.post("/courses/rivers/lesson-1/practice/", {"mistakes": "all"})

    attempt = Attempt.objects.get()
    assert attempt.kind == Attempt.Kind.MISTAKES
    assert [item.question for item in attempt.items.all()] == [question]


# --- held: checks and practice ----------------------------------------------------------------------------


def test_check_in_a_lesson_hides_while_a_quiz_holds_its_question(reviewing, learner, course, today):
    question = Question.objects.select_related("current", "passage").get(slug="lesson-1-1-q1")
    question.passage.segments.append({"check": question.slug})
    question.passage.save()
    lesson = "/courses/rivers/lesson-1/"
    assert "check_lesson-1-1-q1" in reviewing.get(lesson).content.decode()

    answered(learner, question, today, held=True, origin="quiz")

    assert "check_lesson-1-1-q1" not in reviewing.get(lesson).content.decode()
    assert reviewing.get(f"{lesson}check/{question.slug}/", **HTMX).status_code == 404


def test_running_practice_leaves_out_what_a_quiz_holds(reviewing, learner, course, today):
    address = reviewing.post("/courses/rivers/lesson-1/practice/", {"start": 1}).url
    run = Attempt.objects.get()
    for item in run.items.exclude(number=3):
        answered(learner, item.question, today, held=True, origin="quiz")

    page = reviewing.get(address)

    assert f'name="item" value="{run.items.get(number=3).pk}"' in page.content.decode()
    assert reviewing.get(f"{address}&n=1").status_code == 404


# --- an exam ahead ----------------------------------------------------------------------------------------


def only_question(learner, course, today):
    """One question, known so well that it would come back in months."""
    question = Question.objects.filter(course=course).select_related("current").order_by("pk").first()
    Question.objects.exclude(pk=question.pk).update(state="retired")
    for days in (200, 190, 150):
        answered(learner, question, today - timedelta(days=days))
    return question


def exam_in(learner, course, today, days):
    on = study_day(today, learner.time_zone) + timedelta(days=days)
    set_exam_date(learner, course, on, now=today)
    return on


def test_next_date_is_that_of_the_last_look_where_an_exam_comes_first(reviewing, learner, course, today):
    question = only_question(learner, course, today)
    exam = exam_in(learner, course, today, 30)
    look = exam - timedelta(days=question.pk % 14 + 1)

    page = text_of(reviewing.get(send(reviewing, ask(reviewing)).url))

    days = (look - study_day(today, learner.time_zone)).days
    assert f"Right. It comes back in {days} days." in page
    assert f"{look:%A}, {look.day} {look:%B}, for a last look before your exam." in page
    assert due(learner, until=begins(look, learner.time_zone)).exists()
    assert not due(learner, until=begins(look, learner.time_zone) - timedelta(days=1)).exists()


def test_question_rated_shortly_before_the_exam_is_said_to_come_after_it(reviewing, learner, course, today):
    only_question(learner, course, today)
    exam = exam_in(learner, course, today, 10)

    page = text_of(reviewing.get(send(reviewing, ask(reviewing)).url))

    assert f"That is after your exam on {exam.day} {exam:%B}." in page
    assert not due(learner, until=begins(exam, learner.time_zone)).exists()


def test_without_an_exam_nothing_is_said_of_one(reviewing, learner, course, today):
    only_question(learner, course, today)

    assert (
        "exam" not in text_of(reviewing.get(send(reviewing, ask(reviewing)).url)).split("Show the passage")[0]
    )
