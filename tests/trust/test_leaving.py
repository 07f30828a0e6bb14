"""SIGTERM: the server says that it is not ready, takes requests for a moment longer, finishes what runs, ends with 0."""

import re
import signal
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest

from studyapp.leaving import MOMENT
from tests.browser.conftest import Site

LESSON = "/courses/us-iraq-relations/after-the-invasion/"
NOT_READY = (503, "not ready\n")


class Visitor:
    """A browser without a window: it keeps cookies and sends forms as htmx does."""

    def __init__(self, url):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, path, data=None, timeout=20, **headers):
        """(status, body); None where nobody answers in time."""
        body = urlencode(data).encode() if data else None
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with self.opener.open(request, timeout=timeout) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except OSError:
            return None


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path, workers=2).start()
    yield site
    if site.process.poll() is None:
        site.process.kill()


def test_answer_in_flight_is_stored_and_answered_after_the_server_was_told_to_end(site, tmp_path):
    visitor = Visitor(site.url)
    _, page = visitor.ask(LESSON)
    form = re.search(r'<form class="check sheet".*?</form>', page, re.S)[0]
    given = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form))
    address = re.search(r'action="([^"]+)"', form)[1]
    assert visitor.ask("/readyz") == (200, "ok\n")
    answers = []
    sending = threading.Thread(
        target=lambda: answers.append(visitor.ask(address, given, **{"HX-Request": "true"}))
    )

    # Somebody else writes: the answer waits for the database, longer than the door stays open.
    other = sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sending.start()
    time.sleep(0.5)
    site.process.send_signal(signal.SIGTERM)
    told = time.monotonic()
    # Chance chooses the worker that is asked, and the one that waits says nothing until it is free: many ask at once.
    with ThreadPoolExecutor(60) as askers:
        asked = []
        while time.monotonic() < told + MOMENT + 1:
            asked.append([askers.submit(Visitor(site.url).ask, "/readyz") for _ in range(3)])
            time.sleep(0.1)
        still_waiting = not answers
        stored_before = other.execute("SELECT count(*) FROM quizzes_savedanswer").fetchone()[0]
        other.execute("ROLLBACK")
        waves = [{asker.result() for asker in wave} for wave in asked]
    sending.join(20)
    site.process.wait(20)

    assert still_waiting
    assert stored_before == 0
    first = next(n for n, wave in enumerate(waves) if NOT_READY in wave)
    assert set().union(*waves[first + 1 :]) == {NOT_READY, None}, "never ready again; shut in the end"
    assert "Unexpected" not in site.log()
    assert answers[0][0] == 200
    assert "Saved at" in answers[0][1]
    assert other.execute("SELECT count(*) FROM quizzes_savedanswer").fetchone()[0] == 1
    assert site.process.returncode == 0
    other.close()


def test_people_are_answered_while_balancers_learn_of_it(site):
    site.process.send_signal(signal.SIGTERM)
    for _ in range(50):
        if Visitor(site.url).ask("/readyz") == NOT_READY:
            break
        time.sleep(0.02)

    status, page = Visitor(site.url).ask(LESSON)
    site.process.wait(20)

    assert status == 200
    assert "After the invasion" in page
    assert site.process.returncode == 0
