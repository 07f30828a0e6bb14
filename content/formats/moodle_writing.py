"""Drafts → Moodle XML. Texts say ``format="markdown"``, so that nothing is lost on the way back."""

import base64
import re
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from content.formats import cloze, gap_texts, weights
from content.formats.answers import absolute_tolerance, answer_worth, decimal, extras, option_worth
from content.formats.drafts import Media, title_of, travelling_tags
from content.formats.moodle_xml import PLUGIN_FILE
from content.html_markdown import to_html
from content.questions import KINDS


def write(drafts, *, media=None, course="", lesson="", **options):
    """Moodle XML of the drafts. `media`: name → bytes or `Media`, embedded where texts show them."""
    parts, category = [], None
    for draft in drafts:
        if draft.skip or draft.kind not in _WRITERS:
            continue
        path = draft.category or tuple(name for name in (course, lesson) if name)
        if path != category:
            category = path
            parts.append(_category(path))
        parts.append(_Writing(draft, media or {}).question())
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n' + "\n".join(parts) + "\n</quiz>\n").encode()


def _category(path):
    path = "/".join(["top", *(part.replace("/", "//") for part in path)])
    return f'  <question type="category">\n    <category>{_text(path)}</category>\n  </question>'


def _text(text):
    return f"<text>{escape(text)}</text>"


def _plain(name, value):
    return f"<{name}>{escape(str(value))}</{name}>"


class _Writing:
    """One draft on its way to a <question>."""

    def __init__(self, draft, media):
        self.draft, self.media = draft, media
        self.content = KINDS[draft.kind].normalise(draft.content)

    def question(self):
        type, lines = _WRITERS[self.draft.kind](self)
        content = self.content
        body = [
            f"<name>{_text(' '.join((self.draft.title or title_of(self.draft.stem)).split()))}</name>",
            *([] if type == "cloze" else [self.held("questiontext", content["stem"])]),
            self.held("generalfeedback", content.get("explanation", "")),
            *([_plain("idnumber", self.draft.ref)] if self.draft.ref else []),
            *lines,
            *([self.held("hint", content["hint"])] if content.get("hint") else []),
        ]
        if tags := travelling_tags(self.draft):
            body.append("<tags>" + "".join(f"<tag>{_text(tag)}</tag>" for tag in tags) + "</tags>")
        return f'  <question type="{type}">\n' + "\n".join(f"    {line}" for line in body) + "\n  </question>"

    def held(self, tag, markdown, *, inside="", attributes="", format="markdown", html=None):
        """An element with <text> and the files that the text shows."""
        names = []

        def embedded(found):
            name = found[2]
            if f"assets/{name}" not in self.media:
                return found[0]
            names.append(name)
            return f"{found[1]}({PLUGIN_FILE}{quote(name)})"

        text = re.sub(r"(!\[[^\]]*\])\(assets/([A-Za-z0-9._-]+)\)", embedded, markdown)
        text = html(text) if html else text
        files = "".join(self.file(name) for name in dict.fromkeys(names))
        return f'<{tag}{attributes} format="{format}">{_text(text)}{files}{inside}</{tag}>'

    def file(self, name):
        data = self.media[f"assets/{name}"]
        data = data.data if isinstance(data, Media) else data
        return f'<file name={quoteattr(name)} path="/" encoding="base64">{base64.b64encode(data).decode()}</file>'

    def feedback(self, text):
        return self.held("feedback", text or "")

    def answer(self, text, worth, feedback, *, format="markdown", inside=""):
        attributes = f' fraction="{weights.as_percent(worth, decimals=7)}"'
        return self.held(
            "answer", text, attributes=attributes, format=format, inside=self.feedback(feedback) + inside
        )

    def choice(self):
        options = self.content["options"]
        single = self.draft.kind == "single_choice"
        shares = weights.net_percents([bool(option.get("correct")) for option in options])
        worth = [option_worth(option) for option in options] if single else shares
        return "multichoice", [
            _plain("single", "true" if single else "false"),
            _plain("shuffleanswers", "true" if self.content.get("shuffle", True) else "false"),
            _plain("answernumbering", "abc"),
            *(self.answer(o["text"], w, o.get("feedback")) for o, w in zip(options, worth, strict=True)),
        ]

    def true_false(self):
        feedback, key = self.content.get("feedback", {}), self.content["answer"]
        return "truefalse", [
            self.answer(word, 1 if key == (word == "true") else 0, feedback.get(word), format="plain_text")
            for word in ("true", "false")
        ]

    def typed(self, text_of, inside=lambda answer: ""):
        lines = [
            self.answer(text_of(a), answer_worth(a), a.get("feedback"), format="plain_text", inside=inside(a))
            for a in self.content["answers"]
        ]
        otherwise = self.content.get("else_feedback")
        return [*lines, *([self.answer("*", 0, otherwise, format="plain_text")] if otherwise else [])]

    def short_text(self):
        case = "1" if self.content["case_sensitive"] else "0"
        return "shortanswer", [_plain("usecase", case), *self.typed(lambda answer: answer["text"])]

    def numeric(self):
        lines = self.typed(
            lambda answer: decimal(answer["value"]),
            lambda answer: _plain("tolerance", decimal(absolute_tolerance(answer))),
        )
        if unit := self.content.get("unit"):
            lines.append(f"<units><unit><multiplier>1</multiplier>{_plain('unit_name', unit)}</unit></units>")
        return "numerical", lines

    def matching(self):
        sides = [(pair["left"], pair["right"]) for pair in self.content["pairs"]]
        sides += [("", text) for text in extras(self.content)]
        lines = [
            self.held("subquestion", left, inside=f"<answer>{_text(right)}</answer>") for left, right in sides
        ]
        return "matching", ["<shuffleanswers>true</shuffleanswers>", *lines]

    def ordering(self):
        whole = self.content.get("scoring") == "all_or_nothing"
        return "ordering", [
            "<layouttype>VERTICAL</layouttype>",
            "<selecttype>ALL</selecttype>",
            _plain("gradingtype", "ALL_OR_NOTHING" if whole else "RELATIVE_NEXT_EXCLUDE_LAST"),
            *(
                self.held("answer", item["text"], attributes=f' fraction="{number}"')
                for number, item in enumerate(self.content["items"], 1)
            ),
        ]

    def gaps(self):
        gaps, names = self.content["gaps"], []

        def mark(found):
            if found[1] not in gaps:
                return found[0]
            names.append(found[1])
            return f"{cloze.OPEN}{len(names) - 1}{cloze.CLOSE}"

        def to_cloze(markdown):
            html = to_html(markdown).replace("{", "&#123;")
            return cloze.MARK.sub(
                lambda found: cloze.notation(gaps[names[int(found[1])]], flow=to_html), html
            )

        text = gap_texts.GAP.sub(mark, gap_texts.joined(self.content))
        return "cloze", [self.held("questiontext", text, format="html", html=to_cloze)]

    def essay(self):
        lines = ["<responseformat>editor</responseformat>"]
        if model := self.content.get("model_answer"):
            lines.append(self.held("graderinfo", model))
        for key, name in (("min_words", "minwordlimit"), ("max_words", "maxwordlimit")):
            if self.content.get(key):
                lines.append(_plain(name, self.content[key]))
        return "essay", lines


_WRITERS = {
    "single_choice": _Writing.choice,
    "multiple_choice": _Writing.choice,
    "true_false": _Writing.true_false,
    "short_text": _Writing.short_text,
    "numeric": _Writing.numeric,
    "matching": _Writing.matching,
    "ordering": _Writing.ordering,
    "gaps": _Writing.gaps,
    "essay": _Writing.essay,
}
