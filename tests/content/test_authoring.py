"""The verbs by which lessons and questions change: what is refused, what is versioned, what is rendered."""

import pytest

from content import markup
from content.authoring import (
    Refused,
    create_course,
    rerender,
    restore_revision,
    restore_version,
    retire_question,
    save_course,
    save_event,
    save_figure,
    save_lesson,
    save_question,
    save_term,
    save_work,
)
from content.models import (
    Course,
    CourseStaff,
    Event,
    Figure,
    Lesson,
    LessonRevision,
    Module,
    Objective,
    Passage,
    Question,
    QuestionVersion,
    Term,
    Work,
)

pytestmark = pytest.mark.django_db

BODY = """The lead.

## What a spring is {#what-a-spring-is}

Water comes to light.

## How much water {#how-much-water}

That changes.
"""
OBJECTIVE = {"id": "explain-springs", "level": "understand", "text": "Explain springs."}
CONTENT = {
    "stem": "What *feeds* a spring?",
    "options": [
        {"text": "Water held in rock", "correct": True, "feedback": "Right."},
        {"text": "Water from wells", "feedback": "No."},
        {"text": "Melted sea ice", "feedback": "No."},
    ],
    "explanation": "It is the mouth of an aquifer.",
}


@pytest.fixture
def course(instructor, now):
    return create_course(slug="rivers", title="Rivers", owner=instructor, now=now)


@pytest.fixture
def lesson(course, instructor, now):
    module = Module.objects.create(course=course, slug="water", title="Water")
    new = Lesson(course=course, module=module, slug="springs", title="Springs")
    return save_lesson(new, {"body": BODY, "objectives": [OBJECTIVE]}, by=instructor, now=now)


@pytest.fixture
def ask(lesson, instructor, now):
    """Save the question "feeds" with some of its fields changed."""

    def save(slug="feeds", **changes):
        fields = {
            "kind": "single_choice",
            "content": CONTENT,
            "lesson": lesson,
            "passage": lesson.passages.first(),
            "objective": lesson.objectives.first(),
            "level": "understand",
            "topics": ["water"],
            "use": "both",
            "state": "ready",
            "by": instructor,
            "now": now,
        }
        return save_question(lesson.course, slug, **{**fields, **changes})

    return save


# --- courses ------------------------------------------------------------------


def test_a_new_course_belongs_to_who_made_it(course, instructor):
    staff = CourseStaff.objects.get(course=course)

    assert (staff.user, staff.role) == (instructor, "owner")


@pytest.mark.parametrize("slug", ["", "Rivers", "a b", "-a", "a_b", "a" * 81])
def test_a_course_with_a_bad_id_is_refused(slug, instructor, now):
    with pytest.raises(Refused):
        create_course(slug=slug, title="Rivers", owner=instructor, now=now)

    assert not Course.objects.exists()


def test_a_taken_id_of_a_course_is_refused(course, now):
    with pytest.raises(Refused, match='there is a course "rivers" already'):
        create_course(slug="rivers", title="More rivers", now=now)


def test_saving_a_course_renders_its_texts(course):
    course.summary, course.notice = "Two *words*.", "<b>raw</b>"

    save_course(course)

    course.refresh_from_db()
    assert course.summary_html == "<p>Two <em>words</em>.</p>"
    assert course.notice_html == "<p>&lt;b&gt;raw&lt;/b&gt;</p>"


# --- lessons ------------------------------------------------------------------


def test_a_lesson_gets_passages_objectives_and_a_revision(lesson, instructor, now):
    assert [(p.slug, p.title, p.position) for p in lesson.passages.all()] == [
        ("what-a-spring-is", "What a spring is", 0),
        ("how-much-water", "How much water", 1),
    ]
    assert lesson.passages.first().text == "Water comes to light."
    assert lesson.lead == [{"html": "<p>The lead.</p>"}]
    assert [o.slug for o in lesson.objectives.all()] == ["explain-springs"]
    revision = lesson.revisions.get()
    assert (revision.number, revision.created_by, revision.created_at) == (1, instructor, now)
    assert revision.document.startswith("---\nid: springs\ntitle: Springs\n")


def test_a_lesson_saved_unchanged_writes_no_revision_and_keeps_its_time(lesson, now):
    before = Lesson.objects.values().get()

    save_lesson(Lesson.objects.get(), {"body": BODY}, by=None, now=now)

    assert Lesson.objects.values().get() == before
    assert lesson.revisions.count() == 1


