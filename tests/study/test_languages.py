"""In a course of another language each word says which language it is in, so that the right voice reads it aloud."""

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import Context, Template

from content.coursefiles.reading import read_course
from content.languages import attributes_of, direction_of
from content.loading import load_definition
from content.models import Course, Passage
from studyapp.quizzes.authoring import sync_quizzes
from studyapp.reading.models import Highlight
from tests.factories import create_course, create_user
from tests.trust.crawling import crawl

COURSE = Path(__file__).parent.parent / "data" / "course_rtl"
LESSON = "/courses/two-rivers/from-spring-to-sea/"
QUIZ = "/quizzes/two-rivers/quiz-every-kind/"
STARTS = [
    "/",
    "/courses/",
    "/courses/two-rivers/",
    LESSON,
    f"{LESSON}sheet/",
    f"{LESSON}notes/mountains/",
    "/courses/two-rivers/glossary/",
    "/courses/two-rivers/timeline/",
    "/courses/two-rivers/search/?q=القُرنة",
    "/progress/",
    "/progress/plan/two-rivers/",
    "/review/",
    "/review/?ask=1",
    "/review/mistakes/",
    "/notes/",
    "/take-along/",
    "/marks/",
    QUIZ,
]
IN_THE_LESSON = {"Tigris"}
NAME_OF_TABLE = "Table: "  # an attribute cannot say which of its words are whose
OWN_WORDS = {"My own words"}  # of the learner, in whatever language
ARABIC, LATIN = re.compile(r"[\u0600-\u06ff]"), re.compile(r"[A-Za-z]{2,}")
EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SPOKEN = {"aria-label", "alt", "placeholder", "title"}
UNSEEN = {"title", "script", "style", "textarea", "desc"}


class Spoken(HTMLParser):
    """Every text of a page with the language it says it is in."""

    def __init__(self):
        super().__init__()
        self.open, self.found = [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        lang = attrs.get("lang", self.open[-1][1] if self.open else "")
        self.found += [(lang, attrs[name]) for name in SPOKEN & attrs.keys() if attrs[name]]
        if tag not in EMPTY:
            self.open.append((tag, lang))

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data):
        if data.strip() and not UNSEEN & {tag for tag, _ in self.open}:
            self.found.append((self.open[-1][1], " ".join(data.split())))


def spoken(page):
    reader = Spoken()
    reader.feed(page)
    return reader.found


class Filled(HTMLParser):
    """What a browser sends where somebody took the first choice that was left everywhere and typed 1900."""

    def __init__(self, id):
        super().__init__()
        self.id, self.fields, self.inside, self.select = id, {}, False, ""

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        name, kind = attrs.get("name", ""), attrs.get("type", "text")
        if tag == "form":
            self.inside = attrs.get("id") == self.id
        elif not self.inside:
            return
        elif tag == "input" and kind == "hidden":
            self.fields.setdefault(name, []).append(attrs["value"])
        elif tag == "input" and not name.startswith(("f", "hint")):
            self.fields.setdefault(
                name, [attrs.get("value", "on") if kind in ("radio", "checkbox") else "1900"]
            )
        elif tag == "textarea":
            self.fields[name] = ["My own words"]
        elif tag == "select":
            self.select = name
        elif tag == "option" and attrs["value"] and self.select:
            question = self.select.partition("_")[0]
            others = [value for name, value in self.fields.items() if name.partition("_")[0] == question]
            if [attrs["value"]] not in others:
                self.fields.setdefault(self.select, [attrs["value"]])

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "form"
        self.select = self.select if tag != "select" else ""


def filled(response, id):
    form = Filled(id)
    form.feed(response.content.decode())
    assert form.fields, f"no form {id}"
    return form.fields


@pytest.fixture
def rivers(db, now):
    definition, problems = read_course(COURSE)
    assert definition is not None, problems
    course = load_definition(definition, now=now).course
    sync_quizzes(course, course.quizzes, now=now)
    return course


@pytest.fixture
def reader(client, rivers, now):
    """Somebody who has read a lesson, written and marked there; signed in."""
    learner = create_user("reader")
    client.force_login(learner)
    client.post(f"{LESSON}place/", {"all": "1"})
    client.post(f"{LESSON}notes/mountains/", {"text": "My own words", "writer": "w", "number": "1"})
    about = {"learner": learner, "passage": Passage.objects.get(slug="mountains"), "at": now}
    for number, quote in enumerate(["ينبع النهران في جبال الأناضول", "كلام لم يعد في النص"]):
        Highlight.objects.create(quote=quote, fingerprint=str(number), **about)
    return client


