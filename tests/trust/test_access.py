"""Every address has a row in access.py, and every cell of the row is true: plain, by htmx, and with foreign ids."""

import re
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from studyapp.classes.models import Enrolment
from studyapp.reading.calendars import secret_of
from tests.trust.access import ADMIN_ROWS, INDEX, LOGIN, OK, REDIRECTS, ROWS, Foreign
from tests.trust.world import ROLES, sign_in_as

ADMIN_PAGES = ("changelist", "add", "change", "delete", "history")
MISSING = "/no-such-page/"
# A link that is wrong says so: it names nobody.
OWN_404 = {"accounts:link", "classes:invitation"}


def addresses(patterns=None, namespace=""):
    """The name of every address in the URLconf, or its pattern where it has no name."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = (
                f"{namespace}:{pattern.namespace}" if namespace and pattern.namespace else pattern.namespace
            )
            yield from addresses(pattern.url_patterns, inner or namespace)
        elif isinstance(pattern, URLPattern):
            name = pattern.name and (f"{namespace}:{pattern.name}" if namespace else pattern.name)
            yield name or str(pattern.pattern)


def rows_by_name():
    named = {row.name for row in ROWS} | REDIRECTS
    return named | {f"admin:{row.model}_{page}" for row in ADMIN_ROWS for page in ADMIN_PAGES}


def test_every_address_has_a_row():
    missing = sorted(set(addresses()) - rows_by_name())

    assert missing == [], (
        "These addresses have no row in tests/trust/access.py. Add one that says who gets what there: "
        + ", ".join(missing)
    )


def test_every_row_has_an_address():
    left_over = sorted(rows_by_name() - set(addresses()))

    assert left_over == [], "These rows of tests/trust/access.py have no address any more: " + ", ".join(
        left_over
    )


# --- the cells ----------------------------------------------------------------------------------------------


@contextmanager
def undone():
    """What a cell changes is gone before the next one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def outcome_of(response):
    """A cell's word for what came: ok, login, index or a status."""
    target = (response.get("Location") or response.get("HX-Redirect") or "").partition("?")[0]
    if target in (reverse("accounts:sign_in"), reverse("admin:login")):
        return LOGIN
    if response.status_code in (204, 302) and target == reverse("admin:index"):
        return INDEX
    if response.status_code in (200, 204, 302, 303, 422):
        return OK
    return response.status_code


class Visitors:
    """One signed-in browser for each role, copied for each cell."""

    def __init__(self, world):
        self.world = world
        self.clients = {role: sign_in_as(world.people[role]) for role in ROLES}
        self.cookies = {role: client.cookies.copy() for role, client in self.clients.items()}
        self.missing = {}

    def ask(self, role, method, path, *, data=None, htmx=False):
        client = self.clients[role]  # kept: a new one loads the whole app
        client.cookies = self.cookies[role].copy()
        headers = {"HX-Request": "true"} if htmx else {}
        with undone():
            if method == "POST":
                return client.post(path, data or {}, headers=headers)
            return client.generic(method, path, headers=headers)

    def page_of_nothing(self, role):
        if role not in self.missing:
            self.missing[role] = bare(self.ask(role, "GET", MISSING))
        return self.missing[role]


def bare(response):
    """The page without what differs each time."""
    return re.sub(r'X-CSRFToken": "[^"]*"|value="[A-Za-z0-9]{64}"', "", response.content.decode())


def placed(values, world):
    """The names in a row (OUR_COHORT …) as the ids of this world."""
    enrolment = Enrolment.objects.get(cohort=world.theirs.cohort, role="learner")
    ids = {
        "OUR_COHORT": world.ours.cohort.pk,
        "THEIR_COHORT": world.theirs.cohort.pk,
        "OUR_LEARNER": world.ours.learner.pk,
        "THEIR_LEARNER": world.theirs.learner.pk,
        "OUR_INSTRUCTOR": world.people["instructor"].pk,
        "THEIR_ENROLMENT": enrolment.pk,
        "OUR_QUESTION": world.ours.questions["true_false"].pk,
        "THEIR_QUESTION": world.theirs.questions["true_false"].pk,
        "OUR_LESSON": world.ours.lesson.pk,
        "THEIR_LESSON": world.theirs.lesson.pk,
        "OUR_COURSE": world.ours.course.pk,
        "THEIR_COURSE": world.theirs.course.pk,
        "OUR_UPLOAD": world.uploads["instructor"].pk,
        "THEIR_UPLOAD": world.uploads["other_instructor"].pk,
        "OUR_REVISION": world.ours.course.row_revisions.first().pk,
        "THEIR_REVISION": world.theirs.course.row_revisions.first().pk,
        "TOKEN": world.token,
        "CALENDAR": secret_of(world.ours.learner.calendar_feed),
        "OUR_ATTEMPT": world.ours.attempt.pk,
        "THEIR_ATTEMPT": world.theirs.attempt.pk,
        "OUR_TEXT": world.ours.text.pk,
        "THEIR_TEXT": world.theirs.text.pk,
        "OUR_LONE_ATTEMPT": world.ours.lone_attempt.pk,
        "OUR_LONE_TEXT": world.ours.lone_text.pk,
        "OUR_REPORT": world.ours.text.problem_reports.get().pk,
        "THEIR_REPORT": world.theirs.text.problem_reports.get().pk,
        "OUR_QUIZ": world.ours.attempt.quiz_id,
        "THEIR_QUIZ": world.theirs.attempt.quiz_id,
        "OUR_IMAGE": image_of(world.ours),
        "THEIR_IMAGE": image_of(world.theirs),
    }
    return {name: ids.get(value, value) for name, value in values.items()}


