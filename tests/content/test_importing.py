"""An import: planned without writing, written as one, known again the second time, taken back."""

import base64
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from content import importing, undoing
from content.assets import clear_parts
from content.authoring import Refused, retire_question, save_question
from content.formats import FORMATS, read, write
from content.importing import Choices, import_drafts, plan_import, plan_undo, undo_import
from content.models import Asset, ImportedQuestion, Question, QuestionImport, QuestionVersion, Topic
from content.planning import DUPLICATES
from content.questions import KINDS
from tests import factories
from tests.content.formats.made_drafts import make_draft
from tests.content.formats.test_fuzz import generated, valid_files
from tests.content.test_load_course import everything
from tests.factories import (
    EXAMPLES,
    create_answer,
    create_course,
    create_lesson,
    create_question,
    create_quiz,
)

pytestmark = pytest.mark.django_db
CAPITAL = """// [id:capital] [tag:cities]
::Capital::Which city is the capital of Iraq?{
  =Baghdad#On the Tigris.
  ~Basra#The main port.
  ####See lesson 1.
}
"""
TWO = CAPITAL + "\n// [id:elections]\nWere there elections in 2005?{T}\n"


@pytest.fixture
def lesson(db):
    return create_lesson(create_course())


def plan_of(text, at, name="q.gift", **choices):
    data = text.encode() if isinstance(text, str) else text
    choices.setdefault("lesson", at)
    return plan_import(at.course, read(data, name), Choices(**choices))


def bring_in(text, at, now, *, by=None, name="q.gift", **choices):
    plan = plan_of(text, at, name, **choices)
    return import_drafts(plan, name=name, sha256="0" * 64, by=by, now=now)


def statuses(plan):
    return {one.draft.ref: one.status for one in plan.questions}


def warned(plan):
    return [problem.code for problem in plan.problems if not problem.is_error]


# --- the plan ---------------------------------------------------------------------


def test_plan_writes_nothing(lesson):
    before = everything()

    plan = plan_of(TWO, lesson)

    assert statuses(plan) == {"capital": "add", "elections": "add"}
    assert everything() == before


def test_import_writes_questions_versions_tags_and_who_did_it(lesson, instructor, now):
    done = bring_in(TWO, lesson, now, by=instructor)

    capital = Question.objects.get(slug="capital")
    assert (capital.lesson, capital.state, capital.kind) == (lesson, "ready", "single_choice")
    assert capital.stem_text == "Which city is the capital of Iraq?"
    assert "basra" in capital.search_text
    assert [topic.name for topic in capital.topics.all()] == ["cities"]
    assert (capital.current.number, capital.current.created_by) == (1, instructor)
    assert capital.current.note == "Imported from q.gift"
    assert capital.current.rendered["options"][0]["text"] == "Baghdad"
    assert (done.added, done.changed, done.imported_by, done.format) == (2, 0, instructor, "gift")
    assert [row.question.slug for row in done.questions.all()] == ["capital", "elections"]


def test_second_import_of_the_same_file_changes_nothing(lesson, now):
    bring_in(TWO, lesson, now)
    before = everything()

    assert statuses(plan_of(TWO, lesson)) == {"capital": "same", "elections": "same"}
    assert bring_in(TWO, lesson, now) is None
    assert everything() == before


def test_second_import_of_a_changed_file_updates_by_reference_and_never_doubles(lesson, now):
    bring_in(TWO, lesson, now)

    done = bring_in(TWO.replace("The main port", "A port"), lesson, now)

    assert (done.added, done.changed, done.unchanged) == (0, 1, 1)
    assert Question.objects.count() == 2
    capital = Question.objects.get(slug="capital")
    assert [version.number for version in capital.versions.all()] == [2, 1]
    assert capital.current.content["options"][1]["feedback"] == "A port."
    assert capital.search_text.count("a port") == 1


