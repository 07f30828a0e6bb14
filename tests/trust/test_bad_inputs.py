"""What nobody expected, sent to every field, query parameter and part of an address: refused or kept, never a 500.

Forms, parameters and addresses are found by walking over the pages, so that a new page is covered by being linked.
"""

import csv
import html
import io
import json
import logging
import re
import tomllib
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_from_bytes, unquote, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from openpyxl import load_workbook

from studyapp.accounts.models import User
from studyapp.quizzes.models import SavedAnswer
from tests.trust.access import INDEX, ROWS, SAVE
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
LONGEST_ADDRESS = 8000  # what a server lets an address be
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
    """The field's name without the question it belongs to, or the number of its row."""
    return re.sub(r"-\d+-", "-*-", re.sub(r"q_[\w-]*?_(?=[a-z]+$)", "q_", name))


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
    """Every request outside the admin that carries the input, and every part of any address: (what it is, response).

    Each field is sent alone, since of several wrong ones a view may look at the first only, and all at once.
    """
    bad = raw(given)
    is_long = len(bad) > LONG
    alone = set()  # each field of each kind of address once
    for role, form in site.forms.values():
        path, fields = urlsplit(form.action).path, fields_of(form)
        if form.method != "post" or not fields or path.startswith("/admin/"):
            continue
        if not is_long:
            new = [field for field in fields if (shape(path), field_shape(field)) not in alone]
            alone.update((shape(path), field_shape(field)) for field in new)
            for field in new:
                yield f"POST {path} {field}", site.post(role, path, body_of(form, **{field: bad}))
            if new == fields and len(fields) == 1:
                continue  # the one field is all
        yield f"POST {path} all", site.post(role, path, body_of(form, **dict.fromkeys(fields, bad)))
    bad = bad[:LONGEST_ADDRESS]
    for role, path, names in site.queries.values():
        if not path.startswith("/admin/"):
            query = "&".join(f"{quote(name)}={bad}" for name in sorted(names))
            yield f"GET {path}?all", site.get(role, f"{path}?{query}")
            for name in sorted(names) if path in (site.practice, site.search) else ():
                yield f"GET {path}?{name}", site.get(role, f"{path}?{name}={bad}")
    for found, (role, path) in site.paths.items():
        parts = path.strip("/").split("/")
        for number, part in enumerate(found.strip("/").split("/")):
            if part == "*":
                changed = "/".join([*parts[:number], bad, *parts[number + 1 :]])
                yield f"GET part {number + 1} of {path}", site.get(role, f"/{changed}/")


def sends_to_the_admin(site, first):
    """Every form and page of the admin whose turn it is, with the inputs from `first` on, one in each field.

    A form's fields are all read, also where one is wrong, so that a form of k fields meets k inputs at once; over
    all values of `first` each form and each list meets every input.
    """
    for role, form in site.forms.values():
        path, fields = urlsplit(form.action).path, fields_of(form)
        if form.method == "post" and fields and path.startswith("/admin/") and first % len(fields) == 0:
            given = [INPUTS[(first + n) % len(INPUTS)] for n in range(min(len(fields), len(INPUTS)))]
            body = body_of(form, **{f: raw(i) for f, i in zip(fields, given, strict=False)})
            yield f"POST {path}", given, site.post(role, path, body)
    for role, path, names in site.queries.values():
        names = sorted(names)
        if path.startswith("/admin/") and first % len(names) == 0:
            given = [INPUTS[(first + n) % len(INPUTS)] for n in range(min(len(names), len(INPUTS)))]
            # All of it as long as an address may be.
            most = LONGEST_ADDRESS // len(names)
            query = "&".join(f"{quote(n)}={raw(i)[:most]}" for n, i in zip(names, given, strict=False))
            yield f"GET {path}", given, site.get(role, f"{path}?{query}")


def sends_to_all_of_the_admin_at_once(site, given):
    """Every form of the admin with the input in each of its fields: (what it is, response)."""
    for role, form in site.forms.values():
        path, fields = urlsplit(form.action).path, fields_of(form)
        if form.method == "post" and fields and path.startswith("/admin/"):
            yield (
                f"POST {path} all",
                site.post(role, path, body_of(form, **dict.fromkeys(fields, raw(given)))),
            )


