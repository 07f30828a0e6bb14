import pytest

from studyapp.accounts.names import fault_of


@pytest.mark.parametrize(
    "name", ["anna", "Anna.M-2_b", "Ёлка", "محمد", "नमस्ते", "山田", "山田taro", "İlker", "Straße", "Łukasz"]
)
def test_name_of_one_script_is_accepted(name):
    assert fault_of(name) is None


@pytest.mark.parametrize("name", ["аnna", "annα", "anna m", "a@b.example", "<b>", "a/b", "😀", "_._"])
def test_name_that_could_pose_as_another_or_cannot_be_typed_is_refused(name):
    assert fault_of(name)


@pytest.mark.parametrize("name", ["guest-1", "GUEST-abc"])
def test_name_of_a_guest_is_refused(name):
    assert "guest-" in fault_of(name)
