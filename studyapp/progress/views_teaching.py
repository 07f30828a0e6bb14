"""What teachers see: their classes, one class, one learner of it. Strangers get the page of a missing address."""

import csv
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import slugify
from django.utils import timezone
from django.views.decorators.http import require_safe

from content.cells import safe_cell, write_workbook
from content.questions.rendering import answered
from studyapp.classes.access import cohort_taught_by
from studyapp.htmx import render_part
from studyapp.progress import attention, teaching
from studyapp.quizzes.groups import courses_without_class

ANSWERS_A_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@login_required
def teach(request):
    context = {
        "section": "teach",
        "classes": list(teaching.classes_taught(request.user)),
        "courses": list(courses_without_class(request.user)),
    }
    return render(request, "progress/teach.html", context)


@require_safe
@login_required
def teach_class(request, cohort):
    group = cohort_taught_by(request.user, cohort)
    table = teaching.class_table(group, now=timezone.now())
    choice = teaching.Choice.read(request.GET)
    rows = teaching.chosen(table, choice)
    context = {
        "section": "teach",
        "cohort": group,
        "zone": ZoneInfo(group.zone),
        "table": table,
        "rows": [(row, [_shown(cell, choice) for cell in row.cells]) for row in rows],
        "choice": choice,
        "query": urlencode(_query(choice)),
        "sortable": [
            (column, urlencode(_query(choice) | {"sort": column.lesson.slug})) for column in table.columns
        ],
        "asking": [row for row in table.rows if row.reason],
        "heading": teaching.heading_words(table),
        "shows": teaching.SHOWS,
        "sorts": teaching.SORTS,
        "measures": teaching.MEASURES,
        "measure_word": teaching.MEASURES[choice.measure].lower(),
        "rules": attention.RULES,
    }
    return render_part(request, "progress/teach_class.html", "heat", context)


@require_safe
@login_required
def teach_class_csv(request, cohort):
    group = cohort_taught_by(request.user, cohort)
    return _csv(f"{group.name}-progress", _rows_as_shown(group, request.GET))


@require_safe
@login_required
def teach_class_xlsx(request, cohort):
    group = cohort_taught_by(request.user, cohort)
    response = HttpResponse(
        write_workbook(_rows_as_shown(group, request.GET), title=group.name), content_type=XLSX
    )
    response["Content-Disposition"] = f'attachment; filename="{_file_name(f"{group.name}-progress")}.xlsx"'
    return response


def _rows_as_shown(group, asked):
    """The rows of the screen for this address, for the files that equal it."""
    table = teaching.class_table(group, now=timezone.now())
    choice = teaching.Choice.read(asked)
    return teaching.table_rows(table, teaching.chosen(table, choice), choice, zone=ZoneInfo(group.zone))


@require_safe
@login_required
def teach_learner(request, cohort, student):
    group, learner = _learner(request, cohort, student)
    answers = Paginator(teaching.answers_of(group, learner), ANSWERS_A_PAGE)
    page = answers.get_page(request.GET.get("page"))
    context = {
        "section": "teach",
        "cohort": group,
        "zone": ZoneInfo(group.zone),
        "learner": learner,
        "lessons": teaching.learner_states(group, learner, now=timezone.now()),
        "page": page,
        "answers": [teaching.in_words(log) for log in page],
        "opened": _opened(group, learner, request.GET.get("answer", "")),
    }
    return render_part(request, "progress/teach_learner.html", "answers", context)


@require_safe
@login_required
def teach_learner_csv(request, cohort, student):
    group, learner = _learner(request, cohort, student)
    answers = (teaching.in_words(log) for log in teaching.answers_of(group, learner).iterator(chunk_size=500))
    return _csv(
        f"{group.name}-{learner.shown_name}-answers", teaching.answer_rows(answers, zone=ZoneInfo(group.zone))
    )


def _learner(request, cohort, student):
    group = cohort_taught_by(request.user, cohort)
    enrolment = teaching.learners_of(group).filter(user__id=student).first()
    if enrolment is None:
        raise Http404
    return group, enrolment.user


def _opened(group, learner, number):
    """The answer whose question is shown as it stood in that version, or None."""
    if not number.isdecimal() or len(number) > 18:
        return None
    log = teaching.answers_of(group, learner).filter(pk=int(number)).first()
    if log is None:
        return None
    version, kind = log.version, log.question.kind
    try:
        shown = answered(kind, version.content, version.rendered, log.presented, log.response, show_key=True)
    except teaching.UNREADABLE:
        shown = None
    return teaching.in_words(log), shown


def _shown(cell, choice):
    return {
        "percent": cell.percent(choice.measure),
        "step": cell.step(choice.measure),
        "fades": bool(cell.fading) and choice.measure == "known",
        "cell": cell,
    }


def _query(choice):
    return {"q": choice.find, "show": choice.show, "sort": choice.sort, "measure": choice.measure}


def _csv(name, rows):
    """UTF-8 with a mark at the start, without which spreadsheets guess wrong; nothing in it runs as a formula."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(name)}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return response


def _file_name(name):
    return slugify(name)[:80] or "table"
