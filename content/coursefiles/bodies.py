"""The text of a lesson: taken apart, and checked against what the course holds."""

from content.coursefiles.fields import Fields
from content.coursefiles.nodes import Malformed, Node, Place, read_yaml
from content.coursefiles.problems import Report, did_you_mean
from content.lessons import LessonDoc, parse_lesson

TITLE_LENGTH = 200
VERDICTS = ("accurate", "imprecise", "unsupported", "misleading", "contested")


def parse_body(body: str) -> LessonDoc:
    """The body of a lesson taken apart; its lines count from 2."""
    # The empty line keeps a rule (---) at the top from being taken for front matter.
    return parse_lesson("\n" + body)


def claims_of(doc: LessonDoc) -> list[dict]:
    """The claims of a lesson whose text was checked: ``{claim, verdict, record, sources: [node]}``."""
    return _claims(doc, 0, "", Report())


def check_body(body: str, known, report: Report, *, file: str, first_line: int) -> LessonDoc:
    """Report every mistake of a lesson's text.

    `known` has the ids that may be pointed to: `terms`, `works`, `figures`, `assets` (names), and `questions`,
    None where any id will do. `first_line` is where the body begins in `file`.
    """
    doc = parse_body(body)
    shift = first_line - 2
    for problem in doc.problems:
        say = report.error if problem.severity == "error" else report.warn
        say(file, Place(problem.line + shift, problem.column), problem.message)

    def place(reference):
        return Place(reference.line + shift, reference.column)

    for passage in doc.passages:
        if len(passage.title) > TITLE_LENGTH:
            message = f"this heading has {len(passage.title)} characters; at most {TITLE_LENGTH} are possible"
            report.error(file, Place(passage.line + shift, passage.column), message)
    _check_pointers(doc, known, report, file, place)
    for claim in _claims(doc, shift, file, report):
        for node in claim["sources"]:
            if isinstance(node.value, str) and node.value not in known.works:
                report.error(file, node, missing("source", node.value, known.works))
    return doc


def check_text(text: str, known, report: Report, *, file: str, place) -> LessonDoc | None:
    """Report raw HTML, images and references of a text that is no lesson; all at `place`, where it begins."""
    if not any(mark in text for mark in ("<", "![", "[[", "[@")):
        return None
    doc = parse_body(text)
    for problem in doc.problems:
        if problem.code in ("raw-html", "image", "alt", "id"):
            report.error(file, place, problem.message)
    _check_pointers(doc, known, report, file, lambda _: place)
    return doc


def missing(what: str, id: str, ids) -> str:
    """``there is no source "a"; did you mean "b"?``"""
    return f'there is no {what} "{id}"{did_you_mean(id, ids)}'


def _check_pointers(doc, known, report, file, place):
    pointed = [
        (doc.terms, known.terms, "glossary term"),
        (doc.citations, known.works, "source"),
        (doc.figures, known.figures, "figure"),
    ]
    if known.questions is not None:
        pointed.append((doc.checks, known.questions, "question"))
    for references, ids, what in pointed:
        for reference in references:
            if reference.id not in ids:
                report.error(file, place(reference), missing(what, reference.id, ids))
    for reference, _ in doc.images:
        name = reference.id.removeprefix("assets/")
        if name != reference.id and name not in known.assets:
            report.error(file, place(reference), missing("image", name, known.assets))


def _claims(doc, shift, file, report):
    if doc.claims is None:
        return []
    try:
        node = read_yaml(doc.claims.text, line=doc.claims.line + shift)
    except Malformed as error:
        report.error(file, Place(error.line, error.column), error.message)
        return []
    if not isinstance(node.value, list):
        report.error(file, Place(node.line, 1), "the claims should be a list; begin each with a hyphen")
        return []
    return [_claim(Fields(item, file, report, what="the claim")) for item in node.value]


def _claim(fields):
    claim = {
        "claim": fields.text("claim", max_length=2_000, required=True),
        "verdict": fields.choice("verdict", VERDICTS, required=True),
        "record": fields.text("record", max_length=5_000, required=True),
    }
    fields.ids("sources")
    sources = fields.node.value.get("sources", Node([])).value if fields.is_mapping else []
    claim["sources"] = sources if isinstance(sources, list) else []
    fields.done()
    return claim
