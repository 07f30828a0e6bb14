"""Pure: how long to wait after wrong passwords, and which addresses count as one network."""

import ipaddress
from datetime import timedelta

WINDOW = timedelta(minutes=15)
FREE_FAILURES = 4
LONGEST = 60  # seconds


def seconds_after(failures: int) -> int:
    """Seconds until the next try after so many failures in the window: 0 for four, then 2, 4, 8 … 60."""
    if failures <= FREE_FAILURES:
        return 0
    return min(2 ** (failures - FREE_FAILURES), LONGEST)


def network_of(address: str) -> str:
    """The /24 of an IPv4 address or the /64 of an IPv6 one, the most that one customer is usually given."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False))
