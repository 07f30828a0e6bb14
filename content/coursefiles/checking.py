"""What no single file can tell: ids used twice, references that lead nowhere, quizzes that cannot be drawn."""

import re
from collections import Counter
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from content.coursefiles.bodies import check_body, check_text, missing
from content.coursefiles.definitions import CourseDefinition
from content.coursefiles.nodes import Place
from content.coursefiles.problems import Report, did_you_mean
from content.questions.hints import no_passage
from content.questions.rendering import texts

TOP = Place(1, 1)


@dataclass(slots=True)
class _Known:
    """The ids of a course by what they name."""

    terms: set = field(default_factory=set)
    works: set = field(default_factory=set)
    figures: set = field(default_factory=set)
    assets: set = field(default_factory=set)
    questions: set = field(default_factory=set)


class _Any(frozenset):
    """The ids of a group that was not read in full: any may be among them."""

    def __contains__(self, id):
        return True


def _ids(course, group):
    if group in course.unread:
        return _Any()
    return {entry.name if group == "pictures" else entry.id for entry in getattr(course, group)}


def check_definition(course: CourseDefinition, report: Report):
    """Report what is wrong between the files of a course."""
    known = _Known(*(_ids(course, group) for group in ("terms", "works", "figures", "pictures", "questions")))
    used = _Known()
    _check_doubles(course, report)
    _check_course(course, report)
    docs = {}
    for lesson in course.lessons:
        first_line = lesson.node.keys["body"].line
        doc = check_body(lesson.data["body"], known, report, file=lesson.file, first_line=first_line)
        docs[lesson.id] = doc
        _note(doc, used)
    _check_passages(course, docs, report)
    _check_sources(course, known, used, report)
    _check_lessons_named(course, report)
    _check_questions(course, docs, known, used, report)
    _check_texts(course, known, used, report)
    _check_checks(course, docs, report)
    _check_quizzes(course, report)
    _check_unused(course, used, report)


def _check_doubles(course, report):
    groups = (
        ("module", course.modules),
        ("source", course.works),
        ("glossary term", course.terms),
        ("event", course.events),
        ("lesson", course.lessons),
        ("question", course.questions),
    )
    for what, entries in groups:
        first = {}
        for entry in entries:
            if entry.id and entry.id in first:
                other = first[entry.id]
                where = f"line {other.node.line}" if other.file == entry.file else other.file
                report.error(
                    entry.file,
                    entry.place("id"),
                    f'the {what} "{entry.id}" stands twice; it is also in {where}',
                )
            first.setdefault(entry.id, entry)
    seen = {}
    for lesson in course.lessons:
        for n, objective in enumerate(lesson.data["objectives"]):
            if objective["id"] and objective["id"] in seen:
                place = lesson.place("objectives", n, "id")
                report.error(
                    lesson.file,
                    place,
                    f'the objective "{objective["id"]}" stands twice; it is also in {seen[objective["id"]]}',
                )
            seen.setdefault(objective["id"], lesson.file)


def _check_course(course, report):
    data, file = course.course.data, course.course.file
    if data["time_zone"] not in available_timezones():
        hint = did_you_mean(data["time_zone"], available_timezones())
        report.error(
            file, course.course.place("time_zone"), f'there is no time zone "{data["time_zone"]}"{hint}'
        )
    lessons, placed = _ids(course, "lessons"), {}
    for module in course.modules:
        for n, id in enumerate(module.data["lessons"]):
            place = module.place("lessons", n)
            if id not in lessons:
                report.error(file, place, missing("lesson", id, lessons))
            elif id in placed:
                report.error(file, place, f'the lesson "{id}" is already in the module "{placed[id]}"')
            placed.setdefault(id, module.id)
    for lesson in course.lessons:
        if lesson.id and lesson.id not in placed:
            message = f'the lesson "{lesson.id}" is in no module; add it to the lessons of one in course.toml'
            report.error(lesson.file, lesson.place("id"), message)


def _check_passages(course, docs, report):
    seen = {}
    for lesson in course.lessons:
        for passage in docs[lesson.id].passages:
            if passage.id and passage.id in seen and seen[passage.id] != lesson.file:
                line = passage.line + lesson.node.keys["body"].line - 2
                message = f'the passage "{passage.id}" stands twice; it is also in {seen[passage.id]}'
                report.error(lesson.file, Place(line, passage.column), message)
            seen.setdefault(passage.id, lesson.file)


