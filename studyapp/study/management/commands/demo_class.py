"""A class of made-up learners, so that an instructor sees reports with something in them; `--remove` takes it away."""

import random
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from content.models import Course, Passage, Question
from content.questions import get_kind, marked_by_hand
from studyapp.accounts.models import User
from studyapp.classes.models import Cohort, Enrolment
from studyapp.quizzes.attempts import finish_attempt, save_answer, start_attempt
from studyapp.quizzes.models import Attempt
from studyapp.reading.reading import mark_read

NAME = "Demonstration class (made up)"
DAYS = 40


class Command(BaseCommand):
    help = "Add a class of made-up learners with made-up answers, marked as such; --remove takes every trace away."

    def add_arguments(self, parser):
        parser.add_argument("--course", default="us-iraq-relations")
        parser.add_argument("--learners", type=int, default=24)
        parser.add_argument("--remove", action="store_true")

    def handle(self, *, course, learners, remove, **options):
        if remove:
            self.remove()
            return
        try:
            course = Course.objects.get(slug=course)
        except Course.DoesNotExist:
            raise CommandError(f"There is no course {course!r}: load it first.") from None
        if Cohort.objects.filter(is_demo=True).exists():
            raise CommandError("The demonstration class is there already: make demo-off removes it.")
        now = timezone.now()
        # Seeded, so that two people who talk about the demonstration see the same.
        rng = random.Random(2003)
        cohort = Cohort.objects.create(
            course=course, name=NAME, join_code="DEMO-0000", join_open=False, created_at=now, is_demo=True
        )
        for user in User.objects.filter(is_staff=True):
            Enrolment.objects.create(
                cohort=cohort, user=user, role=Enrolment.Role.INSTRUCTOR, joined_at=now - timedelta(days=DAYS)
            )
        for n in range(1, learners + 1):
            with transaction.atomic():
                self.add_learner(cohort, n, rng, now)
        self.stdout.write(f"{learners} made-up learners in “{NAME}”: {settings.BASE_URL}/teach/{cohort.pk}/")

    def add_learner(self, cohort, n, rng, now):
        joined = now - timedelta(days=DAYS)
        user = User(username=f"demo-{n:02}", name=f"Demo learner {n:02}", is_demo=True, date_joined=joined)
        user.set_unusable_password()
        user.save()
        Enrolment.objects.create(cohort=cohort, user=user, joined_at=joined)
        skill, diligence = rng.uniform(0.35, 0.95), rng.uniform(0.1, 1)
        lessons = list(cohort.course.lessons.shown().order_by("module__position", "position"))
        for place, lesson in enumerate(lessons[: max(1, round(diligence * len(lessons)))]):
            at = joined + timedelta(
                days=place * DAYS * rng.uniform(0.6, 1) / len(lessons), hours=rng.uniform(8, 20)
            )
            for passage in Passage.objects.filter(lesson=lesson, is_retired=False):
                at += timedelta(seconds=rng.uniform(40, 200))
                mark_read(user, [passage], now=min(at, now))
            self.practise(user, lesson, at, skill, diligence, rng, now)

    def practise(self, user, lesson, at, skill, diligence, rng, now):
        questions = [
            question
            for question in Question.objects.for_practice().filter(lesson=lesson).select_related("current")
            if question.kind not in marked_by_hand() and rng.random() < 0.4 + diligence / 2
        ]
        if not questions:
            return
        attempt = start_attempt(
            user,
            kind=Attempt.Kind.PRACTICE,
            course=lesson.course,
            lesson=lesson,
            questions=questions,
            now=min(at, now),
            rng=rng,
        )
        for item in attempt.items.select_related("attempt", "question", "version"):
            seconds = round(rng.uniform(8, 70))
            at += timedelta(seconds=seconds)
            save_answer(
                item,
                learner=user,
                client_id=uuid.UUID(int=rng.getrandbits(128), version=4),
                writer="demo",
                number=item.number,
                response=made_up_response(item, skill, rng),
                seconds=seconds,
                now=min(at, now),
            )
        finish_attempt(attempt, now=min(at, now))

    @transaction.atomic
    def remove(self):
        cohorts, _ = Cohort.objects.filter(is_demo=True).delete()
        users, _ = User.objects.filter(is_demo=True).delete()
        self.stdout.write(
            "The demonstration class is gone." if cohorts or users else "There was no demonstration class."
        )


def made_up_response(item, skill, rng):
    """The right response with the chance of `skill`, else one of the wrong ones, as a blind click would give."""
    kind, content = get_kind(item.question.kind), item.version.content
    right = kind.correct(content)
    if rng.random() < skill:
        return right
    match item.question.kind:
        case "single_choice":
            return {"choice": rng.choice([o["id"] for o in content["options"] if not o.get("correct")])}
        case "multiple_choice":
            return {
                "choices": sorted(o["id"] for o in content["options"] if rng.random() < 0.5)
                or right["choices"][:1]
            }
        case "true_false":
            return {"answer": not content["answer"]}
        case "short_text":
            return {"text": "not sure"}
        case "numeric":
            return {"text": "1", "value": "1"}
        case "ordering":
            return {"order": rng.sample(right["order"], len(right["order"]))}
        case "matching":
            rights = list(right["pairs"].values())
            return {"pairs": dict(zip(right["pairs"], rng.sample(rights, len(rights)), strict=True))}
    return right
