"""Pure: how long to wait after wrong passwords, which addresses count as one network, and waits in words."""

import ipaddress
import math
from datetime import timedelta

WINDOW = timedelta(minutes=15)
FREE_FAILURES = 4
# Accounts that may fail from one network in six hours before it waits as a whole. A school of 500 signs in from one
# address on the morning of an exam and every tenth mistypes: 50; four times that is free. Whoever tries one password
# on many accounts from there gets through some 2,000 a day.
NETWORK_WINDOW = timedelta(hours=6)
FREE_ACCOUNTS = 200
LONGEST = 60  # seconds


class MustWait(Exception):
    """Too many wrong tries: `seconds` until the next one counts, and a sentence for whoever is to wait."""

    def __init__(self, seconds: int, why: str = "Too many wrong passwords."):
        super().__init__(seconds)
        self.seconds, self.why = seconds, why

    @property
    def sentence(self) -> str:
        return f"{self.why} Try again in {in_words(self.seconds)}."


def seconds_after(failures: int, *, free: int = FREE_FAILURES) -> int:
    """Seconds until the next try after so many failures in the window: 0 for four, then 2, 4, 8 … 60."""
    if failures <= free:
        return 0
    return min(2 ** min(failures - free, 10), LONGEST)


def left_of(wait: int, since, now) -> int:
    """Whole seconds that are left of a wait which began at `since`; 0 where it is over."""
    return max(0, math.ceil(wait - (now - since).total_seconds()))


def in_words(seconds: int) -> str:
    """A wait as people say it: "1 second", "50 seconds", "12 minutes", "3 hours"; never shorter than it is."""
    if seconds <= 90:
        count, unit = seconds, "second"
    elif seconds <= 90 * 60:
        count, unit = math.ceil(seconds / 60), "minute"
    else:
        count, unit = math.ceil(seconds / 3600), "hour"
    return f"{count} {unit}{'' if count == 1 else 's'}"


def network_of(address: str) -> str:
    """The /24 of an IPv4 address or the /64 of an IPv6 one, the most that one customer is usually given."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False))