def test_question_without_an_id_is_known_again_by_its_wording(lesson, now):
    bring_in("::One::Is it?{=yes#Right. ~no}", lesson, now)

    plan = plan_of("::Another title::Is it?{=yes#Quite right. ~no}", lesson)

    assert [one.status for one in plan.questions] == ["change"]
    assert "duplicate.known" in warned(plan)


def test_question_with_an_id_of_its_own_is_added_though_its_wording_is_known_and_that_is_said(lesson, now):
    bring_in(CAPITAL, lesson, now)

    plan = plan_of(CAPITAL.replace("id:capital", "id:other"), lesson)

    assert statuses(plan) == {"other": "add"}
    assert "duplicate.wording" in warned(plan)


@pytest.mark.parametrize(
    ("duplicates", "status", "count"), [("update", "change", 1), ("skip", "skip", 1), ("new", "add", 2)]
)
def test_what_the_course_has_already_is_updated_left_or_added(lesson, now, duplicates, status, count):
    bring_in(CAPITAL, lesson, now)
    changed = CAPITAL.replace("main port", "old port")

    assert statuses(plan_of(changed, lesson, duplicates=duplicates)) == {"capital": status}
    bring_in(changed, lesson, now, duplicates=duplicates)

    assert Question.objects.count() == count
    assert {q.slug for q in Question.objects.all()} == {"capital", "capital-2"} - (
        {"capital-2"} if count == 1 else set()
    )


def test_kind_of_a_question_never_changes_and_the_others_still_come_in(lesson, now):
    bring_in(TWO, lesson, now)
    changed = TWO.replace("{T}", "{}") + "\n// [id:third]\nThird?{T}\n"

    plan = plan_of(changed, lesson)

    assert statuses(plan) == {"capital": "same", "elections": "skip", "third": "add"}
    assert "skipped.kind-changed" in warned(plan)


def test_what_the_format_has_no_place_for_stays(lesson, now):
    content = EXAMPLES["single_choice"] | {"hint": "Think of heat.", "shuffle": False}
    question = create_question(lesson, kind="single_choice", content=content)
    file = write("gift", [draft_of(question)])

    plan = plan_of(file, lesson)
    assert statuses(plan) == {question.slug: "same"}

    bring_in(file.replace(b"it is the second", b"the second one"), lesson, now)
    kept = Question.objects.get(pk=question.pk).current.content
    assert (kept["hint"], kept["shuffle"]) == ("Think of heat.", False)
    assert "the second one" in str(kept)


def draft_of(question):
    from content.exporting import drafts_of

    return next(draft for draft in drafts_of(question.course) if draft.ref == question.slug)


def test_passage_level_and_sources_come_as_tags_and_what_is_missing_is_named(lesson, now):
    text = (
        "// [id:a] [tag:passage:sources-2] [tag:level:apply] [tag:source:nobody]\nA?{T}\n\n"
        "// [id:b] [tag:passage:no-such] [tag:objective:none]\nB?{T}\n"
    )

    plan = plan_of(text, lesson)
    assert warned(plan) == ["lossy.source", "lossy.passage", "lossy.objective"]
    assert {problem.line for problem in plan.problems} == {2, 5}
    bring_in(text, lesson, now)

    question = Question.objects.get(slug="a")
    assert (question.passage.slug, question.level, question.works) == ("sources-2", "apply", [])
    assert Question.objects.get(slug="b").passage is None


def test_folder_is_a_lesson_where_one_is_called_so_else_a_tag(lesson, now):
    create_lesson(lesson.course, "estuary", title="The estuary")
    text = "$CATEGORY: Rivers/The estuary\n\nA?{T}\n\n$CATEGORY: rare/things\n\nB?{T}\n"

    bring_in(text, lesson, now, lesson=None)

    a, b = Question.objects.order_by("stem_text")
    assert (a.lesson.slug, list(a.topics.all())) == ("estuary", [])
    assert (b.lesson.slug, [topic.name for topic in b.topics.all()]) == ("sources", ["rare-things"])


