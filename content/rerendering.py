"""Rendering what is stored: for a changed glossary entry the lessons that use it, for a changed renderer all.

The HTML of a row is a copy, made when the row is saved. These functions make the copies true again; they
write no revision and no version, since no author changed a word.
"""

from django.db import transaction

from content import markup
from content.coursefiles.definitions import work_label, work_short
from content.models import Asset, Course, Event, Figure, Lesson, Question, QuestionVersion, Term, Work
from content.preparing import PreparedLesson, References, prepare_lesson, render_question


def references_of(course: Course) -> References:
    """What the texts of this course may point to, as it stands in the database: four queries."""
    return References(
        course=course.slug,
        terms={
            term.slug: {"term": term.term, "html": term.definition_html, "matters_html": term.matters_html}
            for term in Term.objects.filter(course=course, is_retired=False)
        },
        works={
            work.slug: {"short": work.short, "label": work.label}
            for work in Work.objects.filter(course=course, is_retired=False)
        },
        figures=dict(
            Figure.objects.filter(course=course, is_retired=False).values_list("slug", "definition")
        ),
        assets={asset.name: asset.file.url for asset in Asset.objects.filter(course=course)},
    )


def fill_work(work: Work):
    """Set the columns of a work that are made from its definition."""
    shown = {"title": work.slug} | work.definition
    work.short, work.label = work_short(shown), work_label(shown)


def fill_course(course: Course, references: References):
    """Set the rendered columns of a course."""
    course.summary_html = markup.render(course.summary, **references.for_markup())
    course.notice_html = markup.render(course.notice, **references.for_markup())
    course.renderer = markup.RENDERER


def fill_term(term: Term, references: References):
    """Set the rendered columns of a glossary entry."""
    term.definition_html = markup.render_flow(term.definition, **references.for_markup())
    term.matters_html = markup.render_flow(term.matters, **references.for_markup())
    term.renderer = markup.RENDERER


def fill_event(event: Event, references: References):
    """Set the rendered columns of an event."""
    event.html = markup.render_flow(event.text, **references.for_markup())
    event.renderer = markup.RENDERER


def write_rendered_lesson(lesson, prepared: PreparedLesson, **fields) -> bool:
    """Write the rendered columns of a lesson, and `fields` beside them, where they differ from what is stored."""
    names = ("lead", "claims", "summary_html", "apparatus", "words", "minutes")
    made = {name: getattr(prepared, name) for name in names}
    return write_row(lesson, {**made, **fields, "renderer": markup.RENDERER})


def render_again(course, lessons, *, prepared=None) -> int:
    """Render lessons anew, since what they show has changed; writes only what differs. Gives how many did.

    `prepared` has lessons by id that are rendered already.
    """
    references = None
    count = 0
    for lesson in lessons:
        made = (prepared or {}).get(lesson.slug)
        if made is None:
            references = references or references_of(course)
            made = prepare_lesson(lesson.slug, lesson.body, lesson.works, references)
        with transaction.atomic():
            changed = write_rendered_lesson(lesson, made)
            rows = {row.slug: row for row in lesson.passages.filter(is_retired=False)}
            for passage in made.passages:
                if passage.slug in rows:
                    fields = {"segments": passage.segments, "text": passage.text}
                    changed |= write_row(rows[passage.slug], fields)
        count += changed
    return count


def show_image_again(course, name):
    """Render what shows this image of the course, since its bytes have changed. A wording of before keeps the image
    it was asked with.
    """
    mark = f"assets/{name}"
    references = references_of(course)
    if mark in course.summary + course.notice:
        fill_course(course, references)
        _replace(course, "summary_html", "notice_html", "renderer")
    terms = [
        term for term in Term.objects.filter(course=course) if mark in f"{term.definition} {term.matters}"
    ]
    for term in terms:
        fill_term(term, references)
        _replace(term, "definition_html", "matters_html", "renderer")
    if terms:
        references = references_of(course)
    for event in Event.objects.filter(course=course, text__contains=mark):
        fill_event(event, references)
        _replace(event, "html", "renderer")
    marks = [mark, *(term.slug for term in terms)]
    lessons = Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED)
    render_again(course, [lesson for lesson in lessons if any(mark in lesson.body for mark in marks)])
    asked = Question.objects.filter(course=course, current__isnull=False).select_related("current", "lesson")
    for question in asked:
        version = question.current
        if mark in str(version.content):
            version.rendered = render_question(
                question.kind, version.content, references, lesson=question.lesson.slug
            )
            version.renderer = markup.RENDERER
            _replace(version, "rendered", "renderer")


def rerender(course: Course | None = None, *, everything=False) -> dict[str, int]:
    """Make stored HTML anew where a renderer older than today's made it; how many rows of each sort.

    One short transaction for each lesson and each hundred versions: saving goes on meanwhile.
    """
    courses = Course.objects.all() if course is None else Course.objects.filter(pk=course.pk)
    done = {"courses": 0, "terms": 0, "events": 0, "lessons": 0, "versions": 0}

    def stale(rows):
        return rows if everything else rows.filter(renderer__lt=markup.RENDERER)

    for course in courses:
        references = references_of(course)
        for row in stale(Course.objects.filter(pk=course.pk)):
            fill_course(row, references)
            done["courses"] += _replace(row, "summary_html", "notice_html", "renderer")
        for term in stale(Term.objects.filter(course=course)):
            fill_term(term, references)
            done["terms"] += _replace(term, "definition_html", "matters_html", "renderer")
        references = references_of(course)
        for event in stale(Event.objects.filter(course=course)):
            fill_event(event, references)
            done["events"] += _replace(event, "html", "renderer")
        lessons = stale(Lesson.objects.filter(course=course))
        done["lessons"] += len(lessons)
        render_again(course, lessons)
        done["versions"] += _rerender_versions(stale, course, references)
    return done


def _rerender_versions(stale, course, references):
    count = 0
    rows = QuestionVersion.objects.filter(question__course=course).select_related("question__lesson")
    for version in stale(rows).order_by("pk").iterator(chunk_size=100):
        question = version.question
        html = render_question(question.kind, version.content, references, lesson=question.lesson.slug)
        version.rendered, version.renderer = html, markup.RENDERER
        count += _replace(version, "rendered", "renderer")
    return count


def _replace(row, *columns):
    """Update only these columns, so that nothing else moves: not `updated_at`, not what was edited meanwhile."""
    values = {name: getattr(row, name) for name in columns}
    return type(row).objects.filter(pk=row.pk).update(**values)


def write_row(row, fields) -> bool:
    """Save the row if it is new or a field differs; True if it was saved."""
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    if row.pk is not None and not changed:
        return False
    for name in changed:
        setattr(row, name, fields[name])
    if row.pk is None:
        row.save()
    else:
        names = {row._meta.get_field(name).name for name in changed}
        if hasattr(row, "updated_at"):
            names.add("updated_at")
        row.save(update_fields=sorted(names))
    return True
