"""What an import would do: drafts of a file meet the questions of a course. Reads only; `content.importing` writes."""

from dataclasses import dataclass, field
from itertools import count

from content.assets import address_of
from content.coursefiles.bodies import check_text
from content.coursefiles.definitions import hash_of
from content.coursefiles.nodes import Place
from content.coursefiles.problems import Report
from content.formats.drafts import Reading, ReadingProblem, fingerprint, slug_of
from content.formats.merging import merged
from content.models import Asset, Course, ImportedQuestion, Lesson, Passage, Question
from content.picturing import Pictures
from content.placing import Places
from content.preparing import References
from content.questions import KINDS
from content.questions.rendering import texts
from content.rerendering import references_of
from content.text import fold
from content.wording import stem_of, wording_of

ADD, CHANGE, SAME, SKIP = "add", "change", "same", "skip"
UPDATE, LEAVE, NEW = "update", "skip", "new"
DUPLICATES = (UPDATE, LEAVE, NEW)
AT_ONCE = 500  # rows asked for in one query
_DERIVED = 14  # characters of a ref that a reader made: "q-" and twelve digits


@dataclass(frozen=True)
class Choices:
    """What the person who imports decides.

    `lesson` and `passage`: where new questions go, else where the file says · `tags`: for every question that
    is written · `duplicates`: what happens to a question that the course has already, by reference or by wording
    (``update``, ``skip``, ``new``) · `state`: of new questions, "" as the file says · `alts`: name of a picture
    as the file has it → what it shows.
    """

    lesson: Lesson | None = None
    passage: Passage | None = None
    tags: tuple[str, ...] = ()
    duplicates: str = UPDATE
    state: str = ""
    alts: dict = field(default_factory=dict)


@dataclass(slots=True)
class PlannedQuestion:
    """What becomes of one draft: `status` add, change, same or skip, and everything that would be written.

    `question`: its row where the course has it · `is_new_wording`: a version would be written · `columns`: those
    that would change · `topics`: names of all its tags afterwards · `said`: why it is skipped, or what it is like.
    """

    draft: object
    status: str
    slug: str = ""
    kind: str = ""
    content: dict = field(default_factory=dict)
    content_hash: str = ""
    question: Question | None = None
    lesson: Lesson | None = None
    columns: dict = field(default_factory=dict)
    topics: list = field(default_factory=list)
    said: str = ""

    @property
    def is_new_wording(self) -> bool:
        return self.question is None or self.content_hash != self.question.current.content_hash


@dataclass(slots=True)
class Plan:
    """What an import would do. `questions` in the order of the file; `problems` are the file's and the course's."""

    course: Course
    reading: Reading
    choices: Choices
    questions: list[PlannedQuestion]
    problems: list[ReadingProblem]
    pictures: Pictures
    references: References

    @property
    def has_errors(self) -> bool:
        return any(problem.is_error for problem in self.problems)

    def count(self, status) -> int:
        return sum(question.status == status for question in self.questions)

    @property
    def to_write(self) -> list[PlannedQuestion]:
        return [question for question in self.questions if question.status in (ADD, CHANGE)]


def plan_import(course: Course, reading: Reading, choices: Choices | None = None) -> Plan:
    """What bringing these drafts into the course would do; nothing is written.

    Each draft is known again by its reference, else, where the file gave it none, by its wording. Everything
    that stands against an import, or gets lost by it, is in `problems` with the line of its question.
    """
    return _Planning(course, reading, choices or Choices()).plan()


