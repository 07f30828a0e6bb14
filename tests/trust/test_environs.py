"""What a request says reaches the pages as it was sent, and nothing in it passes for something else."""

from types import SimpleNamespace

import pytest
from django.core.handlers.wsgi import WSGIRequest

from studyapp.environs import environ_of
from studyapp.middleware import without_port


class Headers:
    def __init__(self, *pairs):
        self.pairs = pairs

    def items(self):
        return list(self.pairs)


def request(*headers, method="GET", path="/", query="", client="127.0.0.1:5000"):
    scope = SimpleNamespace(
        method=method, path=path, query_string=query, http_version="1.1", scheme="http", client=client,
        server="127.0.0.1:8000", headers=Headers(*headers),
    )  # fmt: skip
    return WSGIRequest(environ_of(scope))


def test_path_and_query_are_read_as_they_were_written():
    found = request(path="/courses/café/\U0001f469/", query="q=a%20b&q=é")

    assert found.path_info == "/courses/café/\U0001f469/"
    assert found.GET.getlist("q") == ["a b", "é"]


def test_cookies_sent_in_two_headers_are_all_there():
    found = request(("cookie", "session=a"), ("cookie", "csrf=b"))

    assert found.COOKIES == {"session": "a", "csrf": "b"}


@pytest.mark.parametrize("name", ["x_forwarded_for", "x_forwarded-for", "x-forwarded_for"])
def test_header_with_an_underscore_passes_for_no_other(name):
    assert "HTTP_X_FORWARDED_FOR" not in request((name, "10.0.0.1")).META


def test_second_host_is_not_taken_for_the_first(settings):
    settings.ALLOWED_HOSTS = ["study.example", "evil.example"]

    from django.core.exceptions import DisallowedHost

    with pytest.raises(DisallowedHost):
        request(("host", "study.example"), ("host", "evil.example")).get_host()


@pytest.mark.parametrize(
    ("client", "address"), [("10.1.2.3:5000", "10.1.2.3"), ("[2001:db8::1]:5000", "2001:db8::1")]
)
def test_address_of_the_visitor_is_told_without_its_port(client, address):
    assert request(client=client).META["REMOTE_ADDR"] == address


def test_length_of_a_body_that_nobody_reads_is_not_told():
    assert "CONTENT_LENGTH" not in request(("content-length", "9")).META
    assert request(("content-length", "9"), method="POST").META["CONTENT_LENGTH"] == "9"


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("192.0.2.4", "192.0.2.4"),
        ("192.0.2.4:5678", "192.0.2.4"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
    ],
)
def test_address_that_a_proxy_wrote_with_its_port_is_the_address(hop, address):
    assert without_port(hop) == address
