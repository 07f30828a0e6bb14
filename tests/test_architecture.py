"""The house keeps its shape: what may import what, which way foreign keys point, which names are not used."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField

from content.questions import KINDS

ROOT = Path(__file__).parent.parent
# Top to bottom: an app may import what stands below it, and its foreign keys point the same way.
APPS = [
    "studyapp.reports",
    "studyapp.study",
    "studyapp.progress",
    "studyapp.quizzes",
    "studyapp.review",
    "studyapp.reading",
    "studyapp.classes",
    "content",
    "studyapp.accounts",
]
BANNED_NAMES = {
    "utils",
    "helpers",
    "common",
    "core",
    "services",
    "managers",
    "receivers",
    "hooks",
    "signals",
    "misc",
}
EVERYWHERE = {"content.text"}  # the one door for text, pure: whoever takes text from people may use it
LAST = ("views", "admin", "management", "urls")  # loaded last, imported by no other app
PURE = [
    "content/questions",
    "content/formats",
    "content/numbers.py",
    "content/wildcards.py",
    "content/text.py",
    "content/lessons.py",
    "content/wording.py",
    "studyapp/progress/mastery.py",
    "studyapp/reading/anchoring.py",
    "studyapp/quizzes/deadlines.py",
    "studyapp/quizzes/drawing.py",
    "studyapp/quizzes/picking.py",
    "studyapp/quizzes/release.py",
    "studyapp/quizzes/scoring.py",
    "studyapp/review/scheduling.py",
    "studyapp/review/rating.py",
    "studyapp/review/standing.py",
    "studyapp/review/mixing.py",
    "studyapp/review/planning.py",
    "studyapp/progress/plots.py",
    "studyapp/study/asides.py",
    "studyapp/study/figures.py",
    "studyapp/study/icalendar.py",
]


def sources():
    for package in ("content", "studyapp"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts and "library" not in path.parts:
                yield path


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def app_of(module: str) -> str | None:
    return next((app for app in APPS if module == app or module.startswith(app + ".")), None)


def upward_imports(module: str, imported) -> list[str]:
    """The imports of a module that point at a higher app, or at another app's views, admin or commands."""
    own = app_of(module)
    wrong = []
    for name in imported:
        other = app_of(name)
        if own is None or other is None or other == own or any(name.startswith(door) for door in EVERYWHERE):
            continue
        private = any(part in {*LAST, "forms"} for part in name.removeprefix(other).split("."))
        upward = APPS.index(other) < APPS.index(own) and not {"admin", "management"} & set(module.split("."))
        if private or upward:
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("path", list(sources()), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    assert upward_imports(module_of(path), imports_of(path.read_text())) == []


def test_planted_upward_import_is_caught():
    assert upward_imports("studyapp.accounts.models", ["studyapp.quizzes.models"]) == [
        "studyapp.quizzes.models"
    ]
    assert upward_imports("studyapp.study.queries", ["content.admin.course"]) == ["content.admin.course"]
    assert upward_imports("studyapp.study.queries", ["content.models"]) == []


def test_foreign_keys_point_down():
    order = [app.rpartition(".")[2] for app in APPS]

    for model in apps.get_models():
        if model._meta.app_label not in order:
            continue
        for field in model._meta.get_fields():
            if (
                isinstance(field, ForeignKey | ManyToManyField)
                and field.related_model._meta.app_label in order
            ):
                target = field.related_model._meta.app_label
                assert order.index(target) >= order.index(model._meta.app_label), (
                    f"{model.__name__}.{field.name}"
                )


def test_no_file_has_a_name_that_excludes_nothing():
    assert [p for p in sources() if {p.stem, *p.relative_to(ROOT).parts[:-1]} & BANNED_NAMES] == []


def test_only_one_module_knows_htmx_headers():
    knowing = [
        str(p.relative_to(ROOT)) for p in sources() if re.search(r"""["']HX-|request\.htmx""", p.read_text())
    ]

    assert set(knowing) <= {"studyapp/htmx.py", "studyapp/middleware.py"}


def test_only_views_import_the_htmx_module():
    for path in sources():
        if "studyapp.htmx" in set(imports_of(path.read_text())):
            assert "view" in path.stem or "admin" in path.parts or path.parent.name == "views", path


def test_pure_modules_know_no_django():
    for name in PURE:
        place = ROOT / name
        for path in [place] if place.suffix else sorted(place.rglob("*.py")):
            if path.exists():
                impure = [
                    i for i in imports_of(path.read_text()) if i.split(".")[0] in {"django", "studyapp"}
                ]
                assert (
                    impure == []
                    or name.startswith("studyapp")
                    and all(i.startswith("studyapp") for i in impure)
                ), path


def test_the_clock_is_read_at_the_edge_only():
    for path in sources():
        at_the_edge = re.search(
            r"view|admin|management|middleware|forms|context", str(path.relative_to(ROOT))
        )
        if not at_the_edge and "models" not in path.parts and path.stem != "models":
            calls = re.findall(
                r"timezone\.now\(\)|datetime\.now\(|date\.today\(\)|time\.time\(\)", path.read_text()
            )
            assert calls == [], path


def test_only_one_module_imports_the_scheduler():
    """Nor does a test, so that what is expected of it never comes from the package itself."""
    everything = [*sources(), *(ROOT / "tests").rglob("*.py")]
    users = [
        p.relative_to(ROOT).as_posix()
        for p in everything
        if {"fsrs"} & {i.split(".")[0] for i in imports_of(p.read_text())}
    ]

    assert users == ["studyapp/review/scheduling.py"]


def test_views_fetch_objects_through_access_functions():
    """A model by its key from the address is an open door; `access.py` or a limited queryset shuts it."""
    for path in sources():
        if "view" in path.stem:
            assert not re.search(r"get_object_or_404\(\s*[A-Z]\w+\s*,\s*(pk|id)=", path.read_text()), path


# --- templates --------------------------------------------------------------------------------------------

TEMPLATES = sorted(p for p in (ROOT / "templates").rglob("*.html") if "admin" not in p.parts)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.relative_to(ROOT / "templates").as_posix())
def test_template_keeps_the_rules(path):
    text = path.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on", text), "inline style or handler"
    assert not re.search(
        r"""(?:src|href)=["']https?://""", text.replace("https://creativecommons.org", "")
    ), "another host"
    assert "|safe" not in text, "markup.py alone marks text safe"
    if not path.name.startswith("_") and path.name != "base.html" and path.parent.name != "questions":
        assert text.startswith('{% extends "'), "a page extends; a shared piece begins with an underscore"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.relative_to(ROOT / "templates").as_posix())
