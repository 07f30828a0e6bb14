import pytest
from django.conf import settings as loaded
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path, reverse

from studyapp.urls import urlpatterns
from tests.factories import create_user
from tests.trust.access import ADMIN_ROWS, ROWS
from tests.trust.test_access import placed, undone
from tests.trust.world import sign_in_as

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
HTTPS = {
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31536000,
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
}


def breaks(request):
    raise RuntimeError("planted")


class Urls:
    """The product's addresses and one that breaks."""

    urlpatterns = [*urlpatterns, path("breaks/", breaks)]
    handler400, handler403 = "studyapp.views.bad_request", "studyapp.views.forbidden"
    handler404, handler500 = "studyapp.views.not_found", "studyapp.views.server_error"


@pytest.fixture
def client(db, settings):
    settings.ROOT_URLCONF = Urls
    settings.WHITENOISE_USE_FINDERS = True
    return Client(raise_request_exception=False)


def policy(response):
    return {tuple(part.split()) for part in response["Content-Security-Policy"].split(";")}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/accounts/sign-in/", 200),
        ("/accounts/token/", 200),
        ("/accounts/profile/", 303),
        ("/admin/login/", 302),
        ("/healthz", 200),
        ("/static/app.css", 200),
        ("/static/admin/css/base.css", 200),
        ("/static/nothing.css", 404),
        ("/media/nothing.png", 404),
        ("/no-such-page/", 404),
        ("/accounts/sign-out/", 405),
        ("/a%00b/", 400),
        ("/breaks/", 500),
    ],
)
def test_headers_stand_on_every_answer(client, path, status):
    response = client.get(path)
    response.close()

    assert response.status_code == status
    assert {name: response[name] for name in EVERYWHERE} == EVERYWHERE
    assert policy(response) == {tuple(part.split()) for part in CSP.split(";")}
    assert len(response["X-Request-Id"]) == 16
    assert "Cache-Control" in response


def answers_everywhere(world):
    """(address, answer) of a GET and a POST at every address in access.py, signed out and as the superuser."""
    pages = ("changelist", "add", "change", "delete", "history")
    paths = [reverse(row.name, kwargs=placed(row.at, world)) for row in ROWS]
    for row in ADMIN_ROWS:
        own = row.own(world)
        paths += [
            reverse(f"admin:{row.model}_{page}", args=[] if page in pages[:2] else [own.pk]) for page in pages
        ]
    for person in (None, world.people["superuser"]):
        for address in paths:
            for method in ("GET", "POST"):
                with undone():
                    yield f"{method} {address}", sign_in_as(person).generic(method, address)


def test_headers_stand_on_every_answer_at_every_address(world):
    wrong, statuses = [], set()
    for where, response in answers_everywhere(world):
        statuses.add(response.status_code)
        # An image that an instructor uploaded has a stricter policy: it is no page at all.
        is_file = "/media/" in where or "/pictures/" in where
        wanted = {("sandbox",), ("default-src", "'none'")} if is_file else None
        csp_is_right = policy(response) == (wanted or {tuple(part.split()) for part in CSP.split(";")}) or (
            is_file and response.status_code != 200 and policy(response) >= {("default-src", "'none'")}
        )
        if not csp_is_right or {name: response.get(name) for name in EVERYWHERE} != EVERYWHERE:
            wrong.append(where)
        for close in response._resource_closers:  # closing the answer would close the database as well
            close()

    assert wrong == []
    assert {200, 302, 303, 404, 405} <= statuses


def test_headers_stand_on_what_another_host_is_refused(client):
    response = client.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "Content-Security-Policy" in response
    assert {name: response[name] for name in EVERYWHERE} == EVERYWHERE


def test_admin_pages_carry_the_same_policy(client):
    client.force_login(create_user("boss", is_staff=True, is_superuser=True))

    response = client.get("/admin/")

    assert response.status_code == 200
    assert policy(response) == {tuple(part.split()) for part in CSP.split(";")}


@pytest.mark.parametrize("path", ["/", "/accounts/profile/", "/about/", "/no-such-page/", "/breaks/"])
def test_pages_of_a_signed_in_person_are_not_kept(client, path):
    client.force_login(create_user("learner"))

    assert "no-store" in client.get(path)["Cache-Control"]


