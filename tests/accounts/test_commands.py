import re

import pytest
from django.core.management import CommandError, call_command

from studyapp.accounts.models import User
from tests.factories import PASSWORD, create_user


def printed(capsys, *command):
    call_command(*command)
    return capsys.readouterr().out


def path_in(text):
    return re.search(r"http://[^/]+(/accounts/link/\S+)", text)[1]


def test_instructor_comes_in_by_the_printed_link_and_sets_a_password(db, client, capsys):
    path = path_in(printed(capsys, "create_instructor", "teacher"))

    assert client.get(path).status_code == 200
    client.post(path)
    client.post("/accounts/profile/", {"password": "1", "new": "four plain words here"})

    teacher = User.objects.get(username="teacher")
    assert teacher.check_password("four plain words here")
    assert teacher.is_staff
    assert not teacher.is_superuser
    assert [group.name for group in teacher.groups.all()] == ["instructor"]


def test_instructor_has_no_password_before(db, capsys):
    printed(capsys, "create_instructor", "teacher")

    assert not User.objects.get().has_usable_password()


def test_command_again_prints_a_new_link_for_the_same_account(db, capsys):
    first = path_in(printed(capsys, "create_instructor", "teacher"))
    second = path_in(printed(capsys, "create_instructor", "Teacher"))

    assert first != second
    assert User.objects.count() == 1


@pytest.mark.parametrize("name", ["", "guest-x", "two words", "a@b", "x" * 81])
def test_impossible_name_is_refused_with_a_reason(db, name):
    with pytest.raises(CommandError, match=r"\w+"):
        call_command("create_instructor", name)

    assert User.objects.count() == 0


def test_forgotten_password_is_mended_by_a_link(db, client, capsys):
    create_user("learner", email="learner@example.org")

    path = path_in(printed(capsys, "sign_in_link", "learner@example.org"))
    client.post(path)
    client.post("/accounts/profile/", {"password": "1", "new": "four plain words here"})

    assert User.objects.get().check_password("four plain words here")
    assert not User.objects.get().check_password(PASSWORD)


def test_link_for_nobody_is_refused(db):
    with pytest.raises(CommandError, match="There is no account"):
        call_command("sign_in_link", "nobody")
