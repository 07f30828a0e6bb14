"""The bank in the admin: found by where and how questions are used, and changed many at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from content import bank
from content.authoring import Refused, save_work
from content.editors import QuestionEditor
from content.models import Objective, Question, Topic, Work
from studyapp.quizzes.sittings import start_quiz, submit_attempt
from studyapp.quizzes.usage import fares
from studyapp.review.reviewing import answer_in_review, undo
from tests import factories
from tests.content.posting import at_once, posted_from
from tests.factories import THEN

URL = "admin:content_question_changelist"


@pytest.fixture
def foreign(db):
    other = factories.create_user("other", is_staff=True)
    return factories.create_question(
        factories.create_lesson(factories.create_course("deltas", staff=[other]), "mouths"), "of-deltas"
    )


def listed(author, **query):
    """The ids that the list shows for a filter."""
    response = author.get(reverse(URL), query)
    assert response.status_code == 200, response["Location"]
    return sorted(question.slug for question in response.context["cl"].result_list)


def ask_in_text(question):
    passage = question.passage
    passage.segments = [*passage.segments, {"check": question.slug}]
    passage.save()


def preview(question, *, author_of):
    """The author sits a quiz with this question in it, handed in; the quiz is gone again afterwards."""
    quiz = factories.create_quiz(question.course, "a-preview", slots=[question], state="draft")
    attempt = start_quiz(author_of, quiz, now=THEN, rng=factories.Random(1), preview=True)
    factories.save_in(attempt, 1, {"answer": ["true"]})
    submit_attempt(attempt, now=THEN, by=author_of)
    quiz.slots.all().delete()


# --- found ----------------------------------------------------------------------------------------------------


def test_bank_is_filtered_by_lesson_passage_kind_level_tag_and_state(author, course, lesson):
    other = factories.create_lesson(course, "mouths")
    first, second = lesson.passages.all()
    factories.create_question(lesson, "one", passage=first, topics=["water"], level="apply")
    factories.create_question(lesson, "two", passage=second, kind="numeric")
    factories.create_question(lesson, "three", passage=second, state="draft")
    factories.create_question(other, "four", topics=["salt", "water"], state="retired")
    Question.objects.filter(slug="three").update(passage=None)
    here = {"lesson__id__exact": lesson.pk}

    found = {
        "lesson": listed(author, **here),
        "passage": listed(author, **here, passage=second.pk),
        "no passage": listed(author, **here, passage="none"),
        "kind": listed(author, kind="numeric"),
        "level": listed(author, level__exact="apply"),
        "tag": listed(author, tag="water"),
        "no tag": listed(author, tag="-"),
        "state": listed(author, state__exact="retired"),
        "course": listed(author, course__id__exact=course.pk),
        "together": listed(author, **here, tag="water", level__exact="apply", q="statement"),
        "by id": listed(author, q="three"),
    }

    assert found == {
        "lesson": ["one", "three", "two"],
        "passage": ["two"],
        "no passage": ["three"],
        "kind": ["two"],
        "level": ["one"],
        "tag": ["four", "one"],
        "no tag": ["three", "two"],
        "state": ["four"],
        "course": ["four", "one", "three", "two"],
        "together": [],
        "by id": ["three"],
    }


@pytest.mark.parametrize(
    "query",
    [
        {"lesson__id__exact": "x"},
        {"lesson__id__exact": "9" * 30},
        {"passage": "x"},
        {"course__id__exact": "9" * 30},
        {"used": "quiz-x"},
        {"used": "quiz-" + "9" * 30},
        {"used": "nonsense"},
        {"kind": "nonsense"},
        {"tag": "nonsense"},
        {"_facets": "True", "used": "never"},
    ],
)
def test_filter_that_no_page_offers_is_no_crash(author, lesson, query):
    factories.create_question(lesson)

    assert author.get(reverse(URL), query).status_code in (200, 302)


def test_never_used_is_what_stands_nowhere_and_nobody_was_asked(author, course, lesson, learner, instructor):
    for slug in ("fresh", "in-text", "in-quiz", "answered", "reviewed", "previewed"):
        factories.create_question(lesson, slug)
    by_slug = {question.slug: question for question in Question.objects.all()}
    ask_in_text(by_slug["in-text"])
    factories.create_quiz(course, slots=[by_slug["in-quiz"]])
    factories.create_answer(learner, by_slug["answered"])
    preview(by_slug["previewed"], author_of=instructor)
    question = by_slug["reviewed"]
    answer_in_review(
        learner, question, question.current, client_id=uuid4(), at=THEN, fraction=1.0, response={"answer": True},
        presented={}, seconds=None,
    )  # fmt: skip

    assert listed(author, used="never") == ["fresh", "previewed"]
    assert listed(author, used="lesson") == ["in-text"]
    assert listed(author, used="quiz") == ["in-quiz"]


def test_used_in_a_quiz_is_what_it_asks_and_what_it_may_draw(author, course, lesson):
    factories.create_question(lesson, "fixed", state="draft")
    factories.create_question(lesson, "drawn", level="apply", topics=["a", "b"])
    factories.create_question(lesson, "one-tag", level="apply", topics=["a"])
    factories.create_question(lesson, "other-level", topics=["a", "b"])
    factories.create_question(lesson, "not-ready", level="apply", topics=["a", "b"], state="draft")
    factories.create_question(lesson, "practice-only", level="apply", topics=["a", "b"], use="practice")
    quiz = factories.create_quiz(
        course,
        slots=[
            Question.objects.get(slug="fixed"),
            {"draw": 1, "filter": {"lessons": ["sources"], "levels": ["apply"], "tags": ["a", "b"]}},
        ],
    )

    as_exam = listed(author, used=f"quiz-{quiz.pk}")
    quiz.preset = "learn"
    quiz.save()

    assert as_exam == ["drawn", "fixed"]
    assert listed(author, used=f"quiz-{quiz.pk}") == ["drawn", "fixed", "practice-only"]


def test_quiz_and_passage_of_another_course_filter_to_nothing(author, foreign):
    quiz = factories.create_quiz(foreign.course, slots=[foreign])

    assert listed(author, used=f"quiz-{quiz.pk}") == []
    assert listed(author, lesson__id__exact=foreign.lesson_id) == []
    page = author.get(reverse(URL), {"lesson__id__exact": foreign.lesson_id}).content.decode()
    assert foreign.passage.title not in page


@pytest.mark.parametrize(
    "query", [{}, {"used": "never"}, {"used": "lesson"}, {"tag": "water"}, {"q": "statement", "used": "quiz"}]
)
def test_list_costs_the_same_for_three_times_the_questions(
    author, course, lesson, query, django_assert_num_queries
):
    def fill(start, end):
        for number in range(start, end):
            question = factories.create_question(lesson, f"q-{number}", topics=["water", f"tag-{number}"])
            ask_in_text(question) if number % 2 else factories.create_quiz(
                course, f"z-{number}", slots=[question]
            )

    fill(0, 4)
    listed(author, **query)
    with CaptureQueriesContext(
        connection,
    ) as once:
        listed(author, **query)
    fill(4, 12)

    with django_assert_num_queries(len(once)):
        listed(author, **query)


# --- changed at once --------------------------------------------------------------------------------------------


def tags(slug):
    return sorted(Question.objects.get(slug=slug).topics.values_list("name", flat=True))


def test_tags_are_added_and_taken_off_with_a_page_before(author, course, lesson):
    one = factories.create_question(lesson, "one", topics=["old", "kept"])
    two = factories.create_question(lesson, "two")

    page = at_once(author, "tag", one, two).content.decode()
    before = tags("one")
    done = at_once(author, "tag", one, two, apply=True, add="New one, kept", remove=["old"])

    assert "2 questions" in page
    assert 'value="old"' in page
    assert before == ["kept", "old"]
    assert done.status_code == 302
    assert (tags("one"), tags("two")) == (["kept", "new-one"], ["kept", "new-one"])
    assert {entry.get_change_message() for entry in LogEntry.objects.all()} == {
        "Tags added new-one, kept and removed old."
    }


def test_tags_that_stand_already_change_nothing(lesson, now):
    factories.create_question(lesson, "one", topics=["water"])

    assert bank.tag_questions(Question.objects.all(), add=["water"], remove=["salt"], now=now) == []
    assert Topic.objects.count() == 1


def test_tags_of_two_courses_are_never_shared(lesson, foreign, now):
    factories.create_question(lesson, "one")

    changed = bank.tag_questions(Question.objects.all(), add=["water"], now=now)

    assert len(changed) == 2
    assert sorted(Topic.objects.values_list("course__slug", "name")) == [
        ("deltas", "water"),
        ("rivers", "water"),
    ]


def test_moving_takes_questions_to_the_end_of_the_lesson_and_leaves_its_old_place(author, course, lesson):
    objective = Objective.objects.create(
        course=course, lesson=lesson, slug="tell", level="apply", text="Tell."
    )
    target = factories.create_lesson(course, "mouths")
    last = factories.create_question(target, "last", position=7)
    one = factories.create_question(lesson, "one", position=1, objective=objective)
    two = factories.create_question(lesson, "two", position=2)

    page = at_once(author, "move", two, one).content.decode()
    at_once(author, "move", two, one, apply=True, lesson=target.pk)

    assert "Mouths" in page
    for question in (one, two, last):
        question.refresh_from_db()
    assert [(q.lesson, q.position) for q in (last, one, two)] == [(target, 7), (target, 8), (target, 9)]
    assert (one.passage, one.objective, two.passage) == (None, None, None)
    assert one.current.number == 1


def test_moving_to_a_passage_of_the_same_lesson_keeps_the_place(author, lesson):
    first, second = lesson.passages.all()
    question = factories.create_question(lesson, "one", position=3, passage=first)

    at_once(author, "move", question, apply=True, lesson=lesson.pk, passage=second.pk)

    question.refresh_from_db()
    assert (question.position, question.passage) == (3, second)
    assert LogEntry.objects.get().get_change_message() == f"Moved to “Sources”, “{second.title}”."


def test_citations_of_a_moved_question_lead_to_its_new_lesson(author, course, lesson):
    save_work(
        Work(course=course, slug="herodotus", definition={"title": "Histories", "authors": ["Herodotus"]})
    )
    content = factories.EXAMPLES["true_false"] | {"explanation": "So it is [@herodotus]."}
    question = factories.create_question(lesson, "one", content=content)
    target = factories.create_lesson(course, "mouths")
    before = question.current.rendered["explanation"]

    at_once(author, "move", question, apply=True, lesson=target.pk)
    moved = Question.objects.get(slug="one").current
    factories.create_question(lesson, "one", content=content)
    back = Question.objects.get(slug="one").current

    assert "/courses/rivers/sources/" in before
    assert "/courses/rivers/mouths/" in moved.rendered["explanation"]
    assert (back.rendered["explanation"], back.number) == (before, 1)


def test_questions_of_two_courses_do_not_move_together(author, course, lesson, instructor):
    one = factories.create_question(lesson, "one")
    second = factories.create_lesson(factories.create_course("lakes", staff=[instructor]), "shores")
    two = factories.create_question(second, "two")

    answer = at_once(author, "move", one, two)

    assert answer.status_code == 302
    with pytest.raises(Refused, match="of the course of the lesson"):
        bank.move_questions(Question.objects.all(), lesson, now=THEN)
    assert Question.objects.get(slug="two").lesson == second


@pytest.mark.parametrize("target", ["lesson", "passage"])
def test_nothing_moves_to_another_course_or_passage_of_another_lesson(
    author, course, lesson, foreign, target
):
    question = factories.create_question(lesson, "one")
    other = factories.create_lesson(course, "mouths-2").passages.first()
    data = {"lesson": foreign.lesson_id} if target == "lesson" else {"lesson": lesson.pk, "passage": other.pk}

    answer = at_once(author, "move", question, apply=True, **data)

    assert answer.status_code == 422
    question.refresh_from_db()
    assert (question.lesson, question.passage) == (lesson, lesson.passages.first())


def test_retiring_names_the_lessons_and_quizzes_that_will_lack_the_question(author, course, lesson):
    one, two = (factories.create_question(lesson, slug) for slug in ("one", "two"))
    ask_in_text(one)
    factories.create_quiz(course, "spring-test", slots=[two])

    page = at_once(author, "retire", one, two).content.decode()
    at_once(author, "retire", one, two, apply=True)

    assert "2 places will lack a question" in page
    assert "in the text of “Sources”" in page
    assert "in the quiz “Spring Test”" in page
    assert set(Question.objects.values_list("state", flat=True)) == {"retired"}


@pytest.mark.parametrize("action", ["tag", "move", "retire", "make_draft", "make_ready"])
def test_questions_of_another_course_are_out_of_reach(author, lesson, foreign, action):
    data = {"add": "taken", "lesson": lesson.pk}
    before = (foreign.state, foreign.updated_at)

    at_once(author, action, foreign, apply=True, **data)

    foreign.refresh_from_db()
    assert (foreign.state, foreign.updated_at) == before
    assert foreign.lesson.course.slug == "deltas"
    assert not foreign.topics.exists()


def test_what_is_meant_may_not_have_grown_since_the_page_was_shown(author, lesson):
    question = factories.create_question(lesson, "one")
    factories.create_question(lesson, "two")
    everything = {"select_across": "1", "count": "1"}

    again = at_once(author, "retire", question, apply=True, **everything)

    assert "2 questions" in again.content.decode()
    assert set(Question.objects.values_list("state", flat=True)) == {"ready"}


def test_everything_that_a_filter_finds_is_changed_beyond_the_page(author, lesson, monkeypatch):
    for number in range(5):
        factories.create_question(lesson, f"q-{number}", level="apply" if number else "remember")
    first = Question.objects.get(slug="q-1")

    at_once(
        author, "tag", first, apply=True, query="?level__exact=apply", select_across="1", count="4", add="x"
    )

    assert [tags(f"q-{number}") for number in range(5)] == [[], ["x"], ["x"], ["x"], ["x"]]


@pytest.mark.parametrize("act", ["tag", "move", "state"])
def test_a_verb_on_many_costs_the_same_for_three_times_the_questions(
    course, lesson, now, act, django_assert_num_queries
):
    targets = [factories.create_lesson(course, f"target-{n}") for n in range(2)]

    def change(turn):
        everything = Question.objects.all()
        if act == "tag":
            bank.tag_questions(everything, add=[f"new-{turn}"], remove=[f"new-{turn - 1}"], now=now)
        elif act == "move":
            bank.move_questions(everything, targets[turn % 2], now=now)
        else:
            bank.set_state(everything, ("draft", "ready")[turn % 2], now=now)

    for number in range(4):
        factories.create_question(lesson, f"q-{number}")
    change(0)
    with CaptureQueriesContext(connection) as once:
        change(1)
    for number in range(4, 12):
        factories.create_question(
            lesson, f"q-{number}", topics=["new-1"], state=Question.objects.first().state
        )
    Question.objects.update(lesson=Question.objects.first().lesson)

    with django_assert_num_queries(len(once)):
        change(2)


# --- where it is used, how it fares -------------------------------------------------------------------------------


def page_of(author, question):
    return author.get(reverse("admin:content_question_change", args=[question.pk]))


def test_page_of_a_question_says_where_it_is_asked(author, course, lesson):
    question = factories.create_question(lesson, "one", level="apply")
    ask_in_text(question)
    factories.create_quiz(course, "fixed-quiz", slots=[question])
    factories.create_quiz(course, "drawing-quiz", slots=[{"draw": 1, "filter": {"levels": ["apply"]}}])
    factories.create_quiz(course, "other-quiz", slots=[{"draw": 1, "filter": {"levels": ["remember"]}}])
    factories.create_quiz(course, "gone-quiz", slots=[question], state="retired")

    page = page_of(author, question).content.decode()

    assert f"/courses/rivers/sources/#check_{question.slug}" in page
    assert "Fixed Quiz" in page
    assert "Drawing Quiz" in page
    assert "Other Quiz" not in page
    assert "Gone Quiz" not in page


def test_question_that_is_used_nowhere_says_so(author, lesson):
    page = page_of(author, factories.create_question(lesson, "one")).content.decode()

    assert "Nowhere yet" in page
    assert "Nobody has answered it yet" in page


def answers(question, right, wrong, *, start=0):
    for number in range(right + wrong):
        learner = factories.create_user(f"learner-{start + number}")
        factories.create_answer(learner, question, right=number < right)


def test_below_ten_answers_there_are_counts_and_no_share(author, lesson):
    question = factories.create_question(lesson, "one")
    answers(question, 6, 3)
    few = page_of(author, question).content.decode()
    answers(question, 1, 0, start=20)
    many = page_of(author, question).content.decode()

    assert [(row.answers, row.right, row.share_right) for row in fares(question)] == [(10, 7, 70.0)]
    assert "70 %" not in few
    assert "too few" in few
    assert "Shares are shown from ten answers on" in few
    assert "70 %" in many


def test_wordings_are_counted_apart_and_blanks_of_quizzes_with_them(author, course, lesson):
    question = factories.create_question(lesson, "one")
    answers(question, 2, 1)
    other = dict(question.current.content, stem="Another statement.")
    question = factories.create_question(lesson, "one", content=other)
    answers(question, 1, 0, start=10)
    quiz = factories.create_quiz(course, slots=[question], preset="learn")
    for number, said in enumerate((None, "true", "")):
        learner = factories.create_user(f"sitter-{number}")
        attempt = start_quiz(learner, quiz, now=THEN, rng=factories.Random(1))
        if said is not None:
            factories.save_in(attempt, 1, {"answer": ["true"]}, at=THEN)
        if said == "":
            factories.save_in(attempt, 1, {}, at=THEN, sequence=1)
        submit_attempt(attempt, now=THEN + timedelta(minutes=1), by=learner)
    start_quiz(factories.create_user("running"), quiz, now=THEN, rng=factories.Random(1))

    rows = [(row.number, row.answers, row.right, row.blank) for row in fares(question)]

    right = int(question.current.content["answer"])
    assert rows == [(2, 2, 1 + right, 2), (1, 3, 2, 0)]


def test_review_counts_and_previews_and_what_was_undone_do_not(author, lesson, instructor, now):
    question = factories.create_question(lesson, "one")
    preview(question, author_of=instructor)
    rows = [
        answer_in_review(
            factories.create_user(f"reviewer-{n}"), question, question.current, client_id=uuid4(), at=THEN,
            fraction=1.0, response={"answer": True}, presented={}, seconds=None,
        )
        for n in range(2)
    ]  # fmt: skip
    undo(rows[0], now=now)

    assert [(row.answers, row.right) for row in fares(question)] == [(1, 1)]


def test_question_page_costs_the_same_for_three_times_the_answers(
    author, course, lesson, django_assert_num_queries
):
    question = factories.create_question(lesson, "one")

    def fill(start, end):
        answers(question, end - start, 0, start=start)
        for number in range(start, end):
            factories.create_quiz(
                course, f"z-{number}", slots=[question, {"draw": 1, "filter": {"tags": ["x"]}}]
            )
            other = factories.create_question(lesson, f"other-{number}")
            ask_in_text(other)

    fill(0, 4)
    page_of(author, question)
    with CaptureQueriesContext(connection) as once:
        page_of(author, question)
    fill(4, 12)

    with django_assert_num_queries(len(once)):
        page_of(author, question)


# --- the same wording ---------------------------------------------------------------------------------------------


def test_saving_warns_of_the_same_wording_with_a_link_and_saves(author, course, lesson):
    first = factories.create_question(lesson, "first")
    posted = posted_from(QuestionEditor("true_false", content=first.current.content)).dict()
    columns = {"lesson": lesson.pk, "level": "remember", "use": "both", "state": "draft", "slug": "second"}

    address = f"{reverse('admin:content_question_add')}?course={course.slug}&kind=true_false"
    page = author.post(address, posted | columns, follow=True).content.decode()

    assert Question.objects.filter(slug="second").exists()
    assert "Another question is worded like this one" in page
    assert reverse("admin:content_question_change", args=[first.pk]) in page
    # The page of the question goes on saying it, after the message is gone.
    assert "Worded like" in page_of(author, first).content.decode()


def test_own_older_version_and_other_courses_are_no_duplicates(author, course, lesson, foreign):
    question = factories.create_question(lesson, "one", content=foreign.current.content)

    assert "Worded like" not in page_of(author, question).content.decode()
