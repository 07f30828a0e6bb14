"""What the learner's own page of progress is made of. Each table is asked once, for everything that is told from it."""

from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, Q

from studyapp.classes.access import courses_for, with_may_edit
from studyapp.progress.planned import REMEMBERED, forecast, habits_of, remembered
from studyapp.progress.plots import Plot
from studyapp.progress.queries import CARD, CourseView, cards_of, learner_overview
from studyapp.progress.studied import History, history_of
from studyapp.review.days import study_day
from studyapp.review.exam_dates import with_exam_on
from studyapp.review.queue import Day, reviewable


@dataclass(frozen=True)
class MyProgress:
    """`begun`: courses of which something was read or answered, the one last read in first; `first`: the course that a
    newcomer can begin. The rest is there once something was begun."""

    begun: list[CourseView]
    first: CourseView | None = None
    to_come: Plot | None = None
    history: History | None = None


def my_progress(learner, day: Day, *, now) -> MyProgress:
    """All that the page shows, `day` (the review today) being known. Three queries for a visitor, five for a learner."""
    if not learner.is_authenticated:
        views = learner_overview(learner, list(courses_for(learner)), now=now)
        return MyProgress([], first=next(iter(views), None))
    today = study_day(now, learner.time_zone)
    courses = with_may_edit(courses_for(learner), learner)
    courses = list(with_exam_on(courses, learner, course="pk", today=today))
    cards = _cards(learner, courses, today)
    drafts = [course.pk for course in courses if course.may_edit]
    views = learner_overview(learner, courses, drafts_of=drafts, cards=cards, objectives=True, now=now)
    begun = [view for view in views if view.not_started < view.total]
    if not begun:
        return MyProgress([], first=next(iter(views), None))
    begun.sort(key=lambda view: view.place.at.timestamp() if view.place else 0, reverse=True)
    history = history_of(learner, now=now)
    coming = remembered([card for card in cards if card.may_come], today, learner.time_zone)
    to_come = forecast(coming, day, habits_of(day, history.firsts), today=today)
    return MyProgress(begun, views[0], to_come, history)


def _cards(learner, courses, today):
    """What mastery and the forecast are told of each card: `may_come` says whether review may ask it. One query."""
    may_come = ExpressionWrapper(Q(pk__in=reviewable(learner).values("pk")), BooleanField())
    cards = with_exam_on(cards_of(learner, courses), learner, course="course", today=today)
    return list(cards.annotate(may_come=may_come).values_list(*CARD, *REMEMBERED, "may_come", named=True))
