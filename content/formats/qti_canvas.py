"""QTI 1.2 as Canvas and Common Cartridges write it: each <item> → a draft."""

import re
from dataclasses import dataclass, field
from fractions import Fraction

from content import xmlsafe
from content.formats import gap_texts, weights
from content.formats.cloze import CLOSE, MARK, OPEN
from content.formats.drafts import QuestionDraft, title_of
from content.html_markdown import from_elements, from_nodes, to_plain
from content.numbers import NotANumber, as_text, exact

_CANVAS = {
    "multiple_choice_question": "single_choice",
    "true_false_question": "true_false",
    "multiple_answers_question": "multiple_choice",
    "short_answer_question": "short_text",
    "fill_in_multiple_blanks_question": "blanks",
    "multiple_dropdowns_question": "dropdowns",
    "matching_question": "matching",
    "numerical_question": "numeric",
    "essay_question": "essay",
}
_PROFILES = {
    "multiple_choice": "single_choice",
    "multiple_response": "multiple_choice",
    "true_false": "true_false",
    "fib": "short_text",
    "pattern_match": "short_text",
    "essay": "essay",
}
_TYPES = {"text/plain": "plain", "text/html": "html", "text/xhtml": "html"}


class Skipped(Exception):
    """An item that we have no kind for; the message says why."""