class _Planning:
    """The state of one run of `plan_import`."""

    def __init__(self, course, reading, choices):
        self.course, self.reading, self.choices = course, reading, choices
        # Pictures without alt text are told below, with what becomes of their question.
        self.problems = [problem for problem in reading.problems if problem.code != "image.no-alt"]
        self.places = Places(course)
        self.references = references_of(course)
        known = dict(Asset.objects.filter(course=course).values_list("name", "sha256"))
        self.pictures = Pictures(reading, known, choices.alts)
        self.references.assets |= {name: address_of(one) for name, one in self.pictures.kept.items()}
        self._know_the_bank()

    def plan(self):
        for name, why in self.pictures.refused.items():
            self._say("warning", "skipped.picture", f'The picture "{name}" was left out: {why}.')
        planned = [self._planned(draft) for draft in self.reading.drafts]
        return Plan(
            self.course,
            self.reading,
            self.choices,
            planned,
            self.problems,
            self.pictures,
            self.references,
        )

    def _know_the_bank(self):
        """The rows that drafts of this file may mean; ids and stems of all, the rest of those only."""
        drafts = self.reading.questions
        refs = {slug_of(draft.ref.removeprefix(f"{self.course.slug}/")) for draft in drafts}
        stems = {stem_of(draft.content) for draft in drafts}
        self.taken, wanted = set(), []
        rows = Question.objects.filter(course=self.course).values_list("pk", "slug", "stem_text")
        for pk, slug, stem in rows.iterator():
            self.taken.add(slug)
            if slug in refs or fold(stem) in stems:
                wanted.append(pk)
        self.by_slug, self.by_wording = {}, {}
        for start in range(0, len(wanted), AT_ONCE):
            found = Question.objects.filter(pk__in=wanted[start : start + AT_ONCE])
            for row in found.select_related("current").defer("current__rendered").prefetch_related("topics"):
                self.by_slug[row.slug] = row
                if row.kind in KINDS and row.state != Question.State.RETIRED:
                    self.by_wording.setdefault((row.kind, wording_of(row.kind, row.current.content)), row)
        self.revivable = set(
            ImportedQuestion.objects.filter(
                question__course=self.course,
                question__state=Question.State.RETIRED,
                undone=ImportedQuestion.Undone.RETIRED,
            ).values_list("question_id", flat=True)
        )

    # one question

    def _planned(self, draft):
        if draft.skip:
            return PlannedQuestion(draft, SKIP, said=draft.skip)
        content, undescribed = self.pictures.shown_in(draft)
        # Anki keeps the questions of two courses apart by the course in front of the reference.
        slug = slug_of(draft.ref.removeprefix(f"{self.course.slug}/"))
        planned = PlannedQuestion(draft, ADD, slug, draft.kind, content)
        planned.question = self.by_slug.get(slug)
        if planned.question is None and _is_derived(draft):
            planned.question = self._of_same_wording(planned)
        if planned.question is not None:
            self._meet(planned)
        if planned.question is None and planned.status == ADD:
            planned.slug = self._free(planned.slug)
            self._place_new(planned, bool(undescribed))
        if planned.status in (ADD, CHANGE):
            planned.content_hash = planned.content_hash or hash_of(planned.content)
            self._check(planned)
            for name in undescribed:
                message = f'The picture "{name}" has no alt text. Write what it shows'
                waits = " and make the question ready" if planned.status == ADD else ""
                self._say("warning", "image.undescribed", f"{message}{waits}.", draft)
        return planned

    def _meet(self, planned):
        """The course has this question already."""
        row, draft = planned.question, planned.draft
        if self.choices.duplicates == NEW:
            planned.question = None
            return
        planned.slug, planned.lesson = row.slug, self.places.lesson(row.lesson_id)
        if row.kind != draft.kind:
            planned.status, planned.said = SKIP, f'the course has "{row.slug}" as {KINDS[row.kind].NAME}'
            message = (
                f'Left out: "{row.slug}" is of the kind {KINDS[row.kind].NAME} in the course, and a kind never '
                f"changes. Give the question of the kind {KINDS[draft.kind].NAME} an id of its own."
            )
            if self.choices.duplicates == UPDATE:
                self._say("warning", "skipped.kind-changed", message, draft)
            return
        old = row.current.content
        if self._is_same_content(planned, old):
            planned.content, planned.content_hash = old, row.current.content_hash
        gets_tags = self._columns_of_known(planned)
        if not (planned.is_new_wording or planned.columns or gets_tags):
            planned.status = SAME
        elif self.choices.duplicates == LEAVE:
            planned.status, planned.said = SKIP, f'the course has "{row.slug}" already'
        else:
            planned.status = CHANGE
            if row.slug != draft.slug:
                message = (
                    f'The course has a question with this wording, "{row.slug}"; it gets what is new here.'
                )
                self._say("warning", "duplicate.known", message, draft)

    def _is_same_content(self, planned, old):
        """Equal, or equal in what a file of this format can say; the rest stays as it is in the course."""
        planned.content = merged(self.reading.format, planned.kind, old, planned.content)
        planned.content_hash = hash_of(planned.content)
        return planned.content_hash == planned.question.current.content_hash or fingerprint(
            planned.kind, planned.content
        ) == fingerprint(planned.kind, old)

    def _columns_of_known(self, planned):
        row, draft = planned.question, planned.draft
        lesson = planned.lesson or Lesson(pk=row.lesson_id, slug="")
        said, missing = self.places.columns(draft, lesson)
        for code, message in missing:
            self._say("warning", code, message, draft)
        if self.reading.format == "yaml":
            said |= {"use": draft.use, "state": draft.state}
        if row.pk in self.revivable:
            said["state"] = self.choices.state or draft.state
        elif row.state == Question.State.RETIRED and draft.state != Question.State.RETIRED:
            said["state"] = row.state
            message = f'The question "{row.slug}" is retired in the course and stays so.'
            self._say("warning", "question.retired", message, draft)
        planned.columns = {name: value for name, value in said.items() if getattr(row, name) != value}
        return self._new_topics(planned)

    def _new_topics(self, planned):
        """Set the tags: those it has and those of the file, so that nobody's tags go. True where that adds one."""
        have = [topic.name for topic in planned.question.topics.all()] if planned.question else []
        names, missing = self.places.tags(planned.draft)
        for code, message in missing:
            self._say("warning", code, message, planned.draft)
        planned.topics = list(dict.fromkeys([*have, *names, *self.choices.tags]))
        return set(planned.topics) != set(have)

    def _place_new(self, planned, undescribed):
        draft = planned.draft
        lesson = self.choices.lesson or self.places.named_by(draft)
        if lesson is None:
            if not self.places.lessons:
                message = f'The course "{self.course.slug}" has no lesson yet; write one first.'
                self._say("error", "lesson.none", message, draft)
                return
            lesson = self.places.lessons[0]
            message = f'No lesson is named for this question; it goes into "{lesson.slug}".'
            self._say("warning", "lesson.unnamed", message, draft)
        planned.lesson = lesson
        said, missing = self.places.columns(draft, lesson)
        for code, message in missing:
            self._say("warning", code, message, draft)
        passage = self.choices.passage
        planned.columns = {
            "lesson_id": lesson.pk,
            "passage_id": passage.pk if passage and passage.lesson_id == lesson.pk else None,
            "objective_id": None,
            "level": "remember",
            "works": [],
            "use": draft.use,
            "state": self.choices.state or draft.state,
        } | said
        if undescribed and planned.columns["state"] == "ready":
            planned.columns["state"] = "draft"
        self._new_topics(planned)
        twin = self._of_same_wording(planned)
        if twin is not None and self.choices.duplicates != NEW:
            message = f'The course has a question with this wording already, "{twin.slug}".'
            self._say("warning", "duplicate.wording", message, draft)

    def _of_same_wording(self, planned):
        if not self.by_wording:
            return None
        return self.by_wording.get((planned.kind, wording_of(planned.kind, planned.content)))

    def _free(self, slug):
        """The id, with a number where the course or the file has it already."""
        if slug in self.taken:
            cut = slug[:74].rstrip("-")
            slug = next(name for n in count(2) if (name := f"{cut}-{n}") not in self.taken)
        self.taken.add(slug)
        return slug

    def _check(self, planned):
        """What the texts point to: images, glossary terms, works."""
        if planned.question is not None and not planned.is_new_wording:
            return
        for _, text in texts(planned.kind, planned.content):
            report = Report()
            check_text(text, self.references, report, file="", place=Place())
            for found in report.sorted():
                message = found.message[:1].upper() + found.message[1:]
                self._say(found.severity, "text.points", f"{message}.", planned.draft)

    def _say(self, severity, code, message, draft=None):
        if draft is None:
            self.problems.append(ReadingProblem(severity, code, message))
        else:
            problem = ReadingProblem(
                severity, code, message, draft.line, draft.column, draft.where, draft.ref
            )
            self.problems.append(problem)


def _is_derived(draft):
    """Did the reader make this reference from title and stem, because the file gave none?"""
    ref = draft.ref
    return ref.startswith("q-") and len(ref) >= _DERIVED and all(c in "0123456789abcdef" for c in ref[2:14])
