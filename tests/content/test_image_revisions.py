"""Images of a course: another file or other words can be taken back, and what showed the old file knows it."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from content.authoring import Refused, save_lesson
from content.loading import Conflict
from content.models import Asset, RowRevision
from content.revisions import restore_row, revisions_of
from tests import factories
from tests.content.questions.examples import EXAMPLES
from tests.factories import THEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def png(colour="blue", size=(4, 3)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def asset(course):
    return factories.create_asset(course)


def bytes_of(asset):
    with asset.file.open("rb") as file:
        return file.read()


def ask(lesson, stem):
    content = EXAMPLES["true_false"] | {"stem": stem}
    return factories.create_question(lesson, content=content)


def replace(author, asset, data, *, alt="A map", capture):
    with capture(execute=True):
        answer = author.post(
            reverse("admin:content_asset_change", args=[asset.pk]),
            {"upload": SimpleUploadedFile("new.png", data) if data else "", "alt": alt},
        )
    assert answer.status_code == 302
    return Asset.objects.get(pk=asset.pk)


def test_history_says_who_changed_words_and_file_and_shows_both_files(
    author, asset, django_capture_on_commit_callbacks
):
    old = asset.file.url
    changed = replace(author, asset, png(), alt="A blue map", capture=django_capture_on_commit_callbacks)

    page = author.get(reverse("admin:content_asset_history", args=[asset.pk])).content.decode()

    assert "Instructor One" in page
    assert "added: </span>blue " in page
    assert asset.sha256 in page
    assert changed.sha256 in page
    assert "added: </span>4<" in page, "the new size"
    assert f'src="{old}"' in page
    assert f'src="{changed.file.url}"' in page


def test_new_image_has_its_first_revision(author, course, instructor):
    said = {"course": course.pk, "upload": SimpleUploadedFile("map.png", png()), "alt": "A map"}

    author.post(reverse("admin:content_asset_add"), said)

    [revision] = revisions_of(Asset.objects.get())
    assert (revision.created_by, revision.document["alt"]) == (instructor, "A map")


def test_other_words_alone_are_kept_too(author, asset, django_capture_on_commit_callbacks):
    replace(author, asset, None, alt="A map of the delta", capture=django_capture_on_commit_callbacks)

    alts = [revision.document["alt"] for revision in revisions_of(asset)]
    assert alts == ["A map of the delta", "A map"]


def test_bytes_stay_when_another_file_comes_and_come_back(author, asset, django_capture_on_commit_callbacks):
    before = bytes_of(asset)
    replace(author, asset, png(), capture=django_capture_on_commit_callbacks)

    first = revisions_of(asset).get(number=1)
    author.post(reverse("admin:content_row_restore", args=[first.pk]))

    again = Asset.objects.get(pk=asset.pk)
    assert bytes_of(again) == before
    assert (again.sha256, again.width, again.height) == (asset.sha256, 2, 2)
    assert revisions_of(asset).first().note == "Restored from revision 1"


def test_lesson_and_question_show_the_new_file_and_after_the_way_back_the_old(
    author, asset, course, lesson, instructor, django_capture_on_commit_callbacks
):
    body = "## One {#one}\n\n![A map](assets/map.png)\n"
    save_lesson(lesson, {"body": body}, by=instructor, now=THEN)
    question = ask(lesson, "![A map](assets/map.png)\n\nIs it the longest river?")

    def shown():
        passage = lesson.passages.get(slug="one")
        question.current.refresh_from_db()
        return str(passage.segments), str(question.current.rendered)

    old = asset.file.url
    new = replace(author, asset, png(), capture=django_capture_on_commit_callbacks).file.url
    with_new = shown()
    restore_row(revisions_of(asset).get(number=1), by=instructor, now=THEN)
    with_old = shown()

    assert all(new in text and old not in text for text in with_new)
    assert all(old in text and new not in text for text in with_old)


def test_wording_of_before_still_shows_the_image_it_was_asked_with(
    author, asset, course, lesson, django_capture_on_commit_callbacks
):
    first = ask(lesson, "![A map](assets/map.png)\n\nIs it the longest river?").current
    ask(lesson, "![A map](assets/map.png)\n\nIs it the widest river?")
    old, data = asset.file.url, bytes_of(asset)

    replace(author, asset, png(), capture=django_capture_on_commit_callbacks)
    first.refresh_from_db()

    assert old in str(first.rendered)
    answer = Client().get(old)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, data, "image/png")


def test_image_of_before_is_as_hidden_as_its_course(
    author, asset, course, stranger, django_capture_on_commit_callbacks
):
    course.access = course.Access.CLASS
    course.save()
    old = asset.file.url
    replace(author, asset, png(), capture=django_capture_on_commit_callbacks)
    outside = Client()
    outside.force_login(stranger)

    assert author.get(old).status_code == 200
    assert Client().get(old).status_code == 404
    assert outside.get(old).status_code == 404
    assert author.get(old.replace(".png", ".jpg")).status_code == 404


def test_image_whose_file_is_gone_does_not_come_back(
    author, asset, instructor, django_capture_on_commit_callbacks
):
    changed = replace(author, asset, png(), capture=django_capture_on_commit_callbacks)
    asset.file.storage.delete(asset.file.name)

    with pytest.raises(Refused, match="its file is not on this server any more"):
        restore_row(revisions_of(asset).get(number=1), by=instructor, now=THEN)

    assert Asset.objects.get(pk=asset.pk).sha256 == changed.sha256


# --- course files -----------------------------------------------------------------------


def test_image_changed_by_hand_stops_the_load_and_is_named(folder, instructor):
    folder.load()
    asset = Asset.objects.get()
    asset.alt = "Water between rocks"
    asset.save()
    folder.change("lessons/springs.md", "Water runs out between two rocks", "A spring")

    with pytest.raises(Conflict) as stopped:
        folder.load()

    assert [str(problem) for problem in stopped.value.problems] == [
        'assets/spring.png:1:1: error: the image "spring.png" was edited in the product since it was last loaded; '
        "keep the edit with dump_course, or replace it with --overwrite"
    ]


def test_load_that_brings_another_file_leaves_a_revision(folder):
    folder.load()
    old = Asset.objects.get().sha256
    (folder.path / "assets/spring.png").write_bytes(png())

    folder.load()

    new = Asset.objects.get().sha256
    kept = [
        (revision.document["sha256"], revision.note) for revision in RowRevision.objects.order_by("number")
    ]
    assert old != new
    assert kept == [(old, "As it stood before"), (new, "Loaded from course files")]


def test_overwriting_load_can_be_taken_back(folder, instructor, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        folder.load()
    asset = Asset.objects.get()
    asset.alt = "Water between rocks"
    asset.save()
    folder.change("lessons/springs.md", "Water runs out between two rocks", "A spring")

    folder.load(overwrite=True)
    loaded = Asset.objects.get().alt
    restore_row(revisions_of(asset).get(number=1), by=instructor, now=THEN)

    assert loaded == "A spring"
    assert Asset.objects.get().alt == "Water between rocks"
