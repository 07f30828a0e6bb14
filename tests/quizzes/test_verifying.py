import pytest
from django.core.management import CommandError, call_command

from studyapp.quizzes.models import Attempt, Mark
from studyapp.quizzes.sittings import submit_attempt
from tests.factories import save_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed_in(start, quiz, learner, now):
    attempt = start(quiz)
    save_in(attempt, 1, {"answer": ["true"]}, at=now)
    submit_attempt(attempt, now=now, by=learner)
    return attempt


def test_promise_21_scores_that_follow_from_the_answers_are_verified(handed_in, capsys):
    call_command("verify_scores")

    assert capsys.readouterr().out == "1 attempt verified.\n"


def test_mark_that_does_not_follow_is_named_and_can_be_mended(handed_in, capsys):
    Mark.objects.filter(item__number=2).update(fraction=0.5)

    with pytest.raises(CommandError):
        call_command("verify_scores")
    assert f"attempt {handed_in.pk}, question 2: stored 0.5, computed 0" in capsys.readouterr().out

    call_command("verify_scores", fix=True)
    call_command("verify_scores")
    assert Mark.objects.filter(item__number=2).count() == 2


def test_total_that_does_not_follow_is_named(handed_in, capsys):
    Attempt.objects.update(points=3.0)

    with pytest.raises(CommandError):
        call_command("verify_scores")
    assert f"attempt {handed_in.pk}, total: stored 3, computed" in capsys.readouterr().out


def test_mark_of_a_person_is_taken_as_it_is(handed_in, instructor, now):
    item = handed_in.items.get(number=2)
    Mark.objects.create(item=item, number=2, fraction=1.0, at=now, by=instructor)

    call_command("verify_scores", fix=True)

    assert item.marks.count() == 2
    handed_in.refresh_from_db()
    assert handed_in.points == 2.0
