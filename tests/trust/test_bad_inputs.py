"""What nobody expected, sent to every field, query parameter and part of an address: refused or kept, never a 500.

Forms, parameters and addresses are found by walking over the pages, so that a new page is covered by being linked.
"""

import html
import json
import logging
import re
import tomllib
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_from_bytes, unquote, urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from studyapp.accounts.models import User
from studyapp.quizzes.models import SavedAnswer
from tests.trust.access import INDEX, ROWS
from tests.trust.crawling import crawl
from tests.trust.test_access import addresses, outcome_of, placed, undone
from tests.trust.world import build_world, sign_in_as

# Also so that the test database is made at all: it is made for the tests that say they use it.
pytestmark = pytest.mark.django_db
INPUTS = tomllib.loads((Path(__file__).parent.parent / "data" / "bad_inputs.toml").read_text())["input"]
ANSWERED = {200, 204, 301, 302, 303, 400, 403, 404, 405, 409, 413, 422, 429}
# Besides what the pages link to: parameters that views read.
PARAMETERS = ("q", "page", "next", "sort", "again", "run", "n", "answer", "code")
# A long value costs each page a second look at a megabyte; one page for each role is enough.
LONG = 100_000
SHARE = 16  # each input visits every sixteenth page of the admin
FORM = "application/x-www-form-urlencoded"


def raw(given) -> str:
    """The input as it stands in an address or a posted form."""
    if "percent" in given:
        return given["percent"]
    return quote_from_bytes((given["value"] * given.get("times", 1)).encode(), safe="")


def ids(given):
    return f"{given['n']}-{given['what']}"


class Site:
    """The world, somebody signed in for each role, and what their pages offer to fill in."""

    def __init__(self, world):
        self.world = world
        self.clients = {
            role: sign_in_as(world.people[role]) for role in ("anonymous", "learner", "superuser")
        }
        self.cookies = {role: client.cookies.copy() for role, client in self.clients.items()}
        lesson = world.open.lessons.get()
        self.practice = reverse("study:practice", args=[world.open.slug, lesson.slug])
        self.clients["learner"].post(self.practice, {"start": "1"})
        self.clients["learner"].get(self.practice)
        self.search = reverse("study:search", args=[world.open.slug])
        self.forms, self.queries, self.paths = {}, {}, {}
        for role, client in self.clients.items():
            for page in crawl(client, skip=("/static/", "/media/", "/admin/jsi18n/")):
                parts = urlsplit(page.path)
                self.paths.setdefault(shape(parts.path), (role, parts.path))
                found = self.queries.setdefault(shape(parts.path), (role, parts.path, set(PARAMETERS)))[2]
                found.update(name for name, _ in parse_qsl(parts.query))
                for form in page.forms:
                    self.forms.setdefault(form_shape(form), (role, form))
                    if form.method == "get":
                        found.update(form.fields)

    def client(self, role):
        """The browser of this role as it was when it signed in; the same object, since a new one loads everything."""
        client = self.clients[role]
        client.cookies = self.cookies[role].copy()
        return client

    def get(self, role, path):
        with undone():
            return self.client(role).get(path)

    def post(self, role, path, body, **options):
        with undone():
            return self.client(role).post(path, body, content_type=FORM, **options)


def shape(path):
    """The address without what differs between rows of one kind."""
    return re.sub(r"/(\d+|(?:rivers|deltas|hills?)[\w-]*)(?=/)", "/*", path)


def form_shape(form):
    return shape(urlsplit(form.action).path), form.method, tuple(sorted(map(field_shape, form.fields)))


def field_shape(name):
    """The field's name without the question it belongs to."""
    return re.sub(r"q_[\w-]*?_(?=[a-z]+$)", "q_", name)


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker):
    """Built once: everything that a test sends is undone after it."""
    fast = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=fast), transaction.atomic():
        logging.disable(logging.CRITICAL)
        yield Site(build_world())
        logging.disable(logging.NOTSET)
        transaction.set_rollback(True)