def test_passages_keep_their_rows_by_id(lesson, now):
    ids = dict(Passage.objects.values_list("slug", "pk"))
    turned = BODY.replace("## What a spring is {#what-a-spring-is}\n\nWater comes to light.\n\n", "")
    turned += "\n## Springs {#what-a-spring-is}\n\nNew words.\n"

    save_lesson(lesson, {"body": turned}, by=None, now=now)

    assert [(p.pk, p.title) for p in lesson.passages.order_by("position")] == [
        (ids["how-much-water"], "How much water"),
        (ids["what-a-spring-is"], "Springs"),
    ]


def test_a_passage_that_is_gone_is_retired_and_may_return(lesson, now):
    pk = Passage.objects.get(slug="how-much-water").pk
    save_lesson(lesson, {"body": BODY[: BODY.index("## How much")]}, by=None, now=now)
    assert Passage.objects.get(pk=pk).is_retired

    save_lesson(lesson, {"body": BODY}, by=None, now=now)

    assert not Passage.objects.get(slug="how-much-water", pk=pk).is_retired


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"body": BODY.replace(" {#how-much-water}", "")}, "line 7: this heading has no id"),
        ({"body": "  \n"}, "the lesson has no text"),
        ({"title": " "}, '"title" of the lesson is empty'),
        ({"body": BODY + "\n<script>alert(1)</script>\n"}, "line 11: raw HTML is not allowed"),
        ({"body": BODY + "\n[[rock|Rock]]\n"}, 'there is no glossary term "rock"'),
        ({"body": BODY + "\n:::check nothing\n:::\n"}, 'there is no question "nothing"'),
        ({"body": BODY + "\n:::figure nothing\n:::\n"}, 'there is no figure "nothing"'),
        ({"body": BODY + "\nAs told [@nobody-1999].\n"}, 'there is no source "nobody-1999"'),
        ({"sources": ["nobody-1999"]}, 'there is no source "nobody-1999"'),
        ({"state": "published"}, '"state" should be draft, ready or retired, not "published"'),
        ({"objectives": [OBJECTIVE | {"level": "guess"}]}, 'not "guess"'),
        ({"title": "x" * 201}, "too long"),
        ({"title": "a\x00b"}, "NUL"),
        ({"body": BODY + "\nA bell\x07 rings.\n"}, "control character"),
        ({"body": BODY.replace("How much water", "How much " * 30)}, "this heading has"),
        ({"objectives": [OBJECTIVE, OBJECTIVE]}, 'the objective "explain-springs" stands twice'),
    ],
)
def test_a_lesson_that_cannot_be_shown_is_refused_whole(lesson, fields, says, now):
    before = Lesson.objects.values().get()

    with pytest.raises(Refused) as refused:
        save_lesson(Lesson.objects.get(), fields, by=None, now=now)

    assert any(says in problem.message for problem in refused.value.problems), refused.value
    assert Lesson.objects.values().get() == before
    assert lesson.revisions.count() == 1


def test_a_passage_id_of_another_lesson_is_refused(lesson, now):
    other = Lesson(course=lesson.course, module=lesson.module, slug="lakes", title="Lakes")

    with pytest.raises(Refused, match='the passage "how-much-water" is already in the lesson "springs"'):
        save_lesson(other, {"body": "## Water {#how-much-water}\n\nStill.\n"}, by=None, now=now)

    assert Lesson.objects.count() == 1


def test_a_passage_of_a_retired_lesson_may_be_taken_over(lesson, now):
    pk = Passage.objects.get(slug="how-much-water").pk
    Lesson.objects.update(state="retired")
    other = Lesson(course=lesson.course, module=lesson.module, slug="lakes", title="Lakes")

    saved = save_lesson(other, {"body": "## Water {#how-much-water}\n\nStill.\n"}, by=None, now=now)

    assert saved.passages.get().pk == pk


def test_a_lesson_moves_to_the_module_and_place_its_caller_set(lesson, now):
    lesson.module = Module.objects.create(course=lesson.course, slug="ice", title="Ice")
    lesson.position = 7

    save_lesson(lesson, {}, by=None, now=now)

    lesson.refresh_from_db()
    assert (lesson.module.slug, lesson.position) == ("ice", 7)


def test_only_a_draft_may_ask_what_is_not_ready(ask, lesson, now):
    ask(slug="later", state="draft")
    body = BODY + "\n:::check later\n:::\n"

    save_lesson(lesson, {"body": body, "state": "draft"}, by=None, now=now)

    with pytest.raises(Refused, match='there is no question "later"'):
        save_lesson(Lesson.objects.get(), {"state": "ready"}, by=None, now=now)