def test_answer_that_begins_or_ends_a_session_is_not_kept(client):
    create_user("learner")

    begins = client.post("/accounts/sign-in/", {"name": "learner", "password": "a-long-enough-phrase"})
    ends = client.post("/accounts/sign-out/")

    assert [answer["Cache-Control"] for answer in (begins, ends)] == ["no-store", "no-store"]


def test_static_files_may_be_kept(client):
    client.force_login(create_user("learner"))

    response = client.get("/static/app.css")
    response.close()

    assert "no-store" not in response["Cache-Control"]


def test_request_number_stands_in_the_answer_and_on_the_error_page(client):
    response = client.get("/breaks/")

    assert response["X-Request-Id"] in response.content.decode()
    assert "planted" not in response.content.decode()


def test_every_request_has_its_own_number(client):
    assert client.get("/healthz")["X-Request-Id"] != client.get("/healthz")["X-Request-Id"]


@override_settings(**HTTPS)
def test_https_is_demanded_and_remembered_but_not_by_health_checks(client):
    plain, safe = client.get("/about/"), client.get("/about/", secure=True)

    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/about/")
    assert safe["Strict-Transport-Security"] == "max-age=31536000"
    assert client.get("/healthz").status_code == 200


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(client):
    create_user("learner")

    client.post("/accounts/sign-in/", {"name": "learner", "password": "a-long-enough-phrase"})

    for name in (loaded.SESSION_COOKIE_NAME, loaded.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


# --- proxies ------------------------------------------------------------------------------------------------


def seen_by_the_app(settings, proxies, headers):
    settings.TRUSTED_PROXIES = proxies
    seen = {}

    def view(request):
        seen.update(
            address=request.META["REMOTE_ADDR"],
            host=request.get_host().partition(":")[0],
            secure=request.is_secure(),
        )
        return HttpResponse()

    settings.ROOT_URLCONF = type("U", (), {"urlpatterns": [path("", view)]})
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    Client().get("/", headers=headers, REMOTE_ADDR="10.0.0.1")
    return seen


FAKED = {
    "x-forwarded-for": "6.6.6.6, 192.0.2.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
}


@pytest.mark.parametrize(
    ("proxies", "address", "secure"), [(0, "10.0.0.1", False), (1, "192.0.2.9", True), (2, "6.6.6.6", True)]
)
def test_forwarded_headers_count_only_from_trusted_proxies(settings, proxies, address, secure):
    assert seen_by_the_app(settings, proxies, FAKED) == {
        "address": address,
        "host": "testserver",
        "secure": secure,
    }


def test_fewer_hops_than_proxies_leave_the_address_of_the_connection(settings):
    assert seen_by_the_app(settings, 2, {"x-forwarded-for": "6.6.6.6"})["address"] == "10.0.0.1"


# --- methods and htmx ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["put", "delete", "patch", "trace", "options"])
@pytest.mark.parametrize("path", ["/", "/accounts/sign-in/", "/admin/", "/no-such-page/", "/static/app.css"])
def test_methods_that_nothing_understands_are_refused(client, method, path):
    assert getattr(client, method)(path).status_code == 405


def test_redirect_leads_the_whole_page_where_htmx_asked(client):
    response = client.get("/accounts/profile/", headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Redirect"]) == (
        204,
        "/accounts/sign-in/?next=%2Faccounts%2Fprofile%2F",
    )
    assert "Location" not in response


def test_boosted_link_follows_the_redirect_itself(client):
    response = client.get("/accounts/profile/", headers={"HX-Request": "true", "HX-Boosted": "true"})

    assert response.status_code == 303


@pytest.mark.parametrize(("path", "status"), [("/no-such-page/", 404), ("/breaks/", 500), ("/?q=%00", 400)])
def test_error_in_a_part_is_said_on_the_page_that_stays(client, path, status):
    response = client.get(path, headers={"HX-Request": "true"})

    assert response.status_code == status
    assert response["HX-Retarget"] == "#trouble"
    assert response.content.decode().startswith('<p id="trouble"')


@pytest.mark.parametrize(
    ("insecure", "is_staff", "told"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_staff_are_told_where_the_site_runs_without_https(client, settings, insecure, is_staff, told):
    settings.INSECURE_HTTP = insecure
    client.force_login(create_user("someone", is_staff=is_staff))

    assert ("without https" in client.get("/").content.decode()) == told