def _check_sources(course, known, used, report):
    """References to works from everywhere but the text of lessons."""
    for entries, key in ((course.lessons, "sources"), (course.events, "sources"), (course.figures, "source")):
        for entry in entries:
            cited = entry.data.get(key) or []
            for n, id in enumerate([cited] if isinstance(cited, str) else cited):
                used.works.add(id)
                if id not in known.works:
                    place = entry.place(key) if isinstance(cited, str) else entry.place(key, n)
                    report.error(entry.file, place, missing("source", id, known.works))


def _check_lessons_named(course, report):
    lessons = _ids(course, "lessons")
    for event in course.events:
        if event.data["lesson"] and event.data["lesson"] not in lessons:
            report.error(event.file, event.place("lesson"), missing("lesson", event.data["lesson"], lessons))
    for term in course.terms:
        for n, id in enumerate(term.data["lessons"]):
            if id not in lessons:
                report.error(term.file, term.place("lessons", n), missing("lesson", id, lessons))


def _check_questions(course, docs, known, used, report):
    lessons = {lesson.id: lesson for lesson in course.lessons}
    asked = set()
    for question in course.questions:
        data = question.data
        lesson = lessons.get(data["lesson"])
        if lesson is None:
            if "lessons" not in course.unread:
                message = f"these questions belong to no lesson: {missing('lesson', data['lesson'], lessons)}"
                report.error(question.file, TOP, message)
            continue
        passages = _passages(docs[lesson.id])
        objectives = {objective["id"] for objective in lesson.data["objectives"]}
        for key, ids in (("passage", passages), ("objective", objectives)):
            if data[key] and data[key] not in ids:
                hint = did_you_mean(data[key], ids)
                message = f'{key} "{data[key]}" is not in this lesson{hint}'
                report.error(question.file, question.place(key), message)
        if data["state"] == "ready":
            asked.add((lesson.id, data["passage"]))
            if not data["passage"]:
                message = no_passage().message
                report.warn(question.file, question.place(), message)
        for n, id in enumerate(data["sources"]):
            used.works.add(id)
            if id not in known.works:
                report.error(question.file, question.place("sources", n), missing("source", id, known.works))
    for lesson in course.lessons:
        shift = lesson.node.keys["body"].line - 2
        for passage in docs[lesson.id].passages if "questions" not in course.unread else ():
            if passage.id and lesson.data["state"] == "ready" and (lesson.id, passage.id) not in asked:
                place = Place(passage.line + shift, passage.column)
                report.warn(lesson.file, place, f'no question asks about the passage "{passage.id}"')


def _passages(doc):
    """The ids of a lesson's passages; any id where a heading has none that can be used."""
    if any(problem.code in ("no-id", "id", "reserved-id", "double-id") for problem in doc.problems):
        return _Any()
    return {passage.id for passage in doc.passages}


def _check_texts(course, known, used, report):
    """What the texts outside lessons hold and point to."""
    for entry, where, text in _texts(course):
        doc = check_text(text, known, report, file=entry.file, place=entry.place(*where))
        if doc is not None:
            _note(doc, used)


def _texts(course):
    data = course.course.data
    yield course.course, ("summary",), data["summary"]
    yield course.course, ("source", "notice"), data["source"]["notice"]
    for term in course.terms:
        yield term, ("definition",), term.data["definition"]
        yield term, ("matters",), term.data["matters"]
    for event in course.events:
        yield event, ("text",), event.data["text"]
    for figure in course.figures:
        yield figure, ("note",), figure.data.get("note", "")
    for question in course.questions:
        for where, text in texts(question.data["kind"], question.data["content"]):
            yield question, where, text


def _note(doc, used):
    used.terms |= {reference.id for reference in doc.terms}
    used.works |= {reference.id for reference in doc.citations}
    used.figures |= {reference.id for reference in doc.figures}
    used.assets |= {reference.id.removeprefix("assets/") for reference, _ in doc.images}


