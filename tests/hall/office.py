"""The examination office, a process of its own with the product's verbs at hand: `python -m tests.hall.office`.

Reads one JSON object a line, {"do": name, …}, and answers with one line. It holds no connection between two lines.
"""

import json
import os
import random
import sqlite3
import sys
import time
import traceback
from datetime import timedelta
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.hall.settings")
PASSWORD = "seven quiet rivers"


def migrate():
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return True


def seat(*, students, questions=4, kinds=(), minutes=60, apart=0, begin=True, attempts=0, password=False):
    """So many new learners with sessions, each before a new exam of so many questions, or of one of each of `kinds`.

    With `begin` they are in it, each begun `apart` seconds after the one before.
    """
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from content.models import Course
    from studyapp.accounts.models import User
    from studyapp.quizzes.sittings import start_quiz
    from tests.factories import create_course, create_lesson, create_question, create_quiz

    now, name = timezone.now(), uuid4().hex[:12]
    course = Course.objects.filter(slug="hall").first() or create_course("hall")
    lesson = course.lessons.filter(slug="hall").first() or create_lesson(course, "hall")
    kinds = kinds or ["short_text" if n % 2 else "true_false" for n in range(questions)]
    slugs = [f"hall-{n}-{kind}".replace("_", "-") for n, kind in enumerate(kinds)]
    asked = [
        course.questions.filter(slug=slug).first() or create_question(lesson, slug, kind=kind)
        for slug, kind in zip(slugs, kinds, strict=True)
    ]
    quiz = create_quiz(
        course, f"exam-{name}", slots=asked, time_limit_minutes=minutes, attempts_allowed=attempts
    )
    secret = make_password(PASSWORD if password else None)
    people = User.objects.bulk_create(
        User(
            username=f"s-{name}-{n}",
            username_folded=f"s-{name}-{n}",
            name=f"Learner {n}",
            password=secret,
            date_joined=now,
        )
        for n in range(students)
    )
    seats, sessions = [], signed_in(people)
    for n, person in enumerate(people):
        attempt = None
        if begin:
            attempt = start_quiz(person, quiz, now=now + timedelta(seconds=n * apart), rng=random.Random(1))
        seats.append(
            {
                "learner": person.pk,
                "name": person.username,
                "session": sessions[n],
                "attempt": attempt and attempt.pk,
                "kinds": kinds,
                "quiz": f"/quizzes/{course.slug}/{quiz.slug}/",
            }
        )
    return seats


