"""make bench: what a lesson page, a practice answer and an import cost, as ratios to the floor of the same run; then exams.

The server is the product's own (granian, two workers, SQLite in WAL mode with synchronous=FULL) on a database of its own;
client and server share the machine. Rounds of floor and product alternate, so that what else the machine does hits both.
"""

import argparse
import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

from studyapp import supervisor
from tests.bench import exams, importing, wildcards
from tests.hall.servers import Postgres

ROOT = Path(__file__).parent.parent.parent
LESSON = "/courses/us-iraq-relations/after-the-invasion/"
PRACTICE = LESSON + "practice/"
BATCH = 10  # requests between two preparations; a practice asks at least so many questions


class Forms(HTMLParser):
    """The forms of a page: action and the fields a browser would send, first choice ticked."""

    def __init__(self, page: str):
        super().__init__()
        self.forms, self.select, self.left = [], "", 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.forms.append({"action": a.get("action", ""), "method": a.get("method", "get"), "fields": {}})
        elif self.forms and tag == "input" and a.get("name"):
            fields = self.forms[-1]["fields"]
            if a.get("type") in {"radio", "checkbox"}:
                fields.setdefault(a["name"], a.get("value", "on"))
            elif a.get("type") not in {"submit", "button"}:
                fields[a["name"]] = a.get("value") or (
                    "1" if a.get("type") in {None, "text", "number"} else ""
                )
        elif self.forms and tag == "select" and a.get("name"):
            # The n-th select takes its n-th option: an order of things wants each place once.
            self.select = a["name"]
            self.left = self.forms[-1]["selects"] = self.forms[-1].get("selects", 0) + 1
        elif self.forms and tag == "option" and a.get("value") and self.left > 0:
            self.left -= 1
            self.forms[-1]["fields"][self.select] = a["value"]


class Visitor:
    """One keep-alive connection with its cookies."""

    def __init__(self, port: int):
        self.port, self.cookies = port, {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method: str, path: str, fields: dict | None = None, headers: dict | None = None):
        body = urlencode(fields, doseq=True) if fields is not None else None
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, text, answer.headers

    def page(self, path: str) -> str:
        status, text, _ = self.ask("GET", path)
        assert status == 200, (status, path)
        return text

    def sign_in(self, name: str, password: str):
        form = next(f for f in Forms(self.page("/accounts/sign-in/")).forms if "password" in f["fields"])
        user_field = next(key for key in form["fields"] if key in {"username", "login", "name"})
        fields = {**form["fields"], user_field: name, "password": password}
        fields.pop("shared", None)
        status, text, _ = self.ask("POST", "/accounts/sign-in/", fields)
        assert status in {302, 303}, (status, re.sub(r"<[^>]+>", " ", text)[-600:])


def answering_form(page: str):
    """The form that answers the question of a practice page, or None where a practice has ended."""
    return next((f for f in Forms(page).forms if "client_id" in f["fields"]), None)


class Practising:
    """Answers questions in practice. The forms of a whole practice are fetched first, so that while answers are timed
    nothing but answers is asked of the server."""

    def __init__(self, visitor: Visitor):
        self.visitor, self.forms, self.run = visitor, [], None

    def prepare(self):
        """Fetch the form of each question of a new practice; the one before is over."""
        token = csrf_of(Forms(self.visitor.page(PRACTICE)).forms[0]["fields"])
        if self.run:
            self.visitor.ask("POST", PRACTICE, {**token, "finish": self.run})
        _, _, headers = self.visitor.ask("POST", PRACTICE, {**token, "start": "1"})
        self.run = re.search(r"run=(\d+)", headers["Location"])[1]
        first = self.visitor.page(f"{PRACTICE}?run={self.run}")
        total = int(re.search(r"Question \d+ of (\d+)", first)[1])
        pages = [self.visitor.page(f"{PRACTICE}?run={self.run}&n={n}") for n in range(1, total + 1)]
        self.forms = [form for form in map(answering_form, pages) if form]
        self.token = token

    def answer(self) -> float:
        form = self.forms.pop()
        fields = {**form["fields"], "client_id": str(uuid.uuid4())}
        start = time.perf_counter()
        status, text, _ = self.visitor.ask("POST", form["action"] or PRACTICE, fields, {"HX-Request": "true"})
        took = time.perf_counter() - start
        assert status == 200, (status, text[:300])
        assert 'class="verdict' in text, text[:300]
        return took


def csrf_of(fields: dict) -> dict:
    return {key: value for key, value in fields.items() if key == "csrfmiddlewaretoken"}