def image_of(place):
    return place.course.assets.get().file.name.removeprefix("assets/")


def wrong_cells(row, visitors):
    own = Foreign(row.at, row.GET, row.POST)
    data = placed(row.data, visitors.world)
    for address in (own, *row.foreign):
        path = reverse(row.name, kwargs=placed(address.at, visitors.world))
        for method in ("GET", "POST"):
            expected = getattr(address, method) or dict.fromkeys(ROLES, 405)
            assert set(expected) == set(ROLES), f"{row.name} {method} names not all roles"
            for role in ROLES:
                for htmx in (False, True) if address is own else (False,):
                    response = visitors.ask(role, method, path, data=data, htmx=htmx)
                    found = outcome_of(response)
                    where = f"{method} {path} as {role}{' by htmx' if htmx else ''}"
                    if found != expected[role]:
                        yield f"{where}: {found}, should be {expected[role]}"
                        continue
                    hidden = (
                        (found, method) == (404, "GET") and address is not own and row.name not in OWN_404
                    )
                    if hidden and bare(response) != visitors.page_of_nothing(role):
                        yield f"{where}: a 404 that differs from that of a page that does not exist"


GROUPS = sorted({row.name.rpartition(":")[0] for row in ROWS})


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group or "site")
def test_each_role_gets_what_its_row_says(world, group):
    visitors = Visitors(world)
    known = set(addresses())

    wrong = [
        cell
        for row in ROWS
        if row.name.rpartition(":")[0] == group and row.name in known
        for cell in wrong_cells(row, visitors)
    ]

    assert wrong == [], "\n" + "\n".join(wrong)


@pytest.mark.parametrize("row", ADMIN_ROWS, ids=lambda row: row.model)
def test_each_role_gets_its_own_in_the_admin(world, row):
    visitors = Visitors(world)
    own, foreign = row.own(world), row.foreign(world)
    name = f"admin:{row.model}"
    cells = [
        (reverse(f"{name}_changelist"), row.list),
        (reverse(f"{name}_add"), row.add),
        *[
            (reverse(f"{name}_{page}", args=[own.pk]), getattr(row, page, row.change))
            for page in ADMIN_PAGES[2:]
        ],
        *[
            (
                reverse(f"{name}_{page}", args=[foreign.pk]),
                # Where nothing can be deleted, the page says so before it looks for the row.
                row.delete if page == "delete" else row.theirs,
            )
            for page in ADMIN_PAGES[2:]
        ],
    ]

    wrong = [
        f"GET {path} as {role}: {found}, should be {expected[role]}"
        for path, expected in cells
        for role in ROLES
        if (found := outcome_of(visitors.ask(role, "GET", path))) != expected[role]
    ]

    assert wrong == [], "\n" + "\n".join(wrong)


def test_signed_out_person_cannot_post_with_the_cookie_of_before(world):
    client = sign_in_as(world.people["learner"])
    cookies = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/sign-out/")
    client.cookies[settings.SESSION_COOKIE_NAME] = cookies

    assert outcome_of(client.post("/accounts/notices/")) == LOGIN


def test_right_that_is_taken_away_is_gone_with_the_next_request(world):
    client = sign_in_as(world.people["assistant"])
    path = f"/courses/{world.ours.course.slug}/"
    assert client.get(path).status_code == 200

    Enrolment.objects.filter(user=world.people["assistant"]).delete()

    assert client.get(path).status_code == 404
