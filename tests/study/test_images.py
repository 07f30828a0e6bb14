"""Images of courses: who gets them, and that nothing in them can run."""

import pytest
from django.test import Client

from content.models import Asset, Course
from tests.factories import create_asset, create_course

pytestmark = pytest.mark.django_db


def get(asset, user=None):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(asset.file.url)


def test_an_image_of_an_open_course_is_given_to_everybody_and_kept():
    asset = create_asset(create_course("rivers"))

    response = get(asset)

    assert response.status_code == 200
    assert response.content.startswith(b"\x89PNG")
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert {part.strip() for part in response["Content-Security-Policy"].split(";")} == {
        "default-src 'none'",
        "sandbox",
    }
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_image_of_a_class_is_not_kept_for_the_next_at_this_computer(instructor):
    asset = create_asset(create_course("rivers", staff=[instructor], access=Course.Access.CLASS))

    response = get(asset, instructor)

    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")


def test_an_image_of_a_class_is_missing_for_others(stranger):
    asset = create_asset(create_course("rivers", access=Course.Access.CLASS))

    assert get(asset).status_code == 404
    assert get(asset, stranger).status_code == 404


def test_an_image_that_two_courses_share_is_given_by_the_open_one():
    closed = create_asset(create_course("rivers", access=Course.Access.CLASS))
    fields = {
        name: getattr(closed, name)
        for name in ("sha256", "media_type", "width", "height", "alt", "created_at")
    }
    Asset.objects.create(course=create_course("lakes"), name="map.png", file=closed.file.name, **fields)

    assert get(closed).status_code == 200


def test_a_row_without_its_file_is_a_missing_page():
    asset = create_asset(create_course("rivers"))
    asset.file.storage.delete(asset.file.name)

    assert get(asset).status_code == 404


@pytest.mark.parametrize("name", ["..%2f..%2fsecret_key", "%2e%2e", "x.png", "map.png%00"])
def test_no_name_leads_out_of_the_folder(name):
    create_asset(create_course("rivers"))

    assert Client().get(f"/media/assets/{name}").status_code in (400, 404)
