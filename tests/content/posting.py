"""What a browser would post from a question's form as it stands."""

from django.http import QueryDict
from django.urls import reverse


def posted_from(editor, **more) -> QueryDict:
    data = QueryDict(mutable=True)
    for row_set in editor.row_sets:
        _take(data, row_set.management_form)
    for form in editor.all_forms:
        _take(data, form)
    for name, value in more.items():
        data[name] = value
    return data


def _take(data, form):
    for bound in form:
        value = bound.value()
        if value is True:
            data[bound.html_name] = "on"
        elif isinstance(value, list):
            data.setlist(bound.html_name, [str(item) for item in value])
        elif value is not None and value is not False:
            data[bound.html_name] = str(value)


def at_once(client, action, *questions, apply=False, query="", **data):
    """Ask for an action on questions of the bank; with `apply`, press the button of its page."""
    said = {"action": action, "_selected_action": [question.pk for question in questions], **data}
    if apply:
        said |= {"apply": "1", "count": data.get("count", len(questions))}
    return client.post(reverse("admin:content_question_changelist") + query, said)
