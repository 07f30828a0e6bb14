"""Moodle XML → drafts, embedded answers, hidden versions and pictures included."""

import base64
import binascii
import re
from fractions import Fraction
from urllib.parse import unquote

from content import xmlsafe
from content.formats import cloze, gap_texts, weights
from content.formats.drafts import (
    Collector,
    QuestionDraft,
    TooMany,
    title_of,
    with_tags,
)
from content.formats.gift import category_parts
from content.html_markdown import from_elements, from_nodes
from content.numbers import NotANumber, as_text, exact
from content.questions import short_text

_FORMATS = {
    "html": "html",
    "markdown": "markdown",
    "plain_text": "plain",
    "plain": "plain",
    "moodle_auto_format": "moodle",
}
_YES = {"1", "true", "yes"}
PLUGIN_FILE = "@@PLUGINFILE@@/"
_MARKDOWN_FILE = re.compile(r"!\[([^\]]*)\]\(@@PLUGINFILE@@/([^)\s]+)\)")
_MOODLE_GAP = re.compile(r"\[\[(\d{1,3})\]\]")
_COMBINED = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
# What Moodle writes there by itself.
_STANDARD_FEEDBACK = {
    "",
    "Your answer is correct.",
    "Your answer is partially correct.",
    "Your answer is incorrect.",
}


class Broken(Exception):
    """A question that cannot be read; `node` is the place."""

    def __init__(self, code, message, node):
        super().__init__(message)
        self.code, self.node = code, node


class Skipped(Exception):
    """A question that we have no kind for; the message says what it is."""


# --- reading -------------------------------------------------------------------


def read(data, *, limits=None):
    """The `Reading` of a Moodle XML file."""
    collector = Collector("moodle_xml", limits)
    category = ()
    try:
        for node in xmlsafe.nodes(data, "question"):
            if node.get("type") == "category":
                path = node.find("category", "text")
                category = category_parts(path.text) if path else ()
            else:
                _read_question(node, category, collector)
    except xmlsafe.XmlRefused as refused:
        collector.error("xml.refused", str(refused), (refused.line, refused.column))
    except TooMany:
        pass
    return collector.reading()


def _read_question(node, category, collector):
    place = node.line, node.column
    question = _Question(node, collector)
    draft = QuestionDraft(
        ref=question.field("idnumber"),
        title=" ".join(question.field("name").split()),
        category=category,
        line=node.line,
        column=node.column,
    )
    draft = with_tags(draft, [tag.text for holder in node.all("tags") for tag in holder.all("tag")])
    try:
        draft.kind, draft.content = question.kind_and_content()
    except Skipped as skipped:
        draft.content = {"stem": question.flow(node.find("questiontext"))}
        draft.title = draft.title or title_of(draft.stem)
        collector.skip(draft, str(skipped))
        return
    except Broken as broken:
        collector.error(broken.code, str(broken), (broken.node.line, broken.node.column), ref=draft.ref)
        return
    except weights.BadWeights as bad:
        collector.error(bad.code, str(bad), place, ref=draft.ref)
        return
    draft.title = draft.title or title_of(draft.stem)
    collector.add(draft, places=question.places)


