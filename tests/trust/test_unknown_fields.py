"""What cannot be read is refused, never stored as an empty answer."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.questions import KINDS, read_answer
from content.questions.base import Unreadable
from studyapp.quizzes.models import SavedAnswer
from tests.content.questions.strategies import contents
from tests.quizzes.conftest import bank, course, quiz, start  # noqa: F401

STRANGE = [
    {"q1_answr": "true"},
    {"q1_": "true"},
    {"q1_move": "a-up"},
    {"answer": "true"},
    {"q01_answer": "true"},
]
often = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data())
@often
def test_field_that_a_kind_does_not_ask_for_is_refused(kind, data):
    content = data.draw(contents(kind))
    name = data.draw(
        st.sampled_from(["nothing", "choices", "gap-", "pair-zz", "position-zz", "Text", "move", ""])
    )

    assert read_answer(kind, content, {}) is None
    with pytest.raises(Unreadable):
        read_answer(kind, content, {name: ["a"]})


@pytest.fixture
def home(client, learner, start, quiz):  # noqa: F811
    client.force_login(learner)
    return f"/attempts/{start(quiz, at=timezone.now()).pk}/"


@pytest.mark.django_db
@pytest.mark.parametrize("strange", STRANGE, ids=str)
def test_it_leaves_the_answer_as_it_was_in_a_quiz(client, home, strange):
    client.post(home, {"here": "1", "q1_answer": "true"})
    names = {"client_id": str(uuid4()), "writer": "tab", "number": "1"}

    queue = client.post(f"{home}1/save/", names | strange)
    plain = client.post(home, {"here": "1"} | strange)

    assert queue.status_code == 422
    assert "problem" in queue.json()
    assert [answer.response for answer in SavedAnswer.objects.all()] == [{"answer": True}]
    if "q01_answer" not in strange:
        assert plain.status_code == 422
        assert 'id="q1_error"' in plain.content.decode()


@pytest.mark.django_db
def test_answer_of_another_question_and_a_file_are_no_blank_answer(client, home):
    names = {"client_id": str(uuid4()), "writer": "tab", "number": "1"}

    assert client.post(f"{home}1/save/", names | {"q2_answer": "true"}).status_code == 422
    file = {"q1_answer": SimpleUploadedFile("a.txt", b"true")}
    assert client.post(f"{home}1/save/", names | file).status_code == 400
    assert client.post(home, {"here": "1"} | file).status_code == 400
    assert not SavedAnswer.objects.exists()


@pytest.mark.django_db
def test_really_blank_form_is_a_blank_answer(client, home):
    client.post(home, {"here": "1", "q1_answer": "true"})

    client.post(home, {"here": "1"})

    assert [answer.response for answer in SavedAnswer.objects.order_by("pk")] == [{"answer": True}, None]