def measure(visitors, once, count: int, prepare=None) -> float:
    """Median seconds of `count` calls of once(visitor) on each visitor, all visitors at the same time.

    `prepare(visitor)` is called before each batch of BATCH calls and is over for all before the first of them.
    """
    took, failed = [], []
    together = threading.Barrier(len(visitors))

    def run(visitor):
        try:
            for done in range(0, count, BATCH):
                if prepare:
                    prepare(visitor)
                together.wait(60)
                took.extend([once(visitor) for _ in range(min(BATCH, count - done))])
        except BaseException as error:  # noqa: BLE001  shown below; a thread would swallow it
            failed.append(error)

    threads = [threading.Thread(target=run, args=[visitor]) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return statistics.median(took)


def timed(path: str, fields=None):
    def once(visitor):
        start = time.perf_counter()
        status, text, _ = visitor.ask("GET" if fields is None else "POST", path, fields and fields(visitor))
        took = time.perf_counter() - start
        assert status == 200, (status, path, text[:300])
        return took

    return once


def compare(title, visitors, floor, product, rounds, count, prepare=None):
    """Alternate rounds of floor and product; print medians and the median of the rounds' ratios."""
    measure(visitors, floor, 5), measure(visitors, product, 3, prepare)
    pairs = [
        (measure(visitors, floor, count), measure(visitors, product, count, prepare)) for _ in range(rounds)
    ]
    ratio = statistics.median(p / f for f, p in pairs)
    low, high = min(p / f for f, p in pairs), max(p / f for f, p in pairs)
    f, p = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"| {title} | {len(visitors)} | {f:.2f} | {p:.2f} | **{ratio:.2f}** | {low:.2f}–{high:.2f} |",
        flush=True,
    )
    return ratio


def main():
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=60, help="requests a round and connection")
    parser.add_argument("--full", action="store_true", help="whole numbers and times in the scenes of exams")
    parser.add_argument("--only", choices=["pages", "accounts", "imports", "exams"], help="one part of it")
    arguments = parser.parse_args()
    if arguments.only is None:
        wildcards.bench(arguments.rounds)
    if arguments.only in (None, "pages"):
        pages(arguments)
    if arguments.only in (None, "accounts"):
        subprocess.run([sys.executable, "-m", "tests.bench.accounts"], cwd=ROOT, check=True)
    if arguments.only in (None, "imports"):
        importing.bench(rounds=3)
    if arguments.only in (None, "exams"):
        exams.bench("SQLite", full=arguments.full)
        if Postgres.BIN:
            exams.bench("PostgreSQL", full=arguments.full)
        else:
            print("\nLeft out: exams on PostgreSQL (to run them: apt install postgresql).")


def pages(arguments):
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        env = {
            **os.environ,
            "VAR_DIR": folder,
            "PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        }
        env.pop("DATABASE_URL", None)
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run(
            [*manage, "serve", "--prepare-only"], env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        people = (
            "from studyapp.accounts.models import User\n"
            "for n in range(4): User.objects.create_user(f'bench{n}', 'seven quiet rivers', name=f'Bench {n}')"
        )
        subprocess.run([*manage, "shell", "-v", "0", "-c", people], env=env, cwd=ROOT, check=True)
        server = subprocess.Popen(
            supervisor.command("127.0.0.1", port, 2),
            env=env,
            cwd=ROOT,
        )
        try:
            wait_for(port)
            bench(port, arguments.rounds, arguments.count)
        finally:
            server.terminate()
            server.wait(20)
    # What a large deck costs, and whether the scheduler helps: each in a process of its own.
    for more in ("review", "memory"):
        subprocess.run([sys.executable, "-m", f"tests.bench.{more}"], cwd=ROOT, check=True)


def wait_for(port):
    for _ in range(200):
        try:
            if Visitor(port).ask("GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not come up")


def bench(port, rounds, count):
    random.seed(1)
    visitors = []
    for n in range(4):
        visitor = Visitor(port)
        visitor.sign_in(f"bench{n}", "seven quiet rivers")
        visitor.page(LESSON)
        visitor.practising = Practising(visitor)
        visitor.practising.prepare()
        visitors.append(visitor)
    token = lambda v: v.practising.token  # noqa: E731

    print(f"\nmedians of {rounds} alternating rounds, {count} requests each; milliseconds\n")
    print("| what | connections | floor | product | ratio | of the rounds |\n|---|---|---|---|---|---|")
    for some in (visitors[:1], visitors):
        compare("lesson page / floor page", some, timed("/floor/"), timed(LESSON), rounds, count)
        compare(
            "practice answer / floor save",
            some,
            timed("/floor/save/", token),
            lambda v: v.practising.answer(),
            rounds,
            max(BATCH, count // BATCH * BATCH),
            prepare=lambda v: v.practising.prepare(),
        )
    print("\nasked: both at most 2")


if __name__ == "__main__":
    main()
