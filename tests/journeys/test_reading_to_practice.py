"""From the start page to one's own mistakes, as a visitor: once with plain forms, once as htmx sends them."""

import pytest

from studyapp.accounts.models import User
from studyapp.quizzes.models import Attempt, SavedAnswer
from tests.study.conftest import HTMX, create_rivers
from tests.study.forms import form_of

LESSON = "/courses/rivers/lesson-1/"
PRACTICE = LESSON + "practice/"


def text(response):
    return response.content.decode()


def test_plain_journey(client, db):
    create_rivers(passages=2)
    assert f'href="{LESSON}"' in text(client.get("/"))

    # Read, and answer the question in the text.
    check = form_of(client.get(LESSON), id="check_lesson-1-1-q1")
    back = client.post(check["action"], check["fields"] | {"q_lesson-1-1-q1_answer": "false"})
    assert "Not quite" in text(client.get(back["Location"]))
    done = form_of(client.get(LESSON), action="/place/")
    client.post(done["action"], done["fields"] | {"all": "1"})

    # Practise: one right, the rest not.
    address = client.post(PRACTICE, {"start": "1"})["Location"]
    for response in ("true", "false", "false", "false"):
        asked = form_of(client.get(address), id="asked")
        answered = client.post(asked["action"], asked["fields"] | {"q_answer": response})
        assert "Saved" in text(client.get(answered["Location"]))
    end = client.post(PRACTICE, {"finish": Attempt.objects.get(kind="practice").pk})["Location"]
    assert "1 of 4 right." in text(client.get(end))

    # Then the mistakes only.
    mistakes = client.post(PRACTICE, {"mistakes": Attempt.objects.get(kind="practice").pk})["Location"]
    assert "1 of 3" in text(client.get(mistakes))
    assert User.objects.count() == 1
    assert SavedAnswer.objects.count() == 5
    assert "Familiar" in text(client.get("/progress/"))


def test_htmx_journey(client, db):
    create_rivers(passages=2)

    check = form_of(client.get(LESSON), id="check_lesson-1-1-q1")
    part = client.post(check["action"], check["fields"] | {"q_lesson-1-1-q1_answer": "true"}, **HTMX)
    assert "<html" not in text(part)
    assert 'data-said="Right. Saved at' in text(part)

    started = client.post(PRACTICE, {"start": "1"}, **HTMX)
    assert started.status_code == 204
    address = started["HX-Redirect"]
    asked = form_of(client.get(address), id="asked")
    for number in range(1, 5):
        part = text(client.post(PRACTICE, asked["fields"] | {"q_answer": "true"}, **HTMX))
        assert 'role="status" tabindex="-1" data-focus' in part
        if number < 4:
            following = client.get(f"{address}&n={number + 1}", **HTMX)
            assert text(following).strip().startswith('<div id="run"')
            asked = form_of(following, id="asked")
    assert "See how it went" in part
    ended = client.post(PRACTICE, {"finish": Attempt.objects.get(kind="practice").pk}, **HTMX)
    assert "4 of 4 right." in text(client.get(ended["HX-Redirect"]))


@pytest.mark.parametrize(
    "headers",
    [{}, HTMX, HTMX | {"HTTP_HX_BOOSTED": "true"}, HTMX | {"HTTP_HX_HISTORY_RESTORE_REQUEST": "true"}],
)
def test_history_and_boosted_links_get_whole_pages(client, db, headers):
    create_rivers(passages=2)
    address = client.post(PRACTICE, {"start": "1"})["Location"]

    response = client.get(address + "&n=1", **headers)

    is_part = headers == HTMX
    assert ("<!doctype html>" in text(response)) is not is_part
    assert "HX-Request" in response["Vary"]