def signed_in(people):
    """A session for each of these people: the keys, in their order."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    store, sessions = SessionStore(), []
    for person in people:
        data = {
            "_auth_user_id": str(person.pk),
            "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
            "_auth_user_hash": person.get_session_auth_hash(),
        }
        expires = timezone.now() + timedelta(days=1)
        sessions.append(
            Session(session_key=uuid4().hex, session_data=store.encode(data), expire_date=expires)
        )
    Session.objects.bulk_create(sessions)
    return [session.session_key for session in sessions]


def end_session(*, session):
    """Forget the session with this key, as when its time is over."""
    from django.contrib.sessions.models import Session

    return Session.objects.filter(session_key=session).delete()[0]


def seat_graders(*, graders):
    """A class with an essay handed in and so many people who may mark it: where it is marked, and their sessions."""
    from django.utils import timezone

    from content.models import CourseStaff
    from studyapp.quizzes.sittings import start_quiz, submit_attempt
    from tests.factories import (
        create_cohort,
        create_course,
        create_lesson,
        create_question,
        create_quiz,
        create_user,
        save_in,
    )

    name, now = uuid4().hex[:8], timezone.now()
    people = [create_user(f"grader-{name}-{n}", is_staff=True) for n in range(graders)]
    writer = create_user(f"writer-{name}")
    course = create_course(f"essays-{name}")
    for person in people:
        CourseStaff.objects.create(course=course, user=person)
    cohort = create_cohort(course, instructors=people, learners=[writer], join_code=name)
    essay = create_question(create_lesson(course), "why", kind="essay")
    attempt = start_quiz(writer, create_quiz(course, slots=[essay]), now=now, rng=random.Random(1))
    save_in(attempt, 1, {"essay": ["Because of the rule of 2006."]}, at=now)
    submit_attempt(attempt, now=now, by=writer)
    item = attempt.items.get()
    return {
        "path": f"/teach/{cohort.pk}/quizzes/{attempt.quiz.slug}/marking/{item.pk}/",
        "item": item.pk,
        "points": {f"points_{row['id']}": row["points"] for row in item.version.content["rubric"]},
        "sessions": signed_in(people),
    }


def drafts(*, item):
    from studyapp.quizzes.models import DraftMark

    return [[draft.number, draft.fraction] for draft in DraftMark.objects.filter(item=item).order_by("pk")]


def rows(*, attempts):
    """Everything saved in these attempts, in order of arrival."""
    from studyapp.quizzes.models import SavedAnswer

    found = SavedAnswer.objects.filter(item__attempt__in=attempts).select_related("item").order_by("pk")
    return [
        {
            "client_id": str(row.client_id),
            "attempt": row.item.attempt_id,
            "number": row.item.number,
            "text": said(row.response),
            "is_late": row.is_late,
            "writer": row.writer,
        }
        for row in found
    ]


def said(response):
    if response is None:
        return ""
    value = next(iter(response.values()))
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def attempts(*, attempts):
    """State, total, events and entries of review for each of these attempts."""
    from studyapp.quizzes.models import Attempt
    from studyapp.review.models import ReviewLog

    return [
        {
            "state": attempt.state,
            "points": attempt.points,
            "ended": [event.what for event in attempt.events.exclude(what="started")],
            "marks": sum(item.marks.count() for item in attempt.items.all()),
            "reviewed": ReviewLog.objects.filter(learner=attempt.learner_id).count(),
        }
        for attempt in Attempt.objects.filter(pk__in=attempts).order_by("pk")
    ]


def hand_in(*, attempts):
    """Hand in what runs of these, then mark them anew from their rows: what differs from what is stored."""
    from django.utils import timezone

    from studyapp.quizzes.models import Attempt
    from studyapp.quizzes.sittings import submit_attempt
    from studyapp.quizzes.verifying import differences_in

    found = Attempt.objects.filter(pk__in=attempts).select_related("learner", "quiz")
    for attempt in found.filter(state="open"):
        submit_attempt(attempt, now=timezone.now(), by=attempt.learner)
    return [str(difference) for attempt in found.all() for difference in differences_in(attempt)]


def verify():
    """The whole of `verify_scores`: attempts looked at, differences."""
    from django.utils import timezone

    from studyapp.quizzes.verifying import verify_scores

    count, found = verify_scores(now=timezone.now())
    return {"looked_at": count, "differences": [str(difference) for difference in found]}


def close_overdue():
    from django.utils import timezone

    from studyapp.quizzes import sittings

    return sittings.close_overdue(now=timezone.now())


def set_end(*, attempt, seconds):
    """Let the attempt end so many seconds from now, or have ended."""
    from django.utils import timezone

    from studyapp.quizzes.models import Attempt

    return Attempt.objects.filter(pk=attempt).update(deadline=timezone.now() + timedelta(seconds=seconds))


def integrity():
    """What SQLite finds wrong with its file, "ok" where nothing is; PostgreSQL has no such question."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return "ok"
    other = sqlite3.connect(connection.settings_dict["NAME"])
    try:
        return other.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        other.close()


def broken_links():
    """Rows that point to a row that is not there."""
    from django.core.management import call_command
    from django.db import connection

    call_command("check", verbosity=0)
    connection.check_constraints()
    return []


def count():
    """Rows of every table."""
    from django.db import connection

    with connection.cursor() as cursor:
        counted = {}
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counted[name] = cursor.fetchone()[0]
        return counted