@pytest.mark.parametrize("slug", ["glossary", "timeline", "search", "Lakes"])
def test_a_lesson_with_the_address_of_a_page_is_refused(slug, lesson, now):
    other = Lesson(course=lesson.course, module=lesson.module, slug=slug, title="Lakes")

    with pytest.raises(Refused):
        save_lesson(other, {"body": "## Water {#water}\n\nStill.\n"}, by=None, now=now)


def test_a_revision_can_be_restored_and_is_a_revision_of_its_own(lesson, instructor, now):
    fields = {"title": "Sources", "body": BODY[: BODY.index("## How much")], "objectives": []}
    save_lesson(lesson, fields, by=None, now=now)

    restore_revision(lesson.revisions.get(number=1), by=instructor, now=now)

    lesson.refresh_from_db()
    assert (lesson.title, lesson.body) == ("Springs", BODY)
    assert not Passage.objects.get(slug="how-much-water").is_retired
    assert not Objective.objects.get().is_retired
    last = lesson.revisions.first()
    assert (last.number, last.created_by, last.note) == (3, instructor, "Restored from revision 1")
    assert last.document == lesson.revisions.get(number=1).document


def test_texts_are_stored_cleaned(lesson, now):
    fields = {"title": "Cafe\u0301 \n", "body": "\ufeff\r\n" + BODY.replace("\n", "\r\n") + "\n\n"}

    save_lesson(lesson, fields, by=None, now=now)

    lesson.refresh_from_db()
    assert (lesson.title, lesson.body) == ("Café", BODY)


# --- questions ----------------------------------------------------------------


def test_a_question_has_its_wording_rendered_and_searchable(ask):
    question = ask()

    assert question.stem_text == "What feeds a spring?"
    assert "water held in rock" in question.search_text
    version = question.current
    assert version.rendered["stem"] == "What <em>feeds</em> a spring?"
    assert [option["id"] for option in version.content["options"]] == ["a", "b", "c"]
    assert (version.number, version.renderer) == (1, markup.RENDERER)


def test_the_same_content_saved_again_is_no_new_version(ask):
    ask()
    reordered = dict(reversed(CONTENT.items()))
    before = Question.objects.values().get()

    ask(content=reordered)

    assert QuestionVersion.objects.count() == 1
    assert Question.objects.values().get() == before


