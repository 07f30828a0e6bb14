"""How points are written."""

from django import template

register = template.Library()


@register.filter
def points(value):
    """At most two decimals and none that say nothing: 2, 1.5, 0.33."""
    if value is None or value == "":
        return ""
    return f"{round(float(value), 2):.2f}".rstrip("0").rstrip(".")