def body_of(form, **instead) -> str:
    """The form as a browser posts it, with raw values instead of some."""
    fields = {name: quote(value, safe="") for name, value in form.fields.items()}
    button = {name: quote(value, safe="") for name, value in form.buttons[:1]}
    return "&".join(f"{quote(name, safe='')}={value}" for name, value in (fields | button | instead).items())


def fields_of(form):
    return [name for name in form.fields if name != "csrfmiddlewaretoken"]


def sends(site, given):
    """Every request that carries the input: (what it is, response).

    Outside the admin each field is sent alone, since of several wrong ones a view may look at the first only, and
    all at once. The admin's pages are many, slow and alike: each input visits some of them, and every page is
    visited by some inputs.
    """
    bad, turn = raw(given), INPUTS.index(given)
    is_long = len(bad) > LONG

    def has_its_turn(path, place):
        return not path.startswith("/admin/") or (not is_long and (place + turn) % SHARE == 0)

    alone = set()  # each field of each kind of address once
    for place, (role, form) in enumerate(site.forms.values()):
        path, fields = urlsplit(form.action).path, fields_of(form)
        if form.method != "post" or not fields or not has_its_turn(path, place):
            continue
        if not is_long and not path.startswith("/admin/"):
            new = [field for field in fields if (shape(path), field_shape(field)) not in alone]
            alone.update((shape(path), field_shape(field)) for field in new)
            for field in new:
                yield f"POST {path} {field}", site.post(role, path, body_of(form, **{field: bad}))
        yield f"POST {path} all", site.post(role, path, body_of(form, **dict.fromkeys(fields, bad)))
    bad = bad[:8000]  # what a server lets an address be
    for place, (role, path, names) in enumerate(site.queries.values()):
        if has_its_turn(path, place):
            query = "&".join(f"{quote(name)}={bad}" for name in sorted(names))
            yield f"GET {path}?all", site.get(role, f"{path}?{query}")
            for name in sorted(names) if path in (site.practice, site.search) else ():
                yield f"GET {path}?{name}", site.get(role, f"{path}?{name}={bad}")
    for place, (found, (role, path)) in enumerate(site.paths.items()):
        parts = path.strip("/").split("/")
        for number, part in enumerate(found.strip("/").split("/")):
            if part == "*" and has_its_turn(path, place):
                changed = "/".join([*parts[:number], bad, *parts[number + 1 :]])
                yield f"GET part {number + 1} of {path}", site.get(role, f"/{changed}/")


@pytest.mark.parametrize("given", INPUTS, ids=ids)
def test_nothing_breaks_and_nothing_is_taken_for_markup_wherever_it_is_sent(site, given):
    value = given.get("value", "")
    wrong, count = [], 0

    for where, response in sends(site, given):
        count += 1
        target = response.get("Location", "") + response.get("HX-Redirect", "")
        if response.status_code not in ANSWERED:
            wrong.append(f"{where}: {response.status_code}")
        elif urlsplit(target).netloc not in ("", "testserver") or target.startswith(("javascript:", "data:")):
            wrong.append(f"{where}: leads to {target}")
        elif "x" in response.cookies:
            wrong.append(f"{where}: sets a cookie")
        elif "<" in value and not response.streaming and value in response.content.decode(errors="replace"):
            wrong.append(f"{where}: stands in the page as markup")

    assert count > 50
    assert wrong == [], "\n" + "\n".join(wrong)


def test_walk_finds_the_forms_and_parameters(site):
    paths = {urlsplit(form.action).path for _, form in site.forms.values()}

    assert {"/accounts/sign-in/", "/accounts/sign-up/", "/accounts/profile/", site.practice} <= paths
    assert any("/check/" in path for path in paths)
    assert any("q" in names for _, _, names in site.queries.values())


# --- one field of a line, one of free text ------------------------------------------------------------------