def _check_checks(course, docs, report):
    """A question inside a lesson is answered by everybody who reads: it must be ready, and not for exams."""
    questions = {question.id: question for question in course.questions}
    for lesson in course.lessons:
        shift = lesson.node.keys["body"].line - 2
        for reference in docs[lesson.id].checks:
            question = questions.get(reference.id)
            if question is None or lesson.data["state"] != "ready":
                continue
            place = Place(reference.line + shift, reference.column)
            if question.data["use"] == "exam":
                report.error(lesson.file, place, f'the question "{reference.id}" is kept for exams')
            elif question.data["state"] != "ready":
                state = question.data["state"]
                report.error(
                    lesson.file, place, f'the question "{reference.id}" is not ready, its state is {state}'
                )


def _check_quizzes(course, report):
    file = course.course.file
    modules = {module.id for module in course.modules}
    lessons = _ids(course, "lessons")
    questions = {question.id: question.data for question in course.questions}
    if "questions" in course.unread:
        return
    seen = set()
    for n, quiz in enumerate(course.course.data["quizzes"]):
        at = ("quizzes", n)
        if quiz["id"] and quiz["id"] in seen:
            report.error(file, course.course.place(*at, "id"), f'the quiz "{quiz["id"]}" stands twice')
        seen.add(quiz["id"])
        if quiz["module"] and quiz["module"] not in modules:
            report.error(file, course.course.place(*at, "module"), missing("module", quiz["module"], modules))
        fixed = Counter()
        for m, slot in enumerate(quiz["slots"]):
            place = course.course.place(*at, "slots", m, "question")
            if slot.get("question"):
                fixed[slot["question"]] += 1
                if slot["question"] not in questions:
                    report.error(file, place, missing("question", slot["question"], questions))
                elif questions[slot["question"]]["state"] != "ready":
                    report.error(file, place, f'the question "{slot["question"]}" is not ready')
                elif fixed[slot["question"]] > 1:
                    report.error(file, place, f'the question "{slot["question"]}" stands in this quiz twice')
        _check_draws(course, quiz, at, set(fixed), lessons, report)


def _check_draws(course, quiz, at, taken, lessons, report):
    """Each draw needs enough questions that no slot before it has used up."""
    for m, slot in enumerate(quiz["slots"]):
        if "draw" not in slot:
            continue
        for k, id in enumerate(slot.get("lessons", [])):
            if id not in lessons:
                place = course.course.place(*at, "slots", m, "lessons", k)
                report.error(course.course.file, place, missing("lesson", id, lessons))
        fitting = [question.id for question in course.questions if _fits(question.data, slot, quiz)]
        free = [id for id in fitting if id not in taken]
        if len(free) < slot["draw"]:
            used = len(fitting) - len(free)
            beside = f", of which slots before take {used}" if used else ""
            message = f"this slot draws {slot['draw']} and its filter finds {len(fitting)}{beside}"
            report.error(course.course.file, course.course.place(*at, "slots", m, "draw"), message)
        taken |= set(free[: slot["draw"]])


def _fits(question, slot, quiz):
    wanted = (("lessons", "lesson"), ("levels", "level"), ("kinds", "kind"))
    return (
        question["state"] == "ready"
        and not (quiz["preset"] == "exam" and question["use"] == "practice")
        and all(not slot.get(many) or question[one] in slot[many] for many, one in wanted)
        and (not slot.get("tags") or set(slot["tags"]) <= set(question["tags"]))
    )


def _check_unused(course, used, report):
    if course.unread & {"lessons", "questions"}:
        return
    text = "\n".join(lesson.data["body"] for lesson in course.lessons)
    for work in course.works:
        if work.id and work.id not in used.works:
            report.warn(work.file, work.place("id"), f'nothing uses the source "{work.id}"')
    for term in course.terms:
        # An abbreviation is opened in words and then stands by itself; its entry is looked up all the same.
        short = term.data["abbreviation"]
        is_written = short and re.search(rf"(?<!\w){re.escape(short)}(?!\w)", text)
        if term.id and term.id not in used.terms and not is_written:
            report.warn(term.file, term.place("id"), f'nothing uses the glossary term "{term.id}"')
    for figure in course.figures:
        if figure.id not in used.figures:
            report.warn(figure.file, TOP, f'nothing uses the figure "{figure.id}"')
    for picture in course.pictures:
        if picture.name not in used.assets:
            report.warn(f"assets/{picture.name}", TOP, "nothing uses this image, so it is not loaded")
