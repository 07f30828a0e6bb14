"""Another kind is a module, a template and one line in KINDS: nothing else has to know of it."""

import importlib.util
import json
import random

import pytest
from django.template.loader import render_to_string

from content.questions import KINDS, get_kind
from content.questions.rendering import answered, asked, render_content

MODULE = '''
"""Is a name the one that is meant?"""
from content.questions.base import SHARED_TEXTS, Findings, Grade, posted_text, tidied

NAME = "Name"
FIELDS = ("name",)
TEXTS = SHARED_TEXTS

def normalise(content):
    return tidied(content, FIELDS)

def check(content):
    findings = Findings()
    if findings.shared(content, FIELDS):
        findings.text(content, "name", (), required=True)
    return findings.problems

def present(content, rng):
    return {}

def read(content, data):
    text = posted_text(data, "text")
    return {"text": text} if text else None

def grade(content, response):
    return Grade(1.0 if response and response["text"] == content["name"] else 0.0)

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
<label>{{ shown.stem }} <input name="{{ prefix }}text" value="{{ shown.text }}"></label>
{% endpartialdef %}
{% partialdef review %}<p>{{ shown.text }} {{ shown.key }}</p>{% endpartialdef %}
"""


@pytest.fixture
def tenth(tmp_path, monkeypatch, settings):
    (tmp_path / "name.py").write_text(MODULE)
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "name.html").write_text(TEMPLATE)
    settings.TEMPLATES = [engine | {"DIRS": [*engine["DIRS"], tmp_path]} for engine in settings.TEMPLATES]
    spec = importlib.util.spec_from_file_location("tenth_kind", tmp_path / "name.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(KINDS, "name", module)
    return module


def test_another_kind_is_asked_answered_and_graded_like_the_nine(tenth):
    content = get_kind("name").normalise({"stem": " *Whose* moon? ", "name": "Saturn", "explanation": "So."})
    rendered = json.loads(json.dumps(render_content("name", content)))
    presented = get_kind("name").present(content, random.Random(1))

    question = asked("name", rendered, presented)
    page = render_to_string(question["input"], {"shown": question, "prefix": "q1-"})
    response = get_kind("name").read(content, {"text": ["Saturn"]})
    looked_over = answered("name", content, rendered, presented, response, show_key=True)

    assert get_kind("name").check(content) == []
    assert '<em>Whose</em> moon? <input name="q1-text" value="">' in page
    assert "Saturn" not in page
    assert looked_over["verdict"] == "right"
    assert "<p>Saturn Saturn</p>" in render_to_string(looked_over["review"], {"shown": looked_over})


def test_mistake_of_another_kind_is_named_like_any(tenth):
    assert [problem.message for problem in tenth.check({"stem": "Whose?", "nam": "x"})] == [
        'unknown key "nam"; did you mean "name"?',
        '"name" is missing',
    ]


def test_kind_that_nobody_has_is_a_key_error():
    with pytest.raises(KeyError):
        get_kind("name")