def expected(given, what):
    wanted = given.get(what)
    value = given.get("value", "") * given.get("times", 1)
    return value if wanted == "kept" else wanted


@pytest.mark.parametrize("given", [i for i in INPUTS if "name" in i], ids=ids)
def test_name_is_refused_kept_or_tidied(site, given):
    learner = site.world.people["learner"]
    body = f"details=1&email=&time_zone=UTC&name={raw(given)}"

    with undone():
        client = site.client("learner")
        response = client.post("/accounts/profile/", body, content_type=FORM)
        stored = User.objects.get(pk=learner.pk).name
        shown = client.get("/accounts/profile/").content.decode()

    if given["name"] in ("refused", "too large"):
        assert response.status_code == (422 if given["name"] == "refused" else 400)
        assert stored == "Learner One"
    else:
        assert (response.status_code, stored) == (303, expected(given, "name"))
        assert html.escape(stored) in shown.replace("&#39;", "&#x27;")


@pytest.mark.parametrize("given", [i for i in INPUTS if "answer" in i], ids=ids)
def test_answer_is_refused_kept_or_tidied(site, given):
    path, (role, form) = next(
        (urlsplit(f.action).path, (r, f))
        for r, f in site.forms.values()
        if "/check/" in f.action and any(name.endswith("_text") for name in f.fields)
    )
    field = next(name for name in form.fields if name.endswith("_text"))

    with undone():
        before = SavedAnswer.objects.count()
        response = site.client(role).post(path, body_of(form, **{field: raw(given)}), content_type=FORM)
        stored = SavedAnswer.objects.order_by("pk").last() if SavedAnswer.objects.count() > before else None

    if given["answer"] in ("refused", "too large"):
        assert response.status_code == (422 if given["answer"] == "refused" else 400)
        assert stored is None
    else:
        assert response.status_code == 303
        assert stored.response["text"] == expected(given, "answer")


@pytest.mark.parametrize("username", ["аnna", "\u200b", "guest-1", "a b", "<b>", "a@b.example", "x" * 81])
def test_sign_in_name_that_could_pose_as_another_is_refused(site, username):
    response = site.post(
        "anonymous", "/accounts/sign-up/", urlencode({"username": username, "password": "four plain words"})
    )

    assert response.status_code == 422


# --- the request itself -------------------------------------------------------------------------------------

PLACES = ["/accounts/sign-in/", "/accounts/sign-up/", "/accounts/profile/"]