def test_part_is_named_after_the_element_it_is(path):
    for name, body in re.findall(
        r"{% partialdef ([\w-]+)[^%]*%}(.*?){% endpartialdef", path.read_text(), re.S
    ):
        if path.parent.name != "questions":
            assert re.match(rf"""\s*(?:{{%.*?%}}\s*|{{#.*?#}}\s*)*<\w+[^>]*\bid="{name}\"""", body, re.S), (
                name
            )


def test_rule_for_templates_catches_a_bad_example(tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text('{% extends "base.html" %}<p style="color:red">')

    with pytest.raises(AssertionError, match="inline style"):
        test_template_keeps_the_rules(bad)


# --- kinds ------------------------------------------------------------------------------------------------

CONTRACT = ["check", "present", "read", "grade", "correct", "choices", "summary", "same", "guess"]


@pytest.mark.parametrize("kind", KINDS)
def test_kind_is_complete(kind):
    module = KINDS[kind]
    template = (ROOT / "templates" / "questions" / f"{kind}.html").read_text()

    assert [name for name in CONTRACT if not callable(getattr(module, name, None))] == []
    assert "{% partialdef input" in template
    assert "{% partialdef review" in template


def test_nothing_but_its_own_files_and_the_table_names_a_kind():
    """What pages, admin and verbs have to know of a kind they ask its module."""
    names = "|".join(KINDS)
    for path in sources():
        own = (
            path.stem in KINDS or path.parent.name in ("formats", "coursefiles") or path.stem == "demo_class"
        )
        if not own and path != ROOT / "content" / "questions" / "__init__.py":
            found = re.findall(rf"""["'](?:{names})["']""", path.read_text())
            assert found == [], path
    for path in (ROOT / "templates").rglob("*.html"):
        if path.parent.name != "questions" or path.parent.parent.name == "admin":
            assert not re.search(rf"""kind == ["'](?:{names})["']""", path.read_text()), path