def sends_to_each_field(site, given):
    """The whole product: each field of each form and each parameter of each page alone: (what it is, response).

    Rows of one table, and pages that differ in their row only, count as one.
    """
    alone = set()
    for role, form in site.forms.values():
        path = urlsplit(form.action).path
        for field in fields_of(form) if form.method == "post" else ():
            if (shape(path), field_shape(field)) not in alone:
                alone.add((shape(path), field_shape(field)))
                yield f"POST {path} {field}", site.post(role, path, body_of(form, **{field: raw(given)}))
    for role, path, names in site.queries.values():
        for name in sorted(names):
            yield f"GET {path}?{name}", site.get(role, f"{path}?{quote(name)}={raw(given)[:LONGEST_ADDRESS]}")


def fault_of(response, inputs) -> str | None:
    """What is wrong with an answer to these inputs, or None."""
    target = response.get("Location", "") + response.get("HX-Redirect", "")
    if response.status_code not in ANSWERED:
        return str(response.status_code)
    if urlsplit(target).netloc not in ("", "testserver") or target.startswith(("javascript:", "data:")):
        return f"leads to {target}"
    if "x" in response.cookies:
        return "sets a cookie"
    page = "" if response.streaming else response.content.decode(errors="replace")
    for given in inputs:
        value = given.get("value", "")
        if "<" in value and value in page:
            return f"{given['what']} stands in the page as markup"
    return None


@pytest.mark.parametrize("given", INPUTS, ids=ids)
def test_nothing_breaks_and_nothing_is_taken_for_markup_wherever_it_is_sent(site, given):
    answers = [(where, fault_of(response, [given])) for where, response in sends(site, given)]

    assert len(answers) > 50
    assert [f"{where}: {fault}" for where, fault in answers if fault] == []


@pytest.mark.parametrize("first", range(len(INPUTS)), ids=lambda first: ids(INPUTS[first]))
def test_nothing_breaks_on_any_page_of_the_admin(site, first):
    answers = [
        (f"{where} with {', '.join(ids(i) for i in given)}", fault_of(response, given))
        for where, given, response in sends_to_the_admin(site, first)
    ]

    assert [f"{where}: {fault}" for where, fault in answers if fault] == []


@pytest.mark.once  # nearly all of it ends before the database is asked
@pytest.mark.parametrize("given", INPUTS, ids=ids)
def test_nothing_breaks_in_any_form_of_the_admin_that_holds_nothing_else(site, given):
    answers = sends_to_all_of_the_admin_at_once(site, given)

    assert [f"{where}: {fault}" for where, answer in answers if (fault := fault_of(answer, [given]))] == []


@pytest.mark.soak
@pytest.mark.parametrize("given", INPUTS, ids=ids)
def test_nothing_breaks_in_any_field_or_parameter_alone(site, given):
    answers = [(where, fault_of(answer, [given])) for where, answer in sends_to_each_field(site, given)]

    faults = [f"{where}: {fault}" for where, fault in answers if fault]
    assert len(answers) > 500
    assert faults == [], "\n" + "\n".join(faults)


@pytest.mark.parametrize("ticked", ["", "x", "1.5", "0", "-1", str(2**63), "9" * 5000])
def test_ticked_row_of_a_list_that_is_none_changes_nothing(site, ticked):
    lists = {
        urlsplit(form.action).path: body_of(form, _selected_action=ticked)
        for _, form in site.forms.values()
        if "_selected_action" in form.fields
    }

    assert len(lists) > 2
    answers = {path: site.post("superuser", path, body).status_code for path, body in lists.items()}
    assert set(answers.values()) <= {200, 302, 404}, answers


def test_every_form_and_list_of_the_admin_meets_every_input(site):
    """By counting, not by asking: the turns above leave nothing out."""
    sizes = [len(fields_of(form)) for _, form in site.forms.values()] + [
        len(names) for _, _, names in site.queries.values()
    ]

    for size in filter(None, sizes):
        turns = [first for first in range(len(INPUTS)) if first % size == 0]
        met = {(first + n) % len(INPUTS) for first in turns for n in range(min(size, len(INPUTS)))}
        assert met == set(range(len(INPUTS))), size


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
    body = f"details=1&email={learner.email}&time_zone=UTC&name={raw(given)}"

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


# --- what a spreadsheet opens ---------------------------------------------------------------------------------


