"""What an author wrote → what is stored: rendered, counted, with what it refers to. Pure.

Rendering is the slow part of saving, so it happens here, before a transaction begins.
"""

import math
from dataclasses import dataclass, field

from content import markup
from content.coursefiles.bodies import check_body, check_text, claims_of, missing, parse_body
from content.coursefiles.definitions import hash_of
from content.coursefiles.nodes import Node, Place, as_node
from content.coursefiles.problems import Report
from content.coursefiles.reading import lesson_fields
from content.coursefiles.writing import FRONT
from content.questions import KINDS
from content.questions.base import Problem
from content.questions.rendering import plain_stem, render_content, search_text, texts
from content.text import clean_text, fold

# Pace of someone who studies a text, with its dates and names: slower than the 238 words a minute that adults
# reach in silent reading of non-fiction (Brysbaert 2019, Journal of Memory and Language 109).
WORDS_A_MINUTE = 200
LONGEST_TEXT = 20_000


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
    """Render the normalised content of a question that `question_problems` finds no error in."""
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


def clean_content(content):
    """The content of a question with every text cleaned; `TextRefused` where one cannot be kept."""
    if isinstance(content, str):
        return clean_text(content, max_length=LONGEST_TEXT)
    if isinstance(content, list | tuple):
        return [clean_content(item) for item in content]
    if isinstance(content, dict):
        return {key: clean_content(value) for key, value in content.items()}
    return content


def question_problems(kind: str, content, references: References) -> list[Problem]:
    """What is wrong with a question's kind, its content, and what its texts point to."""
    if kind not in KINDS:
        return [Problem("error", f'there is no kind "{kind}"; possible are {", ".join(KINDS)}', ("kind",))]
    problems = list(KINDS[kind].check(content))
    for path, text in texts(kind, content) if isinstance(content, dict) else ():
        report = Report()
        check_text(text, references, report, file="", place=Place())
        problems += [Problem(found.severity, found.message, path) for found in report.sorted()]
    return problems


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
                *(work for figure in doc.figures for work in _works_of(references.figures.get(figure.id))),
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


def _works_of(figure) -> list[str]:
    """The works that a figure's definition names: one id, or a list of them."""
    source = (figure or {}).get("source") or []
    return [source] if isinstance(source, str) else source


def lesson_problems(data: dict, references: References) -> list[Problem]:
    """What is wrong with the front matter and the text of a lesson, and with what they point to.

    The `path` of a problem begins with the name of its field; for the text it goes on with line and column.
    """
    front = Report()
    fields = {key: as_node(data[key], line) for line, key in enumerate(FRONT, 1) if key in data}
    lesson_fields(Node(fields), "", front)
    problems = [Problem(found.severity, found.message, (_field_of(found),)) for found in front.sorted()]
    slugs = [objective["id"] for objective in data["objectives"]]
    for n, slug in enumerate(slugs):
        if slug in slugs[:n]:
            message = f'the objective "{slug}" stands twice'
            problems.append(Problem("error", message, ("objectives", n, "id")))
    for id in data["sources"]:
        if id not in references.works:
            problems.append(Problem("error", missing("source", id, references.works), ("sources",)))
    if not data["body"].strip():
        return [*problems, Problem("error", "the lesson has no text", ("body",))]
    report = Report()
    check_body(data["body"], references, report, file="", first_line=1)
    return problems + [
        Problem(found.severity, f"line {found.line}: {found.message}", ("body", found.line, found.column))
        for found in report.sorted()
    ]


def _field_of(problem):
    return FRONT[problem.line - 1]
