"""What a large deck costs: the daily review with 5,000 cards against 50, and rebuilding cards from 100,000 answers.

    python -m tests.bench.review

In one process, on a database of its own: SQLite in WAL mode, or the PostgreSQL that DATABASE_URL names (its tables are
made and filled there).
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

CARDS = (50, 5000)
ANSWERS = (25_000, 50_000, 100_000)
QUESTIONS = 500
ROUNDS = 15


def main():
    import django

    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyapp.settings")
        os.environ.setdefault("LOG_FORMAT", "text")
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        daily_review()
        rebuilding()


def daily_review():
    import logging

    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from studyapp.review.exam_dates import set_exam_date
    from tests import factories
    from tests.review.cards import many_cards

    logging.disable(logging.INFO)
    now, clients = timezone.now(), {}
    for cards in CARDS:
        learner = factories.create_user(f"cards-{cards}")
        questions = many_cards(learner, cards, now, stem=f"deck-{cards}")
        clients[cards] = Client(headers={"host": "localhost"})
        clients[cards].force_login(learner)
        clients[cards].learner, clients[cards].course = learner, questions[0].course

    print(
        f"\nthe daily review asks a question (GET /review/?ask=1): medians of {ROUNDS} alternating rounds\n"
    )
    print("| deck | queries | ms | against 50 cards |\n|---|---|---|---|")
    for exam in (False, True):
        took = {cards: [] for cards in CARDS}
        for client in clients.values():
            if exam:
                on = (now + timedelta(days=7)).date()
                set_exam_date(client.learner, client.course, on, now=now)
        for _ in range(ROUNDS):
            for cards, client in clients.items():
                start = time.perf_counter()
                answer = client.get("/review/", {"ask": 1})
                took[cards].append(time.perf_counter() - start)
                assert answer.status_code == 200
        floor = statistics.median(took[CARDS[0]])
        for cards, client in clients.items():
            with CaptureQueriesContext(connection) as asked:
                client.get("/review/", {"ask": 1})
            median = statistics.median(took[cards])
            name = f"{cards:,} cards{', exam in a week' if exam else ''}"
            print(f"| {name} | {len(asked)} | {1000 * median:.1f} | {median / floor:.2f} |", flush=True)
    print("\nasked: at most 8 queries, at most 3 times")


def rebuilding():
    from django.utils import timezone

    from studyapp.review.models import Card, ReviewLog
    from studyapp.review.rebuilding import rebuild_cards
    from tests import factories

    now = timezone.now()
    lesson = factories.create_lesson(factories.create_course("long-log"), "long-log")
    questions = [factories.create_question(lesson, f"long-{n}") for n in range(QUESTIONS)]
    print(f"\ncards rebuilt from a log about {QUESTIONS} questions\n")
    print("| answers | s | µs an answer | words of progress |\n|---|---|---|---|")
    for answers in ANSWERS:
        learner = factories.create_user(f"log-{answers}")
        for first in range(0, answers, 5000):
            ReviewLog.objects.bulk_create(
                ReviewLog(
                    learner=learner, question=questions[n % QUESTIONS], version=questions[n % QUESTIONS].current,
                    client_id=uuid4(), origin="practice", at=now + timedelta(days=n // QUESTIONS), response={},
                    fraction=n % 3 / 2, rating=1 + n % 3,
                )
                for n in range(first, first + 5000)
            )  # fmt: skip
        said = []
        start = time.perf_counter()
        assert rebuild_cards(learner.pk, progress=said.append) == answers
        took = time.perf_counter() - start
        assert Card.objects.filter(learner=learner).count() == QUESTIONS
        print(f"| {answers:,} | {took:.1f} | {1e6 * took / answers:.0f} | {len(said)} |", flush=True)
    print("\nasked: linear, with progress")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent.parent))
    main()
