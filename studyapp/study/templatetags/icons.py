"""`{% icon "check" %}`: one symbol of static/icons.svg, always beside a word that says the same."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html

register = template.Library()


@register.simple_tag
@cache  # there are some twenty, and a page draws dozens
def icon(name, extra=""):
    """The symbol `i-<name>`. `extra`: classes such as "turn" (mirrored in right-to-left) or "down" (turns in a fold)."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" {extra}" if extra else "",
        static("icons.svg"),
        name,
    )
