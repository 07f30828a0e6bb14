"""Walk over the product as a browser does: follow every link and every htmx address, note every form."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

STARTS = ("/", "/courses/", "/progress/", "/about/", "/privacy/", "/accounts/sign-in/", "/accounts/profile/")
MORE_STARTS = ("/accounts/sign-up/", "/accounts/notices/", "/classes/", "/join/", "/teach/", "/admin/")
MOST_PAGES = 250
MOST_QUERIES = 3  # pages of one path that differ in their query only
MOST_ALIKE = 4  # pages whose paths differ in numbers only


@dataclass
class Form:
    """A form as it stands on a page: where it goes, and its fields with the values a browser would send."""

    page: str
    action: str
    method: str
    fields: dict = field(default_factory=dict)  # name: value
    kinds: dict = field(default_factory=dict)  # name: text, hidden, password, select …
    buttons: list = field(default_factory=list)  # (name, value)

    @property
    def key(self):
        return (urlsplit(self.action).path, self.method, tuple(sorted(self.fields)), tuple(self.buttons))


class Reader(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.page, self.links, self.forms = page, [], []
        self.form, self.select, self.textarea, self.text = None, None, None, ""

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        for name in ("href", "hx-get"):
            if tag != "link" and given.get(name):
                self.links.append(urljoin(self.page, given[name]).partition("#")[0])
        if tag == "form":
            action = urljoin(self.page, given.get("action") or given.get("hx-post") or self.page)
            self.form = Form(self.page, action.partition("#")[0], (given.get("method") or "get").lower())
            self.forms.append(self.form)
        if self.form is None:
            return
        name = given.get("name")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in {"submit", "image"}:
                self.form.buttons.append((name, given.get("value", "")))
            elif kind in {"checkbox", "radio"}:
                self.form.kinds.setdefault(name, kind)
                if kind == "radio" or "checked" in given:
                    self.form.fields[name] = given.get("value", "on")
                else:
                    self.form.fields.setdefault(name, "")
            else:
                self.form.kinds[name], self.form.fields[name] = kind, given.get("value") or ""
        elif tag == "button" and name and given.get("type", "submit") == "submit":
            self.form.buttons.append((name, given.get("value") or ""))
        elif tag == "textarea" and name:
            self.textarea, self.text = name, ""
        elif tag == "select" and name:
            self.select = name
            self.form.kinds[name] = "select"
            self.form.fields.setdefault(name, "")
        elif tag == "option" and self.select and ("selected" in given or not self.form.fields[self.select]):
            self.form.fields[self.select] = given.get("value") or ""

    def handle_data(self, data):
        if self.textarea:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.textarea:
            self.form.kinds[self.textarea], self.form.fields[self.textarea] = "textarea", self.text
            self.textarea = None


@dataclass
class Page:
    path: str
    status: int
    forms: list
    text: str


def crawl(client, *, starts=STARTS + MORE_STARTS, skip=("/static/", "/media/")) -> list[Page]:
    """Every page that can be reached by links. Fails where one breaks."""
    waiting, known, pages, queries, alike = list(starts), set(starts), [], {}, {}
    while waiting and len(pages) < MOST_PAGES:
        path = waiting.pop(0)
        response = client.get(path)
        assert response.status_code < 500, path
        if location := response.get("Location"):
            links, forms, text = [urljoin(path, location)], [], ""
        elif "html" in response.get("Content-Type", ""):
            text = response.content.decode()
            reader = Reader(path)
            reader.feed(text)
            links, forms = reader.links, reader.forms
        else:
            links, forms, text = [], [], ""
        pages.append(Page(path, response.status_code, forms, text))
        for link in links:
            parts = urlsplit(link)
            if parts.scheme not in ("", "http") or parts.netloc not in ("", "testserver"):
                continue
            found = parts.path + (f"?{parts.query}" if parts.query else "")
            if found in known or found.startswith(skip) or queries.get(parts.path, 0) >= MOST_QUERIES:
                continue
            like = re.sub(r"/\d+(?=/)", "/0", parts.path)
            if len(alike.setdefault(like, set()) | {parts.path}) > MOST_ALIKE:
                continue
            alike[like].add(parts.path)
            known.add(found)
            queries[parts.path] = queries.get(parts.path, 0) + bool(parts.query)
            waiting.append(found)
    return pages
