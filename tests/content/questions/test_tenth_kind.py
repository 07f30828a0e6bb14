"""Another kind is three files and one line in KINDS: nothing else has to know of it."""

import importlib.util
import sys

import pytest
from django.urls import reverse

from content import formats
from content.editors import QuestionEditor
from content.models import Question
from content.questions import KINDS, get_kind
from tests import factories
from tests.content.posting import posted_from
from tests.content.questions import test_kinds, test_properties
from tests.content.questions.examples import EXAMPLES
from tests.content.questions.test_templates import posted_by

MODULE = '''
"""Is a name the one that is meant?"""
from content.questions.author_form import Flag, Rows, Text
from content.questions.base import SHARED_TEXTS, Findings, Grade, as_flag, posted_text, tidied, with_ids

NAME = "Name of a person"
DESCRIPTION = "Who is meant?"
FIELDS = ("name", "others", "strict")
TEXTS = SHARED_TEXTS
FORM = (
    Text("name", "Who it is"),
    Rows("others", "Other names", "Add a name", (Text("text", "Name"),), at_first=1),
    Flag("strict", "Capitals count"),
)

def normalise(content):
    content = tidied(content, FIELDS)
    if isinstance(content, dict):
        content["strict"] = as_flag(content.get("strict", False))
        if "others" in content:
            content["others"] = with_ids(content["others"])
        if not content.get("others"):
            content.pop("others", None)
    return tidied(content, FIELDS)

def check(content):
    findings = Findings()
    if findings.shared(content, FIELDS):
        findings.text(content, "name", (), required=True)
        findings.flag(content, "strict", ())
        if "others" in content:
            for where, row in findings.rows(content, "others", (), fields=("text",), least=1):
                findings.text(row, "text", where, required=True)
    return findings.problems

def present(content, rng):
    return {}

def read(content, data):
    text = posted_text(data, "text").strip()
    return {"text": text} if text else None

def _key(content, name):
    return name if content.get("strict") else name.casefold()

def grade(content, response):
    names = [content["name"], *(row["text"] for row in content.get("others", ()))]
    right = bool(response) and _key(content, response["text"]) in [_key(content, name) for name in names]
    return Grade(1.0 if right else 0.0)

def correct(content):
    return {"text": content["name"]}

def choices(content, response):
    return []

def summary(content, response):
    return response["text"] if response else ""

def same(content, a, b):
    return a == b

def guess(content):
    return 0.0

def laid_out(content, presented, response=None):
    return {"text": response["text"] if response else ""}

def reviewed(content, presented, response, marks, *, show_key=True):
    return {"text": response["text"] if response else "", "key": content["name"] if show_key else ""}
'''
TEMPLATE = """{% load partials %}
{% partialdef input inline %}
{% include "questions/_stem.html" with without_stem=False %}
<p><label for="{{ prefix }}text">Name</label>
<input id="{{ prefix }}text" type="text" name="{{ prefix }}text" value="{{ shown.text }}"></p>
{% include "questions/_error.html" %}
{% endpartialdef %}
{% partialdef review %}<p>It was {{ shown.key }}; you wrote {{ shown.text }}.</p>{% endpartialdef %}
"""
TESTS = '''
"""Names: golden cases, an example, and what the promises of all kinds are tried on."""
import sys
import pytest
from hypothesis import strategies as st

name = sys.modules["content.questions.name"]
NAMES = st.text(st.sampled_from("abcdefg"), min_size=1, max_size=8)
EXAMPLE = {"stem": "Whose *moon* is it?", "name": "SECRET", "others": [{"text": "SECRETS"}], "explanation": "So."}

def contents():
    return st.fixed_dictionaries({"name": NAMES}, optional={"strict": st.booleans()})

def responses(content):
    return (st.just(content["name"]) | NAMES).map(lambda text: {"text": text})

CASES = [("secret", False, 1), ("secrets", False, 1), ("secret", True, 0), ("SECRET", True, 1), ("x", False, 0)]

@pytest.mark.parametrize(("typed", "strict", "fraction"), CASES)
def test_name_that_is_meant(typed, strict, fraction):
    assert name.grade(name.normalise(EXAMPLE | {"strict": strict}), {"text": typed}).fraction == fraction
'''


@pytest.fixture
def tenth(tmp_path, monkeypatch, settings):
    """The three files in a package of their own, and the one line."""
    files = {"name.py": MODULE, "test_name.py": TESTS, "questions/name.html": TEMPLATE}
    (tmp_path / "questions").mkdir()
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    settings.TEMPLATES = [engine | {"DIRS": [*engine["DIRS"], tmp_path]} for engine in settings.TEMPLATES]
    modules = {
        "content.questions.name": tmp_path / "name.py",
        "tests.content.questions.test_name": tmp_path / "test_name.py",
    }
    for dotted, path in modules.items():
        spec = importlib.util.spec_from_file_location(dotted, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, dotted, module)
        spec.loader.exec_module(module)
    monkeypatch.setitem(KINDS, "name", sys.modules["content.questions.name"])
    return KINDS["name"]


