"""What a browser would send: the fields of a form on a page, hidden ones included."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.open = [], None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.open = {"action": attributes.get("action", ""), "id": attributes.get("id", ""), "fields": {}}
            self.forms.append(self.open)
        elif tag == "input" and self.open is not None:
            kind = attributes.get("type", "text")
            if kind == "hidden" or (kind == "text") or "checked" in attributes:
                self.open["fields"][attributes.get("name")] = attributes.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None


def forms_of(response):
    """Every form of a page: [{"action", "id", "fields"}]."""
    parser = _Forms()
    parser.feed(response.content.decode())
    return parser.forms


def form_of(response, *, id="", action=""):
    """The form with this id, or whose action ends so."""
    for form in forms_of(response):
        if (id and form["id"] == id) or (action and form["action"].endswith(action)):
            return form
    raise AssertionError(f"no form {id or action} in this page")