def test_chosen_tags_state_and_passage_hold_for_new_questions(lesson, now):
    passage = lesson.passages.last()

    bring_in(CAPITAL, lesson, now, passage=passage, tags=("exam-2026",), state="draft")

    question = Question.objects.get()
    assert (question.passage, question.state) == (passage, "draft")
    assert {topic.name for topic in question.topics.all()} == {"cities", "exam-2026"}


def test_tags_that_somebody_gave_stay(lesson, now):
    bring_in(CAPITAL, lesson, now)
    Question.objects.get().topics.add(Topic.objects.create(course=lesson.course, name="mine"))

    bring_in(CAPITAL.replace("tag:cities", "tag:towns"), lesson, now)

    assert {topic.name for topic in Question.objects.get().topics.all()} == {"cities", "mine", "towns"}


def test_retired_question_stays_retired(lesson, now):
    bring_in(CAPITAL, lesson, now)
    retire_question(Question.objects.get(), now=now)

    plan = plan_of(CAPITAL.replace("main port", "port"), lesson)
    assert "question.retired" in warned(plan)
    bring_in(CAPITAL.replace("main port", "port"), lesson, now)

    assert Question.objects.get().state == "retired"


def test_retired_question_stays_retired_though_the_file_calls_it_ready(lesson, now):
    text = "- {id: venus, kind: true_false, stem: Is Venus hot?, answer: true, state: ready}\n"
    bring_in(text, lesson, now, name="q.yaml")
    retire_question(Question.objects.get(), now=now)

    bring_in(text.replace("hot", "very hot"), lesson, now, name="q.yaml")

    assert (Question.objects.get().state, Question.objects.get().current.number) == ("retired", 2)


def test_course_without_a_lesson_is_an_error(db):
    plan = plan_import(create_course(), read(b"A?{T}", "q.gift"))

    assert [problem.code for problem in plan.problems] == ["lesson.none"]
    with pytest.raises(Refused):
        import_drafts(plan, name="x", sha256="", by=None, now=factories.THEN)


def test_text_that_points_to_nothing_is_an_error_at_its_line_and_nothing_is_written(lesson, now):
    before = everything()
    text = "A?{T}\n\n[markdown]What is [[no-such|this]]?{T}\n"

    plan = plan_of(text, lesson)

    (error,) = [problem for problem in plan.problems if problem.is_error]
    assert (error.line, "no-such" in error.message) == (3, True)
    with pytest.raises(Refused):
        bring_in(text, lesson, now)
    assert everything() == before


def test_what_a_file_holds_that_we_cannot_keep_is_skipped_and_named(lesson, now):
    plan = plan_of("Only words.\n\nA?{T}\n", lesson)

    assert [one.status for one in plan.questions] == ["skip", "add"]
    assert "skipped.kind" in warned(plan)
    assert bring_in("Only words.\n\nA?{T}\n", lesson, now).skipped == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_in_as_it_was_written(lesson, now, kind):
    import random

    drafts = [make_draft(kind, random.Random(n), nasty=False) for n in range(3)]
    for number, draft in enumerate(drafts):
        draft.ref, draft.sources, draft.passage, draft.objective = f"q-{kind[:3]}-{number}x", [], "", ""

    bring_in(write("yaml", drafts), lesson, now, name="q.yaml")

    for draft in drafts:
        stored = Question.objects.get(slug=draft.slug)
        assert stored.current.content == KINDS[kind].normalise(draft.content)


