"""What the author's pages ask of a form."""

from django import template

from content import markup

register = template.Library()


@register.filter
def hints_at(editor, bound_field):
    """The hints that belong beside this field."""
    return editor.hints.get(bound_field.auto_id, ())


@register.filter
def without(form, names):
    """The visible fields of a form but for those named, comma-separated."""
    left_out = names.split(",")
    return [field for field in form.visible_fields() if field.name not in left_out]


@register.filter
def rendered_html(html):
    """HTML that `content.markup` has just rendered for a preview; its cleaner stands behind the mark."""
    return markup.marked_safe(html)
