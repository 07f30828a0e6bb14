"""Text in a table that a spreadsheet will open."""

_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value):
    """The value for a CSV cell: text that a spreadsheet would run as a formula gets an apostrophe in front.

    Numbers stay numbers. Leading spaces do not hide a formula from every program, so they are looked through.
    """
    if isinstance(value, str) and (
        value.startswith(_RUNS_AS_FORMULA) or value.lstrip().startswith(_RUNS_AS_FORMULA)
    ):
        return "'" + value
    return value