def practised(client):
    """The pages of a run of practice: the beginning, each question, each answered, the end."""
    yield f"{LESSON}practice/", client.get(f"{LESSON}practice/")
    address = client.post(f"{LESSON}practice/", {"start": "1"})["Location"]
    while address:
        page = client.get(address)
        yield address, page
        if b'id="asked"' not in page.content:
            return
        done = client.post(f"{LESSON}practice/", filled(page, "asked"))["Location"]
        answered = client.get(done)
        yield done, answered
        onward = re.search(r'id="onward" href="([^"]+)"', answered.content.decode())
        address = html.unescape(onward[1]) if onward else ""
        if not address:
            run = re.search(r'name="finish" value="(\d+)"', answered.content.decode())[1]
            address = client.post(f"{LESSON}practice/", {"finish": run})["Location"]


def sat(client):
    """The pages of a quiz with every kind of question: each, all together, the look over, what was saved, the result."""
    attempt = client.post(QUIZ, {"start": "1"})["Location"]
    every = client.get(attempt)
    client.post(attempt, filled(every, "answers") | {"look_over": ["1"]})
    for address in (
        attempt,
        *(f"{attempt}{n}/" for n in range(1, 10)),
        f"{attempt}review/",
        f"{attempt}3/saved/",
    ):
        yield address, client.get(address)
    client.post(f"{attempt}review/", {"hand_in": "1"})
    yield f"{attempt}result/", client.get(f"{attempt}result/")


def unheard(page):
    """Texts of this page that the voice of another language reads."""
    wrong = []
    for lang, text in spoken(page):
        ours = set(LATIN.findall(text)) - IN_THE_LESSON
        if text in OWN_WORDS or text.startswith(NAME_OF_TABLE):
            continue
        if ARABIC.search(text) and (lang != "ar" or ours):
            wrong.append(f"a text of the course, {lang}: {text[:90]}")
        elif ours and lang != "en":
            wrong.append(f"a text of ours, {lang}: {text[:90]}")
    return wrong


def test_every_page_of_the_course_is_read_aloud_in_the_language_of_each_word(reader):
    pages = [(address, page.content.decode()) for address, page in (*practised(reader), *sat(reader))]
    pages += [(page.path, page.text) for page in crawl(reader, starts=STARTS)]
    seen = {form for address, _ in pages for form in (address, re.sub(r"\d+", "0", address))}

    wrong = sorted({f"{address} {line}" for address, text in pages for line in unheard(text)})

    assert wrong == []
    assert seen >= {*STARTS, f"{LESSON}practice/", "/attempts/0/", "/attempts/0/0/", "/attempts/0/result/"}


def test_page_is_in_our_language_and_runs_in_the_direction_of_the_course(client, rivers):
    page = client.get(LESSON).content.decode()

    assert '<html lang="en" dir="rtl">' in page
    assert '<h1 lang="ar" dir="rtl">' in page


def test_course_in_our_language_says_nothing_of_it(client, db):
    create_course("lakes", title="Lakes", language="en-GB")

    page = client.get("/courses/lakes/").content.decode()

    assert '<html lang="en" dir="ltr">' in page
    assert "<h1>Lakes" in page


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        *(("ar", "rtl"), ("fa-IR", "rtl"), ("he", "rtl"), ("ku-Arab", "rtl"), ("AR", "rtl")),
        *(("en", "ltr"), ("az-Latn", "ltr"), ("ar-Latn", "ltr"), ("pt-BR", "ltr"), ("", "ltr")),
    ],
)
def test_direction_follows_from_language_and_script(language, direction):
    assert direction_of(language) == direction


@pytest.mark.parametrize(
    ("language", "made"),
    [
        ("", {}),
        ("en", {}),
        ("en-GB", {}),
        ("fr", {"lang": "fr"}),
        ("ar-IQ", {"lang": "ar-IQ", "dir": "rtl"}),
    ],
)
def test_words_of_a_course_say_their_language_where_it_is_not_ours(language, made):
    assert attributes_of(language) == made


@pytest.mark.parametrize(
    ("written", "context", "made"),
    [
        ("{% course_lang %}", {"course": Course(language="ar")}, ' lang="ar" dir="rtl"'),
        ("{% course_lang %}", {}, ""),
        (
            "{% course_lang other %}",
            {"course": Course(language="ar"), "other": Course(language="fr")},
            ' lang="fr"',
        ),
        ("{% course_lang 'fa' %}", {}, ' lang="fa" dir="rtl"'),
        ("{% course_lang 'fa' in_drawing=True %}", {}, ' lang="fa"'),
        ("{% course_lang other %}", {"other": '"><b>'}, ' lang="&quot;&gt;&lt;b&gt;"'),
    ],
)
def test_element_says_the_language_of_its_words(written, context, made):
    assert Template("{% load languages %}" + written).render(Context(context)) == made
