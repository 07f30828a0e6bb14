"""Dates as exactly as they are known: "2003", "2003-05" or "2003-05-16". Pure."""

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def within_year(date: str) -> str:
    """2003-05-16 → "16 May", 2003-05 → "May", 2003 → "in the course of the year"."""
    _, _, rest = date.partition("-")
    if not rest:
        return "in the course of the year"
    month, _, day = rest.partition("-")
    name = MONTHS[int(month) - 1] if month.isdigit() and 1 <= int(month) <= 12 else month
    return f"{int(day)} {name}" if day.isdigit() else name


def span(date: str, end: str = "") -> str:
    """A date, or the days from `date` to `end`, as it stands under the year of `date`.

    2003-05-16, 2003-05-18 → "16 May to 18 May"; where it ends in another year, that year is named.
    """
    if not end:
        return within_year(date)
    last = within_year(end) if "-" in end else ""
    if end[:4] != date[:4]:
        last = f"{last} {end[:4]}".strip()
    return f"{within_year(date) if '-' in date else date} to {last}" if last else within_year(date)
