"""What a browser would post from a question's form as it stands."""

from django.http import QueryDict


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
