"""The demonstration class shows an instructor something, is marked as made up, and goes without a trace."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.urls import reverse

from studyapp.accounts.models import User
from studyapp.classes.models import Cohort
from studyapp.quizzes.models import SavedAnswer
from tests.study.conftest import create_rivers

pytestmark = pytest.mark.django_db


@pytest.fixture
def rivers(instructor):
    return create_rivers(lessons=2, passages=2, questions=4)


def rows():
    return {model._meta.label: model.objects.count() for model in apps.get_models()}


def demo(*, remove=False):
    call_command("demo_class", course="rivers", learners=4, remove=remove)


def test_class_shows_its_instructor_what_learners_know(rivers, client, instructor):
    demo()

    cohort = Cohort.objects.get(is_demo=True)
    client.force_login(instructor)
    page = client.get(reverse("progress:cohort", args=[cohort.pk])).content.decode()
    assert "made up" in page
    assert page.count("Demo learner") >= 4
    assert SavedAnswer.objects.exists()
    assert not User.objects.get(name="Demo learner 01").has_usable_password()


def test_removing_leaves_no_trace(rivers):
    before = rows()

    demo()
    assert rows() != before
    demo(remove=True)

    assert rows() == before


def test_second_class_is_refused(rivers):
    demo()

    with pytest.raises(CommandError, match="demo-off"):
        demo()
