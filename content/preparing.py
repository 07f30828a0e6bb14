"""What an author wrote → what is stored: rendered, counted, with what it refers to. Pure.

Rendering is the slow part of saving, so it happens here, before a transaction begins.
"""

import math
from dataclasses import dataclass, field

from content import markup
from content.coursefiles.bodies import check_body, claims_of, parse_body
from content.coursefiles.definitions import hash_of
from content.coursefiles.problems import Report
from content.questions import KINDS
from content.questions.base import Problem
from content.questions.rendering import plain_stem, render_content, search_text
from content.text import fold

# Pace of someone who studies a text, with its dates and names, and does not skim it.
WORDS_A_MINUTE = 150


@dataclass(slots=True)
class References:
    """What the texts of a course may point to.

    `terms`: id → {term, html, matters_html} · `works`: id → {short, label} · `figures`: id → definition ·
    `assets`: name → address · `questions`: ids that a lesson may ask, None where any id will do.
    """

    course: str
    terms: dict[str, dict] = field(default_factory=dict)
    works: dict[str, dict] = field(default_factory=dict)
    figures: dict[str, dict] = field(default_factory=dict)
    assets: dict[str, str] = field(default_factory=dict)
    questions: set[str] | None = None

    def for_markup(self, *, lesson="", prefix="") -> dict:
        """The references as `content.markup` takes them."""
        return {
            "asset_url": self.assets.get,
            "terms": {id: term["term"] for id, term in self.terms.items()},
            "glossary_url": f"/courses/{self.course}/glossary/",
            "sources": {id: work["short"] for id, work in self.works.items()},
            "sources_url": f"/courses/{self.course}/{lesson}/" if lesson else "",
        } | ({"prefix": prefix} if prefix else {})


@dataclass(slots=True)
class PreparedPassage:
    slug: str
    title: str
    source: str
    segments: list
    text: str


@dataclass(slots=True)
class PreparedLesson:
    """The columns that are made from a lesson's text, and its passages in order."""

    lead: list
    claims: list
    summary_html: str
    apparatus: dict
    words: int
    minutes: int
    passages: list[PreparedPassage]


@dataclass(slots=True)
class PreparedQuestion:
    """A wording ready to be stored: normalised content with its hash, and what is shown and searched."""

    kind: str
    content: dict
    content_hash: str
    rendered: dict
    stem_text: str
    search_text: str


# --- questions ----------------------------------------------------------------


def prepare_question(kind: str, content, references: References, *, lesson: str) -> PreparedQuestion:
    """Normalise and render the content of a question that `question_problems` finds no error in."""
    content = KINDS[kind].normalise(content)
    return PreparedQuestion(
        kind=kind,
        content=content,
        content_hash=hash_of(content),
        rendered=render_question(kind, content, references, lesson=lesson),
        stem_text=plain_stem(content),
        search_text=fold(search_text(kind, content)),
    )


def render_question(kind: str, content, references: References, *, lesson: str) -> dict:
    """The same tree with HTML in place of Markdown."""
    return render_content(kind, content, **references.for_markup(lesson=lesson))


def question_problems(kind: str, content) -> list[Problem]:
    """What is wrong with a question's content, or with its kind."""
    if kind not in KINDS:
        return [Problem("error", f'there is no kind "{kind}"; possible are {", ".join(KINDS)}', ("kind",))]
    return KINDS[kind].check(KINDS[kind].normalise(content))


# --- lessons ------------------------------------------------------------------


def prepare_lesson(slug: str, body: str, works: list[str], references: References) -> PreparedLesson:
    """Render a lesson that `lesson_problems` finds no error in. `works` are the ids of its front matter."""
    doc = parse_body(body)
    claims = claims_of(doc)

    def render(function, text, prefix=""):
        return function(text, **references.for_markup(lesson=slug, prefix=prefix))

    used_works = list(
        dict.fromkeys(
            [
                *works,
                *(cited.id for cited in doc.citations),
                *(node.value for claim in claims for node in claim["sources"]),
            ]
        )
    )
    used_terms = dict.fromkeys(term.id for term in doc.terms)
    words = doc.words
    return PreparedLesson(
        lead=render(markup.render_passage, doc.lead, f"{slug}-lead") if doc.lead.strip() else [],
        claims=[
            {
                "claim_html": render(markup.render_flow, claim["claim"]),
                "verdict": claim["verdict"],
                "record_html": render(markup.render_flow, claim["record"]),
                "works": [node.value for node in claim["sources"] if node.value in references.works],
            }
            for claim in claims
        ],
        summary_html=render(markup.render, doc.summary.text) if doc.summary else "",
        apparatus={
            "terms": {id: references.terms[id] for id in used_terms if id in references.terms},
            "works": [{"id": id} | references.works[id] for id in used_works if id in references.works],
            "figures": {
                figure.id: references.figures[figure.id]
                for figure in doc.figures
                if figure.id in references.figures
            },
        },
        words=words,
        minutes=max(1, math.ceil(words / WORDS_A_MINUTE)),
        passages=[
            PreparedPassage(
                slug=passage.id,
                title=passage.title,
                source=passage.markdown,
                segments=render(markup.render_passage, passage.markdown, passage.id),
                text=markup.plain(passage.markdown),
            )
            for passage in doc.passages
        ],
    )


def lesson_problems(body: str, references: References) -> list[Problem]:
    """What is wrong with a lesson's text and what it points to; `path` is ("body", line, column)."""
    report = Report()
    check_body(body, references, report, file="", first_line=1)
    return [
        Problem(found.severity, f"line {found.line}: {found.message}", ("body", found.line, found.column))
        for found in report.sorted()
    ]
