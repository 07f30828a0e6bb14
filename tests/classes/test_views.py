import pytest
from django.urls import reverse

from studyapp.accounts.models import User
from studyapp.classes import enrolling
from studyapp.classes.models import Enrolment
from tests import factories

CODE = "BCD-234-XYZ"


@pytest.fixture
def cohort(db):
    return factories.create_cohort(factories.create_course(), join_code=CODE, name="Tuesday class")


def test_learner_joins_and_is_told_which_class(client, cohort, learner):
    client.force_login(learner)

    response = client.post(reverse("classes:join"), {"code": "bcd 234 xyz"})

    assert (response.status_code, response.url) == (303, reverse("classes:mine"))
    page = client.get(response.url).content.decode()
    assert "You are now in Tuesday class." in page
    assert "each answer you gave in this course" in page


@pytest.mark.parametrize("typed", ["", "BCD-234-XYY", "\x00", "'; DROP TABLE", "x" * 1000])
def test_wrong_code_is_said_at_the_field(client, cohort, learner, typed):
    client.force_login(learner)

    response = client.post(reverse("classes:join"), {"code": typed})

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize("is_guest", [True, False])
def test_without_an_account_the_code_is_kept_through_sign_up(client, cohort, is_guest):
    if is_guest:
        client.force_login(User.objects.create(username="guest-1", is_guest=True))

    response = client.post(reverse("classes:join"), {"code": CODE})

    assert response.status_code == 303
    assert response.url == reverse("accounts:sign_up") + "?next=%2Fjoin%2F%3Fcode%3DBCD-234-XYZ"
    assert f'value="{CODE}"' in client.get("/join/?code=BCD-234-XYZ").content.decode()


def test_looking_at_the_join_page_makes_nobody(client, db):
    client.get(reverse("classes:join"), {"code": CODE})

    assert not User.objects.exists()


def test_leaving_is_asked_for_by_the_one_who_is_in(client, cohort, learner, classmate, now):
    own, _ = enrolling.join(learner, CODE, now=now)
    foreign, _ = enrolling.join(classmate, CODE, now=now)
    client.force_login(learner)

    assert client.post(reverse("classes:mine"), {"leave": foreign.pk}).status_code == 404
    assert client.post(reverse("classes:mine"), {"leave": "x"}).status_code == 404
    response = client.post(reverse("classes:mine"), {"leave": own.pk}, follow=True)

    assert "You have left Tuesday class." in response.content.decode()
    assert list(Enrolment.objects.filter(left_at__isnull=True)) == [foreign]


def test_my_classes_are_mine_alone(client, cohort, learner, stranger, now):
    enrolling.join(learner, CODE, now=now)
    client.force_login(stranger)

    page = client.get(reverse("classes:mine")).content.decode()

    assert "Tuesday class" not in page
    assert "You are in no class yet" in page


def test_my_classes_ask_strangers_to_sign_in(client, db):
    response = client.get(reverse("classes:mine"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:sign_in"))


def test_invitation_shows_what_it_brings_and_works_once(client, cohort, learner, instructor):
    from django.utils import timezone

    _, token = enrolling.invite(cohort, role="assistant", by=instructor, now=timezone.now())
    client.force_login(learner)
    url = reverse("classes:invitation", args=[token])

    assert "an assistant, who sees how everybody is doing" in client.get(url).content.decode()
    assert client.post(url).status_code == 303
    assert client.get(url).status_code == 404
    assert Enrolment.objects.get().role == "assistant"
