import pytest

from studyapp.accounts.waiting import network_of, seconds_after


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (8, 16), (9, 32), (10, 60), (5000, 60)]
)
def test_wait_doubles_from_the_fifth_failure_up_to_a_minute(failures, seconds):
    assert seconds_after(failures) == seconds


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("not an address", "unknown"),
        ("", "unknown"),
    ],
)
def test_network_is_what_one_customer_is_given(address, network):
    assert network_of(address) == network