@pytest.mark.parametrize("name", FORMATS)
def test_whatever_a_file_holds_it_is_planned_and_written_or_refused(lesson, now, name):
    files = valid_files(name)
    for seed in range(40):
        reading = read(generated(name, seed, files), "file", name)
        for duplicates in DUPLICATES:
            plan = plan_import(lesson.course, reading, Choices(duplicates=duplicates))
            assert all(problem.message and problem.code for problem in plan.problems)
            if plan.has_errors:
                with pytest.raises(Refused):
                    import_drafts(plan, name="f", sha256="", by=None, now=now)
            else:
                import_drafts(plan, name="f", sha256="", by=None, now=now)
    assert not Question.objects.filter(current=None).exists()


# --- one transaction ---------------------------------------------------------------


def test_import_that_fails_in_the_middle_leaves_nothing(lesson, now, monkeypatch):
    before = everything()

    def fail(*args):
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(importing, "_tag", fail)
    with pytest.raises(RuntimeError):
        bring_in(TWO, lesson, now)

    assert everything() == before


def test_question_edited_between_plan_and_import_stops_it(lesson, now):
    bring_in(CAPITAL, lesson, now)
    plan = plan_of(CAPITAL.replace("main port", "port"), lesson)
    question = Question.objects.get()
    save_question(
        lesson.course, "capital", kind="single_choice", content=EXAMPLES["single_choice"], lesson=lesson,
        level="remember", use="both", state="ready", by=None, now=now,
    )  # fmt: skip
    before = everything()

    with pytest.raises(Refused, match="edited"):
        import_drafts(plan, name="x", sha256="", by=None, now=now)

    assert everything() == before
    assert Question.objects.get(pk=question.pk).current.number == 2


def test_question_moved_between_plan_and_import_stops_it(lesson, now):
    bring_in(CAPITAL, lesson, now)
    plan = plan_of(CAPITAL.replace("main port", "port"), lesson)
    question = Question.objects.get()
    question.level = "apply"
    question.save()

    with pytest.raises(Refused, match="edited"):
        import_drafts(plan, name="x", sha256="", by=None, now=now)


def test_one_column_that_changes_leaves_the_other_questions_as_they_are(lesson, now):
    bring_in(TWO, lesson, now)
    Question.objects.filter(slug="elections").update(level="evaluate", state="draft")

    bring_in(TWO.replace("[tag:cities]", "[tag:level:apply]").replace("in 2005", "in 2010"), lesson, now)

    levels = dict(Question.objects.values_list("slug", "level"))
    assert levels == {"capital": "apply", "elections": "evaluate"}
    assert Question.objects.get(slug="elections").state == "draft"


def test_question_of_the_same_id_added_between_plan_and_import_stops_it(lesson, now):
    plan = plan_of(CAPITAL, lesson)
    create_question(lesson, "capital")

    with pytest.raises(Refused, match="edited"):
        import_drafts(plan, name="x", sha256="", by=None, now=now)


def test_number_of_statements_hardly_grows_with_the_questions(lesson, now):
    def statements(count):
        text = "".join(f"// [id:n{count}-{n}]\nNumber {n} of {count}?{{T}}\n\n" for n in range(count))
        with CaptureQueriesContext(connection) as told:
            bring_in(text, lesson, now)
        return len(told)

    few = statements(30)

    assert statements(90) <= few + 3  # an INSERT takes some dozens of rows


# --- pictures -----------------------------------------------------------------------


def png(colour=(200, 0, 0)):
    out = io.BytesIO()
    Image.new("RGB", (2, 2), colour).save(out, "PNG")
    return out.getvalue()


def with_picture(alt="", colour=(200, 0, 0)):
    data = base64.b64encode(png(colour)).decode()
    return (
        '<quiz><question type="truefalse"><name><text>Map</text></name><idnumber>map</idnumber>'
        f'<questiontext format="html"><text><![CDATA[<p>See <img src="@@PLUGINFILE@@/map.png" alt="{alt}"> so?</p>]]>'
        f'</text><file name="map.png" path="/" encoding="base64">{data}</file></questiontext>'
        '<answer fraction="100"><text>true</text></answer><answer fraction="0"><text>false</text></answer>'
        "</question></quiz>"
    )