class Broken(Exception):
    """An item that cannot be read; carries a stable code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


@dataclass
class Key:
    """What one condition that raises the score asks: values that must and must not be chosen, by response."""

    wanted: dict = field(default_factory=dict)
    unwanted: dict = field(default_factory=dict)
    least: str = ""
    most: str = ""
    points: Fraction = Fraction(100)


def read_items(data, member, package):
    """Give the collector of `package` the drafts of all items of a 1.2 file, or their problems."""
    for node in xmlsafe.nodes(data, "item"):
        _read_item(node, member, package)


def _read_item(node, member, package):
    collector = package.collector
    item = _Item(node, member, package)
    title = " ".join(node.get("title").split())
    draft = QuestionDraft(
        ref=node.get("ident"),
        title="" if title == "Question" else title,
        line=node.line,
        column=node.column,
        where=member,
    )
    place = node.line, node.column
    try:
        draft.kind, draft.content = item.kind_and_content()
    except Skipped as skipped:
        draft.content = {"stem": item.stem()}
        draft.title = draft.title or title_of(draft.stem)
        collector.skip(draft, str(skipped))
        return
    except (Broken, weights.BadWeights) as broken:
        collector.error(broken.code, str(broken), place, where=member, ref=draft.ref)
        return
    draft.title = draft.title or title_of(draft.stem)
    collector.add(draft)


class _Item:
    """One <item> on its way to the JSON of its kind."""

    def __init__(self, node, member, package):
        self.node, self.member, self.package = node, member, package
        self.collector, self.place = package.collector, (node.line, node.column)
        self.image = package.picture_for(member, self.place)
        self.presentation = node.find("presentation")
        self.shown_feedback = set()
        self.responses = (
            [
                n
                for n in self.presentation.walk()
                if n.tag in ("response_lid", "response_str", "response_num", "response_xy", "response_grp")
            ]
            if self.presentation is not None
            else []
        )

    def lost(self, code, message):
        self.collector.warning(f"lossy.{code}", message, self.place, where=self.member)

    # texts

    def texts(self, holder):
        """The <mattext>s of the materials that stand directly in a holder (or its flows)."""
        found, waiting = [], [holder]
        while waiting:
            node = waiting.pop(0)
            for child in node.children:
                if child.tag == "mattext":
                    found.append(child)
                elif child.tag in ("material", "flow", "flow_mat", "flow_label"):
                    waiting.append(child)
        return found

    def flow(self, holder, *, inline=False, changed=None):
        """The Markdown of a holder's materials. `changed(text)` may change their source first."""
        parts = []
        for mattext in self.texts(holder) if holder is not None else ():
            if mattext.children and not changed:
                converted = from_elements(from_nodes(mattext.content), inline=inline, image=self.image)
                self.collector.lost(self.place, converted.lost, where=self.member)
                parts.append(converted.markdown)
            else:
                text = changed(mattext.text) if changed else mattext.text
                format = _TYPES.get(mattext.get("texttype").lower(), "moodle")
                parts.append(
                    self.collector.markdown(
                        text, format, self.place, inline=inline, image=self.image, where=self.member
                    )
                )
        return "\n\n".join(part for part in parts if part)

    def line(self, holder):
        return self.flow(holder, inline=True)

    def words(self, holder):
        return " ".join(to_plain(self.line(holder)).split())

    def stem(self):
        return self.flow(self.presentation)

    def labels(self, response):
        return response.descendants("response_label")

    # metadata, key, feedback

    def metadata(self):
        found = {}
        for entry in self.node.descendants("qtimetadatafield"):
            label, value = entry.find("fieldlabel"), entry.find("fieldentry")
            if label is not None and value is not None:
                found[label.text.strip().lower()] = value.text.strip()
        return found

    def kind(self):
        """Which of our readers takes the item: by its metadata, else by its responses."""
        metadata = self.metadata()
        if name := metadata.get("question_type"):
            if name not in _CANVAS:
                raise Skipped(f'it is of the type "{name[:60]}"')
            return _CANVAS[name]
        if profile := metadata.get("cc_profile"):
            name = profile.removeprefix("cc.").partition(".")[0]
            if name not in _PROFILES:
                raise Skipped(f'it has the profile "{profile[:60]}"')
            return _PROFILES[name]
        return self.kind_by_responses()

    def kind_by_responses(self):
        tags = [response.tag for response in self.responses]
        if not tags:
            raise Skipped("it has nothing to answer")
        if len(tags) == 1 and tags[0] == "response_lid" and self.labels(self.responses[0]):
            multiple = self.responses[0].get("rcardinality").lower() == "multiple"
            return "multiple_choice" if multiple else "single_choice"
        if len(tags) == 1 and tags[0] in ("response_str", "response_num"):
            if not self.keys():
                return "essay"
            ranged = any(key.least or key.most for key in self.keys())
            return "numeric" if tags[0] == "response_num" or ranged else "short_text"
        if len(tags) > 1 and set(tags) == {"response_lid"}:
            return "matching"
        raise Skipped(f"it mixes ways to answer ({', '.join(sorted(set(tags)))})")

    def keys(self):
        """The `Key` of each condition that raises the score."""
        found = []
        for condition in self.node.descendants("respcondition"):
            points = self.points(condition)
            if points > 0 and (variables := condition.find("conditionvar")) is not None:
                key = Key(points=points)
                self.conditions(variables, key)
                found.append(key)
        return found

    @staticmethod
    def points(condition):
        for setvar in condition.all("setvar"):
            try:
                return exact(setvar.text.strip() or "0")
            except NotANumber:
                continue
        return Fraction(0)

    @staticmethod
    def conditions(variables, key):
        """Walk the logic: what stands in <not> must not be chosen."""
        waiting = [(variables, False)]
        while waiting:
            node, negated = waiting.pop(0)
            for child in node.children:
                response = child.get("respident")
                if child.tag in ("varequal", "varsubstring"):
                    (key.unwanted if negated else key.wanted).setdefault(response, []).append(
                        child.text.strip()
                    )
                elif child.tag in ("vargte", "vargt") and not negated:
                    key.least = key.least or child.text.strip()
                elif child.tag in ("varlte", "varlt") and not negated:
                    key.most = key.most or child.text.strip()
                elif child.tag in ("and", "or", "not"):
                    waiting.append((child, negated != (child.tag == "not")))

    def feedback(self, identifier):
        """{"feedback": …} under ``<identifier>_fb``."""
        text = self.feedback_text(f"{identifier}_fb")
        return {"feedback": text} if text else {}

    def feedback_text(self, identifier):
        for held in self.node.all("itemfeedback"):
            if held.get("ident") == identifier:
                self.shown_feedback.add(identifier)
                return self.flow(held)
        return ""

    def explanation(self):
        parts = [self.feedback_text("general_fb")]
        extra = [self.feedback_text(name) for name in ("correct_fb", "general_incorrect_fb", "incorrect_fb")]
        if any(extra):
            self.lost(
                "combined_feedback",
                "The feedback for right and for wrong answers was joined to the explanation",
            )
        text = "\n\n".join(part for part in [*parts, *extra] if part)
        unseen = [
            h
            for h in self.node.all("itemfeedback")
            if h.get("ident") not in self.shown_feedback and self.flow(h)
        ]
        if unseen:
            self.lost("feedback", "Feedback that belongs to no option of its own was left out")
        return {"explanation": text} if text else {}

    # kinds

    def kind_and_content(self):
        if self.presentation is None:
            raise Broken("qti.no-body", "This item has no presentation.")
        kind, content = getattr(self, f"read_{self.kind()}")()
        return kind, ({"stem": self.stem()} | content) | self.explanation()

    def one_response(self):
        if not self.responses:
            raise Broken("qti.no-response", "This item has no response.")
        return self.responses[0]

    def all_keys(self):
        keys = self.keys()
        if not keys:
            raise Skipped("it has no key: no answer raises the score")
        return keys

    def options(self):
        return [
            (label.get("ident"), {"text": self.line(label)} | self.feedback(label.get("ident")))
            for label in self.labels(self.one_response())
        ]

    def read_single_choice(self):
        keys = self.all_keys()
        best = max(key.points for key in keys)
        worth = {}
        for key in keys:
            for values in key.wanted.values():
                for value in values:
                    worth[value] = max(worth.get(value, 0), key.points / best * 100)
        options = self.options()
        rows = weights.single_choice([worth.get(ident, 0) for ident, _ in options])
        shuffle = {"shuffle": False} if self.shuffle_off() else {}
        return "single_choice", {
            "options": [o | w for (_, o), w in zip(options, rows, strict=True)]
        } | shuffle

    def shuffle_off(self):
        return any(
            node.get("shuffle").lower() == "no" for node in self.presentation.descendants("render_choice")
        )

    def read_true_false(self):
        options = self.options()
        right = {value for key in self.all_keys() for values in key.wanted.values() for value in values}
        words = [to_plain(option["text"]).strip().lower() for _, option in options]
        if sorted(words) != ["false", "true"]:
            return self.read_single_choice()
        feedback = {
            word: o["feedback"] for word, (_, o) in zip(words, options, strict=True) if o.get("feedback")
        }
        answer = next((w for w, (ident, _) in zip(words, options, strict=True) if ident in right), None)
        if answer is None:
            raise Broken("qti.key", "The key is neither true nor false.")
        ordered = {word: feedback[word] for word in ("true", "false") if word in feedback}
        return "true_false", {"answer": answer == "true"} | ({"feedback": ordered} if ordered else {})

    def read_multiple_choice(self):
        right = {value for key in self.all_keys() for values in key.wanted.values() for value in values}
        rows = [option | ({"correct": True} if ident in right else {}) for ident, option in self.options()]
        return "multiple_choice", {"options": rows}

    def read_short_text(self):
        keys = self.all_keys()
        best, rows = max(key.points for key in keys), {}
        for key in keys:
            for value in (value for values in key.wanted.values() for value in values):
                text = re.sub(r"([*])", r"\\\1", " ".join(value.split()))
                share = key.points / best
                rows.setdefault(
                    text,
                    {"text": text} | ({} if share == 1 else {"fraction": weights.as_fraction(share * 100)}),
                )
        return "short_text", {"answers": list(rows.values())}

    def read_numeric(self):
        keys = self.all_keys()
        best = max(key.points for key in keys)
        rows = []
        for key in keys:
            row = self.number(key)
            share = key.points / best
            rows.append(row | ({} if share == 1 else {"fraction": weights.as_fraction(share * 100)}))
        return "numeric", {"answers": rows}

    def number(self, key):
        """A value with its tolerance from ``=``, ``≥`` and ``≤``."""
        given = next((values[0] for values in key.wanted.values() if values), "")
        try:
            if not (key.least and key.most):
                return {"value": as_text(exact(given))}
            low, high = exact(key.least), exact(key.most)
            value = exact(given) if given else (low + high) / 2
            room = max(high - value, value - low, Fraction(0))
            return {"value": as_text(value)} | ({"absolute": as_text(room)} if room else {})
        except NotANumber as refusal:
            raise Broken("qti.number", str(refusal)) from None

    def rights_by_response(self):
        """response → the values that raise the score there, each once."""
        found = {}
        for key in self.all_keys():
            for response, values in key.wanted.items():
                found.setdefault(response, []).extend(values)
        return found

    def read_matching(self):
        rights, pairs, texts = self.rights_by_response(), [], {}
        for response in self.responses:
            labels = {label.get("ident"): self.words(label) for label in self.labels(response)}
            texts |= labels
            value = next(iter(rights.get(response.get("ident"), ())), None)
            if value not in labels:
                raise Skipped("a left side has no partner")
            pairs.append({"left": self.line(response), "right": labels[value]})
        used = {pair["right"] for pair in pairs}
        extra = list(dict.fromkeys(text for text in texts.values() if text not in used))
        return "matching", {"pairs": pairs} | ({"extra": extra} if extra else {})

    def read_blanks(self):
        return self.read_gaps(self.blank)

    def read_dropdowns(self):
        return self.read_gaps(self.dropdown)

    def blank(self, response, right):
        texts = {label.get("ident"): self.words(label) for label in self.labels(response)}
        words = dict.fromkeys(texts.get(value, value) for value in right)
        return {
            "kind": "short_text",
            "answers": [{"text": re.sub(r"([*])", r"\\\1", word)} for word in words],
        }

    def dropdown(self, response, right):
        labels = self.labels(response)
        options = [
            {"text": self.words(n)} | ({"correct": True} if n.get("ident") in right else {}) for n in labels
        ]
        return {"kind": "choice", "options": options}

    def read_gaps(self, gap_of):
        rights, gaps, names = self.rights_by_response(), {}, {}
        for response in self.responses:
            ident = response.get("ident")
            shown = self.words(response) or ident.removeprefix("response_")
            if ident not in rights:
                raise Skipped(f'the gap "{shown[:40]}" has no key')
            name = gap_texts.name_for(shown, gaps)
            names[shown] = name
            gaps[name] = gap_of(response, rights[ident])
        order = list(names)

        def marked(text):
            text = text.translate({ord(OPEN): None, ord(CLOSE): None})
            known = "|".join(re.escape(shown) for shown in sorted(names, key=len, reverse=True))
            return (
                re.sub(rf"\[({known})\]", lambda found: f"{OPEN}{order.index(found[1])}{CLOSE}", text)
                if known
                else text
            )

        markdown = self.flow(self.presentation, changed=marked)
        stem, text = gap_texts.divided(
            MARK.sub(lambda found: f"{{{{{names[order[int(found[1])]]}}}}}", markdown)
        )
        return "gaps", {"stem": stem, "text": text, "gaps": gaps}

    def read_essay(self):
        return "essay", {}