@pytest.fixture
def lesson(tenth, instructor):
    course = factories.create_course(staff=[instructor], access="open")
    return factories.create_lesson(course, state="ready")


# --- what every kind promises -------------------------------------------------------------------------------


def test_its_own_cases_hold(tenth):
    own = sys.modules["tests.content.questions.test_name"]

    for case in own.CASES:
        own.test_name_that_is_meant(*case)


PROMISES = [name for name in dir(test_kinds) if name.startswith("test_")]
PROPERTIES = [
    name
    for name, test in vars(test_properties).items()
    if name.startswith("test_")
    and any(mark.args[0] == "kind" for mark in getattr(test, "pytestmark", ()) if mark.args)
]


@pytest.mark.parametrize("promise", PROMISES)
def test_promises_of_all_kinds_are_kept_by_it(tenth, promise):
    test = getattr(test_kinds, promise)
    given = {"kind": tenth, "content": tenth.normalise(EXAMPLES["name"])}
    wanted = test.__code__.co_varnames[: test.__code__.co_argcount]

    test(**{name: given[name] for name in wanted})


@pytest.mark.parametrize("promise", PROPERTIES)
def test_properties_of_all_kinds_hold_for_it(tenth, promise):
    getattr(test_properties, promise)(kind="name")


def test_mistake_in_it_is_named_like_any(tenth):
    assert [problem.message for problem in tenth.check({"stem": "Whose?", "nam": "x"})] == [
        'unknown key "nam"; did you mean "name"?',
        '"name" is missing',
    ]


# --- where it is met ------------------------------------------------------------------------------------------


def test_author_chooses_it_writes_it_sees_it_and_finds_it(lesson, client, instructor):
    client.force_login(instructor)
    add = f"{reverse('admin:content_question_add')}?course={lesson.course.slug}&kind=name"
    posted = posted_from(QuestionEditor("name", content=get_kind("name").normalise(EXAMPLES["name"]))).dict()
    columns = {
        "lesson": lesson.pk,
        "level": "remember",
        "use": "both",
        "state": "ready",
        "slug": "whose-moon",
    }

    chosen = client.get(reverse("admin:content_question_add")).content.decode()
    form = client.get(add).content.decode()
    part = client.post(add, posted | {"preview": "1"}, headers={"HX-Request": "true"}).content.decode()
    refused = client.post(add, posted | columns | {"q-name": ""})
    client.post(add, posted | columns)
    bank = client.get(reverse("admin:content_question_changelist"), {"kind": "name", "q": "MOON"})

    assert "Name of a person" in chosen
    assert "Who is meant?" in chosen
    assert all(f'name="{field}"' in form for field in ("q-name", "q-strict", "others-0-text"))
    assert "Whose <em>moon</em> is it?" in part
    assert "It was SECRET" in part
    assert refused.status_code == 422
    question = Question.objects.get(slug="whose-moon")
    assert question.current.content == get_kind("name").normalise(EXAMPLES["name"]) | {
        "others": [{"id": "a", "text": "SECRETS"}]
    }
    assert [found.pk for found in bank.context["cl"].result_list] == [question.pk]


def test_learner_practises_it(lesson, client, learner):
    factories.create_question(lesson, "whose-moon", kind="name")
    client.force_login(learner)
    address = reverse("study:practice", args=[lesson.course.slug, lesson.slug])

    asked = client.get(client.post(address, {"start": "1"}).url).content.decode()
    fields = _fields_of(asked) | {"q_text": "secret"}
    looked_over = client.get(client.post(address, fields).url).content.decode()

    assert "Whose <em>moon</em> is it?" in asked
    assert "SECRET" not in asked
    assert "It was SECRET; you wrote secret." in looked_over


def _fields_of(page):
    form = page[page.index('<form id="asked"') :]
    hidden = posted_by(form.replace('type="hidden"', 'type="text"')[: form.index("</form>")])
    return {name: values[-1] for name, values in hidden.items()}


def test_it_leaves_and_comes_back_as_yaml(tenth):
    content = tenth.normalise(EXAMPLES["name"])
    draft = formats.QuestionDraft(ref="whose-moon", kind="name", content=content, level="remember")

    file = formats.write("yaml", [draft])
    reading = formats.read(file, "moons.yaml")

    assert not [problem for problem in reading.problems if problem.severity == "error"]
    assert [(found.ref, found.kind, found.content) for found in reading.questions] == [
        ("whose-moon", "name", content)
    ]


def test_kind_that_nobody_has_is_a_key_error():
    with pytest.raises(KeyError):
        get_kind("name")