def fill(*, megabytes):
    """Sessions nobody has, so many megabytes of them: a database that takes a while to copy."""
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    rows = (
        Session(session_key=uuid4().hex, session_data=os.urandom(50_000).hex(), expire_date=timezone.now())
        for _ in range(megabytes * 10)
    )
    Session.objects.bulk_create(rows, batch_size=100)
    return True


def name_image(*, file):
    """An image in the database without its file."""
    from django.utils import timezone

    from content.models import Asset
    from tests.factories import create_course

    Asset.objects.create(
        course=create_course(uuid4().hex[:12]), name="lost.png", sha256="0" * 64, file=file, width=1, height=1,
        media_type="image/png", alt="A map", created_at=timezone.now(),
    )  # fmt: skip
    return True


def move(*, what, attempt, offset, start):
    """One move of a race: the verb with a clock so many milliseconds beside the deadline, begun at `start`, a time
    that all processes of this machine share."""
    from django.db import connection

    from studyapp.quizzes import sittings
    from studyapp.quizzes.models import Attempt

    found = Attempt.objects.select_related("learner").get(pk=attempt)
    now = found.deadline + timedelta(milliseconds=offset)
    connection.ensure_connection()
    while time.monotonic() < start:
        pass
    if what == "save":
        receipt = sittings.save_in_quiz(
            found.learner, attempt=attempt, number=1, client_id=uuid4(), writer=uuid4().hex, sequence=1,
            fields={"answer": ["true"]}, seconds=None, now=now,
        )  # fmt: skip
        return {"is_late": receipt.is_late}
    if what == "submit":
        return {"moved": sittings.submit_attempt(found, now=now, by=found.learner)}
    return {"moved": sittings.close_overdue(now=now)}


def hold(*, seconds, attempt):
    """Hold what a save of this attempt needs: SQLite's write lock, PostgreSQL's row."""
    from django.db import connection, transaction

    from studyapp.quizzes.models import Attempt

    with transaction.atomic():
        list(Attempt.objects.select_for_update().filter(pk=attempt))
        tell("held")
        time.sleep(seconds)
    return connection.vendor


def hold_all(*, seconds):
    """Let nobody save anything: hold SQLite's write lock, or PostgreSQL's tables of attempts and answers."""
    from django.db import connection, transaction

    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE quizzes_attempt, quizzes_savedanswer IN EXCLUSIVE MODE")
        tell("held")
        time.sleep(seconds)
    return connection.vendor


def begin_log():
    """Let PostgreSQL begin a new file of its log, which has its full length from the start."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_switch_wal()")
            cursor.execute("CHECKPOINT")


def use_up(*, attempt):
    """Save blank answers, the shortest there are, until the database takes no more: how many it took.

    So the room is gone that it had kept in its files.
    """
    from django.db import OperationalError
    from django.utils import timezone

    from studyapp.quizzes import sittings
    from studyapp.quizzes.models import Attempt

    learner, writer, count = Attempt.objects.get(pk=attempt).learner, uuid4().hex, 0
    try:
        while count < 10_000:
            sittings.save_in_quiz(
                learner, attempt=attempt, number=1, client_id=uuid4(), writer=writer, sequence=count,
                fields={}, seconds=None, now=timezone.now(),
            )  # fmt: skip
            count += 1
    except OperationalError:
        return count
    raise AssertionError("the disk is not full")


def write_log():
    """Fill PostgreSQL's log until there is no room for it either, and it breaks off."""
    from django.db import OperationalError, connection

    try:
        with connection.cursor() as cursor:
            for _ in range(2000):
                cursor.execute("SELECT pg_logical_emit_message(true, 'filler', repeat('x', 500000))")
    except OperationalError:
        return True
    raise AssertionError("the disk is not full")


def tell(answer):
    print(json.dumps(answer), file=sys.__stdout__, flush=True)


def main():
    sys.stdout = sys.stderr  # where the product's log goes too: answers alone stand on the real one
    django.setup()
    from django.db import connections

    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = globals()[order.pop("do")](**order)
        except Exception:  # told to who asked; the office goes on
            answer = {"failed": traceback.format_exc()}
        connections.close_all()
        tell(answer)


if __name__ == "__main__":
    main()