def test_picture_is_kept_with_its_alt_text_under_its_name(lesson, now, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        bring_in(with_picture("A map of rivers"), lesson, now, name="q.xml")

    asset = Asset.objects.get()
    assert (asset.name, asset.alt, asset.course) == ("map.png", "A map of rivers", lesson.course)
    assert asset.file.storage.exists(asset.file.name)
    question = Question.objects.get()
    assert question.state == "ready"
    assert asset.file.url in str(question.current.rendered)


def test_picture_without_alt_text_is_asked_for_and_its_question_waits_as_a_draft(lesson, now):
    plan = plan_of(with_picture(), lesson, "q.xml")
    assert warned(plan) == ["image.undescribed"]
    bring_in(with_picture(), lesson, now, name="q.xml")

    assert Question.objects.get().state == "draft"
    assert Asset.objects.get().alt


def test_alt_text_given_while_importing_stands_in_the_question(lesson, now):
    bring_in(with_picture(), lesson, now, name="q.xml", alts={"assets/map.png": "Rivers [and] lakes"})

    question = Question.objects.get()
    assert question.state == "ready"
    assert "![Rivers \\[and\\] lakes](assets/map.png)" in question.current.content["stem"]
    assert Asset.objects.get().alt == "Rivers [and] lakes"


def test_another_picture_of_the_same_name_does_not_replace_the_one_that_is_there(lesson, now):
    there = factories.create_asset(lesson.course, "map.png")

    bring_in(with_picture("Mine"), lesson, now, name="q.xml")

    mine = Asset.objects.exclude(pk=there.pk).get()
    assert Asset.objects.get(name="map.png").sha256 == there.sha256
    assert mine.name in Question.objects.get().current.content["stem"]
    assert statuses(plan_of(with_picture("Mine"), lesson, "q.xml")) == {"map": "same"}


def test_refused_import_leaves_no_picture_behind(lesson, now, settings):
    plan = plan_of(with_picture("A map"), lesson, "q.xml")
    create_question(lesson, "map")

    with pytest.raises(Refused):
        import_drafts(plan, name="x", sha256="", by=None, now=now)

    clear_parts(before=now.replace(year=2100))
    folder = settings.MEDIA_ROOT / "assets"
    assert not folder.exists() or list(folder.iterdir()) == []


# --- undo -----------------------------------------------------------------------------


def test_undo_retires_what_was_added_and_restores_what_was_changed(lesson, instructor, now):
    bring_in(CAPITAL, lesson, now)
    first = Question.objects.get(slug="capital").current.content
    done = bring_in(TWO.replace("main port", "port").replace("tag:cities", "tag:towns"), lesson, now)

    undone = undo_import(done, by=instructor, now=now)

    assert ([r.question.slug for r in undone.retired], [r.question.slug for r in undone.restored]) == (
        ["elections"],
        ["capital"],
    )
    assert Question.objects.get(slug="elections").state == "retired"
    capital = Question.objects.get(slug="capital")
    assert (capital.current.number, capital.current.content) == (3, first)
    assert [topic.name for topic in capital.topics.all()] == ["cities"]
    done.refresh_from_db()
    assert (done.undone_by, done.undone_at) == (instructor, now)


def test_undo_twice_is_refused(lesson, now):
    done = bring_in(CAPITAL, lesson, now)
    undo_import(done, by=None, now=now)

    with pytest.raises(Refused, match="already"):
        undo_import(done, by=None, now=now)


def test_undo_leaves_what_was_edited_since_and_says_so(lesson, now):
    done = bring_in(TWO, lesson, now)
    bring_in(TWO.replace("main port", "port"), lesson, now)

    undone = undo_import(done, by=None, now=now)

    assert [row.question.slug for row in undone.retired] == ["elections"]
    ((row, reason),) = undone.kept
    assert (row.question.slug, "edited since" in reason) == ("capital", True)
    assert Question.objects.get(slug="capital").state == "ready"


def test_undo_leaves_what_was_moved_since(lesson, now):
    done = bring_in(TWO, lesson, now)
    Question.objects.filter(slug="capital").update(level="apply")

    assert ["level" in reason for _, reason in plan_undo(done).kept] == [True]


def test_question_made_ready_since_is_still_undone(lesson, now):
    done = bring_in(CAPITAL, lesson, now, state="draft")
    Question.objects.update(state="ready")

    undo_import(done, by=None, now=now)

    assert Question.objects.get().state == "retired"


def test_what_is_edited_while_undo_begins_stays(lesson, now, monkeypatch):
    done = bring_in(TWO, lesson, now)
    real = undoing.references_of

    def after_somebody(course):
        Question.objects.get(slug="capital").save()
        return real(course)

    monkeypatch.setattr(undoing, "references_of", after_somebody)
    undone = undo_import(done, by=None, now=now)

    assert [(row.question.slug, reason) for row, reason in undone.kept] == [
        ("capital", "somebody edited it at this moment")
    ]
    assert dict(Question.objects.values_list("slug", "state")) == {
        "capital": "ready",
        "elections": "retired",
    }


def test_undo_leaves_what_learners_answered(lesson, learner, now):
    done = bring_in(TWO, lesson, now)
    create_answer(learner, Question.objects.get(slug="elections"))

    undone = undo_import(done, by=None, now=now)

    ((row, reason),) = undone.kept
    assert (row.question.slug, reason.startswith("it is in use: ")) == ("elections", True)
    assert "1 attempt item" in reason
    assert Question.objects.get(slug="elections").state == "ready"


def test_undo_leaves_what_a_quiz_asks(lesson, now):
    done = bring_in(TWO, lesson, now)
    create_quiz(lesson.course, slots=[Question.objects.get(slug="capital")])

    assert [reason for _, reason in plan_undo(done).kept] == ["it is in use: 1 slot"]


def test_undo_leaves_what_a_lesson_asks_in_its_text(lesson, now):
    done = bring_in(CAPITAL, lesson, now)
    lesson.body = "Text.\n\n:::check capital\n:::\n"
    lesson.save()

    with pytest.raises(Refused, match="nothing of this import"):
        undo_import(done, by=None, now=now)
    assert Question.objects.get().state == "ready"


def test_undo_of_a_change_does_not_mind_answers_to_the_wording_of_before(lesson, learner, now):
    bring_in(TWO, lesson, now)
    create_answer(learner, Question.objects.get(slug="elections"))
    done = bring_in(TWO.replace("elections in 2005", "elections in 2010"), lesson, now)

    undo_import(done, by=None, now=now)

    assert "2005" in Question.objects.get(slug="elections").stem_text


def test_file_brought_in_again_after_undo_is_back(lesson, now):
    done = bring_in(CAPITAL, lesson, now)
    undo_import(done, by=None, now=now)

    again = bring_in(CAPITAL, lesson, now)

    assert (again.changed, Question.objects.get().state) == (1, "ready")
    assert QuestionVersion.objects.count() == 1


def test_undo_asks_as_often_for_many_questions_as_for_one(lesson, now):
    def asked(count):
        text = "".join(f"// [id:n{count}-{n}]\nNumber {n} of {count}?{{T}}\n\n" for n in range(count))
        done = bring_in(text, lesson, now)
        with CaptureQueriesContext(connection) as told:
            plan_undo(done)
        return len(told)

    assert asked(6) == asked(2)


def test_import_remembers_only_its_own_questions(lesson, now):
    bring_in(CAPITAL, lesson, now)
    done = bring_in(TWO, lesson, now)

    assert [row.question.slug for row in done.questions.all()] == ["elections"]
    assert QuestionImport.objects.count() == 2
    assert ImportedQuestion.objects.count() == 2
