"""Links between the teacher's pages of one group."""

from django import template

from studyapp.quizzes.groups import address_of

register = template.Library()


@register.simple_tag
def group_url(group, page, *rest):
    """The address of a page for this group, as groups.address_of has it."""
    return address_of(group, page, *rest)