def test_another_wording_is_a_new_version_and_the_old_one_stands(ask, instructor):
    old = ask().current

    new = ask(content=CONTENT | {"stem": "What fills a spring?"}, note="Clearer").current

    assert (new.number, new.note, new.created_by) == (2, "Clearer", instructor)
    old.refresh_from_db()
    assert old.content["stem"] == "What *feeds* a spring?"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "riddle"}, 'there is no kind "riddle"'),
        ({"content": {}}, '"stem" is missing'),
        ({"content": None}, "this should be a group of named fields"),
        ({"content": CONTENT | {"stem": "A <i>raw</i> spring?"}}, "raw HTML is not allowed"),
        ({"content": CONTENT | {"stem": "What is [[rock|a rock]]?"}}, 'there is no glossary term "rock"'),
        ({"content": CONTENT | {"options": CONTENT["options"][1:]}}, "no option is correct"),
        ({"level": "guess"}, '"level" should be'),
        ({"use": "exams"}, '"use" should be'),
        ({"state": "published"}, '"state" should be'),
        ({"works": ["nobody-1999"]}, 'there is no source "nobody-1999"'),
        ({"slug": "Feeds"}, "is no id"),
        ({"topics": ["Two words"]}, "is no id"),
        ({"content": CONTENT | {"stem": "A \ud800 spring?"}}, "half of a character"),
        ({"content": CONTENT | {"stem": ["a", "list"]}}, "should be text"),
        ({"content": CONTENT | {"options": "none"}}, "should be a list"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_whole(ask, changes, says):
    with pytest.raises(Refused) as refused:
        ask(**changes)

    assert any(says in problem.message for problem in refused.value.problems), refused.value
    assert not Question.objects.exists()


def test_a_passage_of_another_lesson_is_refused(ask, lesson, now):
    other = Lesson(course=lesson.course, module=lesson.module, slug="lakes", title="Lakes")
    save_lesson(other, {"body": "## Lakes {#lakes-first}\n\nStill.\n"}, by=None, now=now)

    with pytest.raises(Refused, match='passage "lakes-first" is not in this lesson'):
        ask(passage=other.passages.get())


def test_a_question_of_another_kind_needs_an_id_of_its_own(ask):
    ask()

    with pytest.raises(Refused, match='"feeds" is of the kind single_choice'):
        ask(kind="true_false", content={"stem": "Springs flow.", "answer": True})


def test_an_old_version_can_be_restored_and_is_a_version_of_its_own(ask, instructor, now):
    first = ask().current
    ask(content=CONTENT | {"stem": "What fills a spring?"})

    question = restore_version(first, by=instructor, now=now)

    assert (question.current.number, question.current.note) == (3, "Restored from version 1")
    assert question.current.content == first.content
    assert question.stem_text == "What feeds a spring?"
    assert [topic.name for topic in question.topics.all()] == ["water"]
    assert restore_version(question.current, by=instructor, now=now).current.number == 3


def test_a_retired_question_is_out_of_use_and_keeps_its_versions(ask, now):
    question = ask()

    assert retire_question(question, now=now)
    assert not retire_question(question, now=now)

    assert not Question.objects.ready().exists()
    assert QuestionVersion.objects.count() == 1


# --- what lessons refer to ----------------------------------------------------


def test_a_saved_term_work_and_figure_reach_the_lessons_that_use_them(course, lesson, now):
    term = save_term(Term(course=course, slug="rock", term="Rock", definition="Hard."))
    work = save_work(Work(course=course, slug="atlas", definition={"title": "Atlas", "year": 1999}))
    figure = save_figure(Figure(course=course, slug="flow", definition={"title": "Flow", "kind": "bars"}))
    text = "\nSee [[rock|rock]] [@atlas].\n\n:::figure flow\n:::\n"
    save_lesson(lesson, {"body": BODY + text, "sources": ["atlas"]}, by=None, now=now)

    term.definition = "Very *hard*."
    save_term(term)
    work.definition = {"title": "Atlas", "year": 2001}
    save_work(work)
    figure.definition = {"title": "Flow by month", "kind": "bars"}
    save_figure(figure)

    lesson.refresh_from_db()
    assert lesson.apparatus["terms"]["rock"]["html"] == "Very <em>hard</em>."
    assert lesson.apparatus["works"] == [{"id": "atlas", "short": "Atlas (2001)", "label": "Atlas, 2001."}]
    assert lesson.apparatus["figures"]["flow"]["title"] == "Flow by month"
    assert "Atlas (2001)" in lesson.passages.last().segments[0]["html"]
    assert lesson.revisions.count() == 2


def test_terms_point_to_terms_and_works(course):
    save_work(Work(course=course, slug="atlas", definition={"title": "Atlas", "year": 1999}))
    save_term(Term(course=course, slug="rock", term="Rock", definition="Hard."))

    term = save_term(Term(course=course, slug="sand", term="Sand", definition="[[rock]], ground [@atlas]."))

    assert 'data-term="rock">Rock</a>' in term.definition_html
    assert "[Atlas (1999)]" in term.definition_html


def test_an_event_is_rendered(course):
    event = save_event(Event(course=course, slug="flood", date="1910", text="A *great* flood."))

    assert Event.objects.get(pk=event.pk).html == "A <em>great</em> flood."


# --- rendering again ----------------------------------------------------------


def test_a_mended_sanitiser_reaches_old_rows(folder):
    """What an older renderer let through is made anew, and what is up to date is not touched."""
    folder.load()
    old = {"renderer": markup.RENDERER - 1}
    bad = "<script>alert(1)</script>"
    Course.objects.update(summary_html=bad, **old)
    Term.objects.update(definition_html=bad, **old)
    Event.objects.update(html=bad, **old)
    Lesson.objects.update(summary_html=bad, lead=[{"html": bad}], **old)
    Passage.objects.update(segments=[{"html": bad}])
    version = Question.objects.get(slug="july-flow").current
    QuestionVersion.objects.filter(pk=version.pk).update(rendered={"stem": bad}, **old)
    times = list(Question.objects.values_list("pk", "updated_at"))

    done = rerender()

    assert done == {"courses": 1, "terms": 1, "events": 1, "lessons": 1, "versions": 1}
    for model in (Course, Term, Event, Lesson, Passage, QuestionVersion):
        assert bad not in str(list(model.objects.values()))
    assert Lesson.objects.get().lead == [{"html": "<p>A river begins where water comes to light.</p>"}]
    assert list(Question.objects.values_list("pk", "updated_at")) == times
    assert LessonRevision.objects.count() == 1
    assert QuestionVersion.objects.count() == 2
    assert rerender() == dict.fromkeys(done, 0)
    assert folder.load().unchanged == 10