class _Question:
    """One <question> on its way to the JSON of its kind."""

    def __init__(self, node, collector):
        self.node, self.collector, self.places = node, collector, {}
        self.place = node.line, node.column

    # parts of the XML

    def field(self, name, default=""):
        """The text of a child, with or without a <text> inside."""
        child = self.node.find(name)
        return child.text.strip() if child is not None else default

    def flag(self, name, default):
        child = self.node.find(name)
        return child.text.strip().lower() in _YES if child is not None and child.text.strip() else default

    def lost(self, code, message):
        self.collector.warning(f"lossy.{code}", message, self.place)

    # texts

    def flow(self, holder):
        return self.markdown(holder, inline=False)

    def line(self, holder):
        return self.markdown(holder, inline=True)

    def source(self, holder):
        """(the text of a holder, its format)."""
        text = holder.find("text") or holder
        return text.text, _FORMATS.get(holder.get("format").lower(), "moodle")

    def markdown(self, holder, *, inline, source=None):
        """The Markdown of an element that holds <text> and <file>s. `source`: the text, if it was changed since."""
        if holder is None:
            return ""
        text, format = self.source(holder)
        text = text if source is None else source
        files = self.files(holder)
        node = holder.find("text")
        if node is not None and node.children and source is None:
            # Real markup inside <text>, as some converters write it.
            converted = from_elements(from_nodes(node.content), inline=inline, image=self.picture(files))
            self.collector.lost(self.place, converted.lost)
            return converted.markdown
        if format == "markdown":
            return _MARKDOWN_FILE.sub(lambda found: self.pictured(found, files), text.strip())
        return self.collector.markdown(text, format, self.place, inline=inline, image=self.picture(files))

    def files(self, holder):
        """name → <file> node of a holder; the old style has one <image> for the whole question."""
        return {(file.get("path", "/") + file.get("name")).lstrip("/"): file for file in holder.all("file")}

    def picture(self, files):
        def picture(source, alt):
            name = unquote(source.removeprefix(PLUGIN_FILE)) if source.startswith(PLUGIN_FILE) else ""
            return self.collector.picture_at(source, alt, self.decoded(name, files), self.place)

        return picture

    def pictured(self, found, files):
        name = unquote(found[2])
        data = self.decoded(name, files)
        own = self.collector.picture(*data, self.place, alt=found[1]) if data else None
        return f"![{found[1]}]({own})" if own else found[1]

    def decoded(self, name, files):
        file = files.get(name)
        if file is None:
            return None
        if file.get("encoding", "base64") != "base64":
            return None
        try:
            return base64.b64decode(file.text, validate=False), name
        except (binascii.Error, ValueError):
            return b"", name

    def words(self, holder):
        text, format = self.source(holder)
        return self.collector.words(text, format)

    def feedback(self, holder, key="feedback"):
        text = self.flow(holder)
        return {key: text} if text else {}

    # the question

    def kind_and_content(self):
        type = self.node.get("type")
        if self.node.find("hidden") is not None and self.flag("hidden", False):
            raise Skipped("it is hidden in Moodle, as an old version is")
        reader = getattr(self, f"read_{_READERS.get(type, '')}", None)
        if reader is None:
            raise Skipped(f'it is of the type "{type[:40]}"' if type else "it has no type")
        kind, content = reader()
        content = {"stem": self.stem()} | content if "stem" not in content else content
        self.report_files()
        self.report_losses()
        return kind, content | self.feedback(self.node.find("generalfeedback"), "explanation") | self.hint()

    def stem(self):
        stem = self.flow(self.node.find("questiontext"))
        return stem + self.old_image(stem)

    def old_image(self, stem):
        """The picture of exports before 2012: <image> names it, <image_base64> holds it."""
        body, name = self.node.find("image_base64"), self.field("image")
        if body is None or not body.text.strip():
            return ""
        try:
            found = base64.b64decode(body.text, validate=False), name
        except (binascii.Error, ValueError):
            found = b"", name
        picture = self.collector.picture_at(name, "", found, self.place)
        return f"\n\n{picture}" if picture else ""

    def hint(self):
        hints = [text for holder in self.node.all("hint") if (text := self.flow(holder))]
        if len(hints) > 1:
            self.lost("hints", "Only the first hint was kept")
        return {"hint": hints[0]} if hints else {}

    def report_files(self):
        """Name the attached files that no text shows."""
        for holder in [node for node in self.node.walk() if node.all("file")]:
            text = unquote(self.source(holder)[0])
            for name, file in self.files(holder).items():
                if PLUGIN_FILE + name not in text:
                    message = f'The file "{name[:80]}" is not shown in a text and was left out.'
                    self.collector.warning("skipped.file", message, (file.line, file.column))

    def report_losses(self):
        if self.field("penalty") not in (
            "",
            "0",
            "0.3333333",
            "0.1",
            "0.0000000",
            "0.1000000",
            "1.0000000",
            "1",
        ):
            self.lost("penalty", "The penalty for wrong tries was left out; the quiz says what tries cost")
        grade = self.field("defaultgrade")
        if grade and grade.rstrip("0").rstrip(".") != "1":
            self.lost("points", "The points of the question were left out; the quiz gives points")
        if any(
            self.field(name) and self.words(self.node.find(name)) not in _STANDARD_FEEDBACK
            for name in _COMBINED
        ):
            self.lost(
                "combined_feedback", "The feedback for right, partly right and wrong as a whole was left out"
            )
        if self.field("answernumbering", "abc") not in ("abc", "none", ""):
            self.lost("numbering", "The numbering of the options was left out")

    def answers(self):
        """[(answer node, per cent)], each within −100 … 100."""
        found = []
        for answer in self.node.all("answer"):
            found.append((answer, self.percent(answer)))
        return found

    def percent(self, answer):
        text = answer.get("fraction", "0").strip() or "0"
        if not re.fullmatch(r"[+-]?\d{1,4}(?:\.\d{0,12})?(?:[eE][+-]?\d{1,2})?", text, re.ASCII):
            raise Broken(
                "moodle.fraction", f'The fraction "{text[:40]}" is no number from −100 to 100.', answer
            )
        percent = Fraction(text)
        if not -100 <= percent <= 100:
            raise Broken("weights.range", f"A fraction of {float(percent):g} is outside −100 … 100.", answer)
        return percent

    def worth(self, answer):
        percent = self.percent(answer)
        if percent < 0:
            raise Broken("weights.range", "A typed answer cannot be worth less than 0.", answer)
        return {} if percent == 100 else {"fraction": weights.as_fraction(percent)}

    def placed(self, key, nodes):
        for index, node in enumerate(nodes):
            self.places[(key, index)] = node.line, node.column

    # kinds

    def read_multichoice(self):
        answers = self.answers()
        self.placed("options", [answer for answer, _ in answers])
        shuffle = {} if self.flag("shuffleanswers", True) else {"shuffle": False}
        options = [{"text": self.line(a)} | self.feedback(a.find("feedback")) for a, _ in answers]
        percents = [percent for _, percent in answers]
        if self.flag("single", True):
            keys = weights.single_choice(percents)
            return "single_choice", {"options": [o | k for o, k in zip(options, keys, strict=True)]} | shuffle
        ticks = weights.select_all(percents)
        if ticks.lossy:
            self.lost("weights", "The weights of this select-all became net correct")
        options = [o | ({"correct": True} if r else {}) for o, r in zip(options, ticks.correct, strict=True)]
        return "multiple_choice", {"options": options} | shuffle

    def read_truefalse(self):
        key, feedback = None, {}
        for index, (answer, percent) in enumerate(self.answers()[:2]):
            word = self.words(answer).lower()
            value = word == "true" if word in ("true", "false") else index == 0
            if percent == 100:
                key = value
            if text := self.flow(answer.find("feedback")):
                feedback["true" if value else "false"] = text
        if key is None:
            raise Broken("weights.no-key", "Neither true nor false has the fraction 100.", self.node)
        return "true_false", {"answer": key} | ({"feedback": feedback} if feedback else {})

    def typed(self, row_of):
        """(answers, {"else_feedback": …}): a last ``*`` worth nothing is what is said when none fits."""
        answers, content = self.node.all("answer"), {}
        if len(answers) > 1 and self.words(answers[-1]) == "*" and self.percent(answers[-1]) == 0:
            content = self.feedback(answers.pop().find("feedback"), "else_feedback")
        self.placed("answers", answers)
        rows = [row_of(a) | self.worth(a) | self.feedback(a.find("feedback")) for a in answers]
        return rows, content

    def read_shortanswer(self):
        rows, content = self.typed(lambda answer: {"text": self.typed_text(answer)})
        made = {"answers": rows, "case_sensitive": self.flag("usecase", False)} | content
        return "short_text", short_text.imported(made)

    def typed_text(self, answer):
        # Moodle compares it with what was typed: never markup, whatever the format says.
        return " ".join((answer.find("text") or answer).text.split(" ")).strip()

    def read_numerical(self):
        rows, content = self.typed(self.number)
        units = [unit for holder in self.node.all("units") for unit in holder.all("unit")]
        base = [unit for unit in units if _is_one(unit.find("multiplier"))]
        if len(units) > len(base[:1]):
            self.lost("units", "Only the unit with the multiplier 1 was kept")
        name = base[0].find("unit_name") if base else None
        return "numeric", {"answers": rows} | (
            {"unit": name.text.strip()} if name and name.text.strip() else {}
        ) | content

    def number(self, answer):
        tolerance = answer.find("tolerance")
        try:
            row = {"value": as_text(exact(self.words(answer)))}
            room = exact(tolerance.text) if tolerance is not None and tolerance.text.strip() else 0
        except NotANumber as refusal:
            raise Broken("moodle.number", str(refusal), answer) from None
        return row | ({"absolute": as_text(room)} if room else {})

    def read_matching(self):
        pairs, extra, nodes = [], [], []
        for sub in self.node.all("subquestion"):
            left, answer = self.line(sub), sub.find("answer")
            # A right side has no format: Moodle shows it as it is.
            right = " ".join(answer.text.split()) if answer is not None else ""
            if left:
                pairs.append({"left": left, "right": right})
                nodes.append(sub)
            elif right and right not in extra:
                extra.append(right)
        self.placed("pairs", nodes)
        extra = [text for text in extra if text not in {pair["right"] for pair in pairs}]
        return "matching", {"pairs": pairs} | ({"extra": extra} if extra else {})

    def read_ordering(self):
        answers = self.node.all("answer")
        self.placed("items", answers)
        scoring = "all_or_nothing" if self.field("gradingtype") in ("ALL_OR_NOTHING", "-1") else "adjacent"
        return "ordering", {"items": [{"text": self.line(answer)} for answer in answers], "scoring": scoring}

    def read_essay(self):
        model = self.flow(self.node.find("graderinfo"))
        content = {"model_answer": model} if model else {}
        for key, name in (("min_words", "minwordlimit"), ("max_words", "maxwordlimit")):
            number = self.field(name)
            if number.isdecimal() and number.isascii() and 0 < int(number[:6]) <= 5_000:
                content[key] = int(number[:6])
        template = self.node.find("responsetemplate")
        if template is not None and self.words(template):
            self.lost("template", "The template that the answer starts with was left out")
        return "essay", content

    def read_cloze(self):
        holder = self.node.find("questiontext")
        if holder is None:
            raise Broken("moodle.no-text", "This question has no text.", self.node)
        source = self.source(holder)[0].translate({ord(cloze.OPEN): None, ord(cloze.CLOSE): None})
        text, found = cloze.cut(source)
        if not found:
            raise Broken(
                "cloze.no-gap", "No embedded answer was found; write them like {1:SA:=answer}.", holder
            )
        if len({weight for weight, _, _ in found}) > 1:
            self.lost("gap_weights", "The gaps weigh the same; their weights were left out")
        gaps, names = {}, []
        for _, type, body in found:
            names.append(gap_texts.name_for("", gaps))
            try:
                gaps[names[-1]] = cloze.gap(type, body, words=self.html_words, flow=self.html_flow)
            except cloze.Unknown as unknown:
                raise Skipped(f"it has {unknown}") from None
            except cloze.BadCloze as bad:
                raise Broken("cloze.gap", str(bad), holder) from None
        return "gaps", self.divided(holder, text, gaps, names)

    def html_words(self, text):
        return self.collector.words(text, "html")

    def html_flow(self, text):
        return self.collector.markdown(text, "html", self.place) if text.strip() else ""

    def divided(self, holder, text, gaps, names):
        markdown = self.markdown(holder, inline=False, source=text)
        stem, text = gap_texts.divided(
            cloze.MARK.sub(lambda mark: f"{{{{{names[int(mark[1])]}}}}}", markdown)
        )
        return {"stem": stem, "text": text, "gaps": gaps}

    def read_words_in_text(self):
        """gapselect and ddwtos: ``[[2]]`` stands for the second choice; its group is what may be chosen."""
        holder = self.node.find("questiontext")
        choices = [
            (self.line_of(n), n.find("group").text.strip() if n.find("group") else "1")
            for n in self.node.all("selectoption", "dragbox")
        ]
        if holder is None or not choices:
            raise Broken("moodle.no-text", "This question has no text or no choices.", self.node)
        gaps, names = {}, []

        def gap(found):
            number = int(found[1])
            if not 1 <= number <= len(choices):
                raise Broken("moodle.gap", f"[[{number}]] names a choice that is not there.", holder)
            names.append(gap_texts.name_for("", gaps))
            right, group = choices[number - 1]
            texts = dict.fromkeys(text for text, of in choices if of == group)
            options = [{"text": text} | ({"correct": True} if text == right else {}) for text in texts]
            gaps[names[-1]] = {
                "kind": "choice",
                "options": options,
                "shuffle": self.flag("shuffleanswers", True),
            }
            return f"{cloze.OPEN}{len(names) - 1}{cloze.CLOSE}"

        source = self.source(holder)[0].translate({ord(cloze.OPEN): None, ord(cloze.CLOSE): None})
        text = _MOODLE_GAP.sub(gap, source)
        if not gaps:
            raise Broken(
                "moodle.gap", "The text has no gap; write [[1]] where the first choice belongs.", holder
            )
        return "gaps", self.divided(holder, text, gaps, names)

    def line_of(self, node):
        return self.collector.words((node.find("text") or node).text, "html")


_READERS = {
    "multichoice": "multichoice",
    "truefalse": "truefalse",
    "shortanswer": "shortanswer",
    "numerical": "numerical",
    "matching": "matching",
    "match": "matching",
    "cloze": "cloze",
    "multianswer": "cloze",
    "gapselect": "words_in_text",
    "ddwtos": "words_in_text",
    "ordering": "ordering",
    "essay": "essay",
}


def _is_one(node):
    try:
        return node is not None and exact(node.text) == 1
    except NotANumber:
        return False