def cells(response):
    """Every cell of a table for spreadsheets, as text."""
    if "csv" in response["Content-Type"]:
        return [cell for row in csv.reader(io.StringIO(response.content.decode("utf-8-sig"))) for cell in row]
    [sheet] = load_workbook(io.BytesIO(response.content)).worksheets
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in found} <= {"s", "n"}
    return [str(cell.value) for cell in found]


@pytest.mark.parametrize("given", [i for i in INPUTS if "csv" in i], ids=ids)
def test_text_is_never_run_by_a_spreadsheet(site, given):
    place = site.world.ours
    question = place.questions["short_text"]
    check = reverse("study:check", args=[place.course.slug, place.lesson.slug, question.slug])
    answer = SAVE | {"client_id": str(uuid4()), f"q_{question.slug}_text": given["value"]}

    with undone():
        learner = site.client("learner")
        details = {"details": "1", "email": place.learner.email, "time_zone": "UTC", "name": given["value"]}
        assert learner.post("/accounts/profile/", details).status_code == 303
        assert learner.post(check, answer).status_code == 303
        stored = User.objects.get(pk=place.learner.pk).name
        said = SavedAnswer.objects.order_by("pk").last().response["text"]
        teacher = site.client("superuser")
        of_class = [
            cells(teacher.get(reverse(f"progress:cohort_{kind}", args=[place.cohort.pk])))
            for kind in ("csv", "xlsx")
        ]
        of_learner = cells(
            teacher.get(reverse("progress:student_csv", args=[place.cohort.pk, place.learner.pk]))
        )

    mark = "'" if given["csv"] == "quoted" else ""
    assert stored == expected(given, "name")
    assert all(mark + stored in found for found in of_class)
    assert mark + said in of_learner
    assert all((stored in found) == (not mark) for found in of_class)


# --- an answer that the page did not offer ----------------------------------------------------------------------


def post_check(site, kind, **fields):
    """(status, the response stored or None) of an answer in our course."""
    place = site.world.ours
    question = place.questions[kind]
    path = reverse("study:check", args=[place.course.slug, place.lesson.slug, question.slug])
    named = {f"q_{question.slug}_{name}": value for name, value in fields.items() if name not in SAVE}
    told = {name: value for name, value in fields.items() if name in SAVE}
    with undone():
        before = SavedAnswer.objects.count()
        response = site.client("learner").post(path, SAVE | {"client_id": str(uuid4())} | named | told)
        saved = SavedAnswer.objects.order_by("pk").last() if SavedAnswer.objects.count() > before else None
        return response.status_code, saved and saved.response


@pytest.mark.parametrize("option", ["zz", "0", "-1", "a a", "A" * 5000, "<b>"])
@pytest.mark.parametrize("kind", ["single_choice", "multiple_choice"])
def test_option_that_the_question_does_not_have_is_refused(site, kind, option):
    status, stored = post_check(site, kind, choice=option)

    assert status in (400, 422)
    assert stored is None


def test_option_sent_twice_is_chosen_once(site):
    option = site.world.ours.questions["multiple_choice"].current.content["options"][0]["id"]

    status, stored = post_check(site, "multiple_choice", choice=[option, option])

    assert status == 303
    assert stored == {"choices": [option]}


@pytest.mark.parametrize("number", ["-1", "9223372036854775808", "one", "", "1.5", "9" * 5000])
def test_number_of_a_save_that_is_none_is_refused(site, number):
    status, stored = post_check(site, "true_false", choice="true", number=number)

    assert status in (400, 422)
    assert stored is None


@pytest.mark.parametrize("client_id", ["", "x", "0" * 5000, "00000000-0000-0000-0000-00000000000g"])
def test_name_of_a_save_that_is_no_uuid_is_refused(site, client_id):
    status, stored = post_check(site, "true_false", choice="true", client_id=client_id)

    assert status in (400, 422)
    assert stored is None


def test_item_of_another_attempt_is_not_found(site):
    theirs = site.world.theirs.attempt.items.first()
    with undone():
        before = SavedAnswer.objects.count()
        told = SAVE | {"client_id": str(uuid4()), "item": theirs.pk, "choice": "true"}
        response = site.client("learner").post(site.practice, told)

        assert response.status_code == 404
        assert SavedAnswer.objects.count() == before


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

    assert response.status_code in (302, 303, 400, 403, 408, 413, 422)


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
