import uuid

import pytest
from django.http import QueryDict

from studyapp.quizzes.saving import BadSave, Save, fields_of, new_save, read_save

GOOD = {"client_id": str(uuid.UUID(int=7)), "writer": "tab-1", "number": "3", "shown": "1770000000"}


def test_same_question_shown_twice_has_one_client_id():
    assert new_save("item", 5, 0, writer="a").client_id == new_save("item", 5, 0, writer="b").client_id


def test_next_try_has_another_client_id():
    assert new_save("item", 5, 0, writer="a").client_id != new_save("item", 5, 1, writer="a").client_id


def test_read_gives_back_what_was_sent():
    assert read_save(GOOD) == Save(uuid.UUID(int=7), "tab-1", 3, 1770000000)


@pytest.mark.parametrize(
    "broken",
    [
        {"client_id": ""},
        {"client_id": "not a uuid"},
        {"writer": ""},
        {"writer": "a" * 37},
        {"writer": "<b>"},
        {"number": "-1"},
        {"number": "x"},
        {"number": "٣"},
        {"number": str(2**63)},
    ],
)
def test_read_refuses_what_no_page_of_ours_sends(broken):
    with pytest.raises(BadSave):
        read_save(GOOD | broken)


@pytest.mark.parametrize("shown", ["", "x", "-4", "9" * 40])
def test_read_without_a_clock_time_knows_no_seconds(now, shown):
    assert read_save(GOOD | {"shown": shown}).seconds(now) is None


def test_seconds_count_from_when_it_was_shown(now):
    assert Save(uuid.uuid4(), "tab", 0, int(now.timestamp()) - 42).seconds(now) == 42


def test_fields_of_a_question_come_without_its_prefix():
    data = QueryDict("q_a_choice=1&q_a_choice=2&q_b_choice=3&number=9")

    assert fields_of(data, "q_a_") == {"choice": ["1", "2"]}
