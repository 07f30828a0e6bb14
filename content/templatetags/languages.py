"""`<h1{% course_lang %}>`: this element holds words of the course; the page itself is in the language of the interface.

Words of ours inside such an element say `lang="en"`, so that each is read aloud by the voice of its language.
"""

from functools import cache

from django import template
from django.utils.html import format_html_join

from content.languages import attributes_of

register = template.Library()


@register.simple_tag(takes_context=True)
def course_lang(context, course=None, *, in_drawing=False):
    """Attributes for words of the course of this page, or of another: a course, or the tag of its language.

    `in_drawing`: without a direction, which elements of SVG do not have.
    """
    if course is None:
        course = context.get("course")
    return _attributes(course if isinstance(course, str) else getattr(course, "language", ""), in_drawing)


@cache
def _attributes(language, in_drawing):
    made = attributes_of(language)
    return format_html_join(
        "", ' {}="{}"', [(k, v) for k, v in made.items() if k == "lang" or not in_drawing]
    )