@pytest.fixture
def learner_client(site):
    with undone():
        yield site.client("learner")


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize(
    ("what", "body", "kind"),
    [
        ("a body of 2.6 MB", "a=" + "x" * 2_600_000, FORM),
        ("1,001 fields", "&".join(f"f{n}=1" for n in range(1001)), FORM),
        ("one field 1,000 times", "&".join(["name=a"] * 1000), FORM),
        ("JSON nested 100,000 deep", "[" * 100_000 + "]" * 100_000, "application/json"),
        ("JSON with NaN", '{"name": NaN, "b": 1e999, "c": Infinity}', "application/json"),
        ("JSON with a key twice", '{"name": 1, "name": 2}', "application/json"),
        ("JSON with half a character", json.dumps({"name": "\ud800"}), "application/json"),
        ("plain text", "name=a", "text/plain"),
        ("no type", "name=a", ""),
        ("a boundary that never comes", "--a\r\nfoo", "multipart/form-data; boundary=b"),
        ("no boundary", "--a\r\nfoo", "multipart/form-data"),
        ("an unknown character set", "name=a", FORM + "; charset=no-such"),
        ("half a percent", "name=%E2%8&%=%", FORM),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 60 else "",
)
def test_strange_body_is_refused_or_read_as_an_empty_form(learner_client, path, what, body, kind):
    response = learner_client.generic("POST", path, body, content_type=kind)

    assert response.status_code in (302, 303, 400, 403, 413, 422)


def test_hundred_and_one_files_are_refused(learner_client):
    files = {f"f{n}": SimpleUploadedFile(f"{n}.txt", b"x") for n in range(101)}

    assert learner_client.post("/accounts/profile/", files).status_code == 400


def test_file_where_text_belongs_is_an_empty_field(learner_client):
    given = {"details": "1", "time_zone": "UTC", "name": SimpleUploadedFile("a\nb.txt", b"x")}

    assert learner_client.post("/accounts/profile/", given).status_code in (303, 422)


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver evil.example", "testserver@evil", "[::1", "a" * 300, ""]
)
def test_other_hosts_are_refused(learner_client, host):
    assert (
        learner_client.get("/", headers={"host": host}).status_code in (200, 400)
        if not host
        else (learner_client.get("/", headers={"host": host}).status_code == 400)
    )


@pytest.mark.parametrize("cookie", ["x", "x" * 4000, "../../etc", "a\u00e9", '"', "a" * 32])
def test_garbage_in_the_session_cookie_is_nobody(site, settings, cookie):
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie

    with undone():
        assert client.get("/accounts/token/").json()["user"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true", "HX-Target": "<x>", "HX-Current-URL": "http://["},
        {"HX-Request": "false"},
        {"HX-Request": "true", "HX-Trigger": "\u00e9", "HX-Current-URL-URI-AutoEncoded": "true"},
        {"HX-History-Restore-Request": "maybe"},
        {"Accept-Language": "x" * 5000},
        {"Accept-Language": "../../../etc/passwd"},
        {"If-Modified-Since": "never"},
        {"If-None-Match": '"' * 1000},
        {"Range": "bytes=9-1,-5,0-"},
        {"Content-Length": "-1"},
        {"Content-Length": "x"},
        {"Cookie": "=;;;==,\u00e9"},
        {"X-CSRFToken": "x" * 10_000},
        {"Referer": "http://["},
        {"Origin": "null"},
    ],
    ids=lambda headers: "-".join(headers),
)
@pytest.mark.parametrize("path", ["/", "/accounts/sign-in/"])
def test_garbage_in_a_header_changes_nothing(site, headers, path):
    assert site.get("anonymous", path).status_code == 200
    with undone():
        assert Client(raise_request_exception=False).get(path, headers=headers).status_code == 200


def test_token_of_another_is_refused(site):
    with undone():
        theirs = site.client("superuser").get("/accounts/token/").json()["token"]
        client = Client(enforce_csrf_checks=True)
        client.cookies.update(site.clients["learner"].cookies)
        client.get("/accounts/token/")

        assert client.post("/accounts/notices/", headers={"X-CSRFToken": theirs}).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/../",
        "/%2e%2e/",
        "/courses/../admin/",
        "/courses/%2e%2e/%2e%2e/",
        "//",
        "//evil.example/",
        "/%5c/",
        "/.git/",
    ],
)
def test_way_up_leads_nowhere(site, path):
    with undone():
        response = site.client("anonymous").get("/", PATH_INFO=unquote(path))

    assert response.status_code in (301, 400, 404)
    assert urlsplit(response.get("Location", "")).netloc == ""


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "FOO"])
def test_other_methods_are_refused_and_head_is_get_without_a_body(learner_client, method):
    assert learner_client.generic(method, "/").status_code == 405
    assert learner_client.head("/").status_code == 200


@pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, 2**63, 10**30])
def test_number_that_is_nobodys_is_not_found_at_any_address(site, number):
    """Every part of an address that is a number in access.py."""
    known = set(addresses())
    for row in ROWS:
        at = placed(row.at, site.world)
        numbers = {name: number for name, value in at.items() if isinstance(value, int)}
        if row.name in known and numbers and row.GET:
            path = reverse(row.name, kwargs=at | numbers)
            assert outcome_of(site.get("superuser", path)) in (404, INDEX), path
