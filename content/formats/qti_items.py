"""One item of QTI 2.1, 2.2 or 3.0 → a draft. Names of 3.0 (``qti-choice-interaction``) become those of 2.x first."""

import re
from dataclasses import dataclass, field
from fractions import Fraction

from content.formats import gap_texts, weights
from content.formats.cloze import CLOSE, MARK, OPEN
from content.formats.drafts import QuestionDraft, title_of
from content.html_markdown import Element, from_elements, to_plain
from content.numbers import NotANumber, as_text, exact

# What is never part of a text that a reader sees.
_NOT_TEXT = frozenset(
    [
        "feedbackInline",
        "feedbackBlock",
        "rubricBlock",
        "stylesheet",
        "catalogInfo",
        "catalog-info",
        "templateInline",
    ]
)
_KNOWN_PROCESSING = frozenset(
    "responseProcessing responseCondition responseIf responseElseIf responseElse match variable correct "  # noqa: SIM905
    "setOutcomeValue baseValue mapResponse equal isNull and sum".split()
)
_HTML_FEEDBACK = ("feedbackInline", "feedbackBlock")


class Skipped(Exception):
    """An item that we have no kind for; the message says why."""


class Broken(Exception):
    """An item that contradicts itself; `node` is the place."""

    def __init__(self, code, message, node):
        super().__init__(message)
        self.code, self.node = code, node


@dataclass
class Declaration:
    """What an item says of one response: its type, key and mapping (value → points)."""

    cardinality: str = "single"
    base_type: str = ""
    correct: list = field(default_factory=list)
    mapping: dict = field(default_factory=dict)

    @property
    def key(self):
        """The right values: the correct response, else what the mapping gives points for."""
        return self.correct or [value for value, points in self.mapping.items() if points > 0]

    def worth(self, value):
        """The share of the points that a value earns, 1 for the best."""
        best = max(self.mapping.values(), default=Fraction(0))
        if best > 0 and value in self.mapping:
            return max(Fraction(-1), min(Fraction(1), self.mapping[value] / best))
        return Fraction(1 if value in self.key else 0)


def read_item(node, member, package, tagged):
    """Give the collector of `package` the draft of an item, or its problem. `tagged(draft)` adds its tags."""
    collector, place = package.collector, (node.line, node.column)
    _rename(node)
    identifier = node.get("identifier")
    if re.match(r"_\d", identifier):
        identifier = identifier[1:]
    title = " ".join(node.get("title").split())
    draft = QuestionDraft(ref=identifier, title=title, line=node.line, column=node.column, where=member)
    item = _Item(node, member, package)
    try:
        draft.kind, draft.content = item.kind_and_content()
    except Skipped as skipped:
        draft.content = {"stem": item.body()}
        draft.title = title or title_of(draft.stem)
        collector.skip(draft, str(skipped))
        return
    except Broken as broken:
        at = broken.node.line, broken.node.column
        collector.error(broken.code, str(broken), at, where=member, ref=identifier)
        return
    except weights.BadWeights as bad:
        collector.error(bad.code, str(bad), place, where=member, ref=identifier)
        return
    draft.title = title or title_of(draft.stem)
    collector.add(tagged(draft), places=item.places)


def _rename(node):
    """Give elements and attributes of 3.0 their names of 2.x, in place."""
    for each in node.walk():
        if each.tag.startswith("qti-"):
            each.tag = _camel(each.tag[4:])
        each.attributes = {
            name if name.startswith(("data-", "aria-")) else _camel(name): value
            for name, value in each.attributes.items()
        }


def _camel(name):
    return re.sub(r"-([a-z])", lambda found: found[1].upper(), name)


class _Item:
    """An assessmentItem on its way to the JSON of its kind."""

    def __init__(self, node, member, package):
        self.node, self.member, self.package = node, member, package
        self.collector, self.place = package.collector, (node.line, node.column)
        self.image = package.picture_for(member, self.place)
        self.places, self.shown_feedback = {}, set()
        self.declarations = {d.get("identifier"): _declaration(d) for d in node.all("responseDeclaration")}
        self.item_body = node.find("itemBody")

    # texts

    def lost(self, code, message):
        self.collector.warning(f"lossy.{code}", message, self.place, where=self.member)

    def markdown(self, children, *, inline=False):
        converted = from_elements(children, inline=inline, image=self.image)
        self.collector.lost(self.place, converted.lost, where=self.member)
        return converted.markdown

    def elements(self, content, replace):
        """Content as `Element`s; `replace(node)` gives what stands for a node, None to keep it."""
        found = []
        for item in content:
            if isinstance(item, str):
                found.append(item)
                continue
            instead = replace(item)
            if instead is not None:
                found += instead
            elif item.tag in _NOT_TEXT:
                if item.tag == "rubricBlock":
                    self.rubric(item)
            elif item.tag == "object" and item.get("type").startswith("image/"):
                found.append(
                    Element("img", {"src": item.get("data"), "alt": item.get("alt") or item.text.strip()})
                )
            else:
                found.append(Element(item.tag.lower(), item.attributes, self.elements(item.content, replace)))
        return found

    def rubric(self, block):
        if "scorer" not in block.get("view").split():
            self.lost("rubric_block", "A rubric block for readers was left out")

    def body(self, replace=None):
        """The item body as Markdown; of an interaction only its prompt, unless `replace` says otherwise."""
        if self.item_body is None:
            return ""

        def prompt_only(node):
            if not node.tag.endswith("Interaction"):
                return None
            prompt = node.find("prompt")
            return [Element("p", {}, self.elements(prompt.content, lambda inner: None))] if prompt else []

        return self.markdown(self.elements(self.item_body.content, replace or prompt_only))

    def line(self, node):
        return self.markdown(self.elements(node.content, lambda inner: None), inline=True)

    def words(self, node):
        """The plain words of a node, for places that show no markup."""
        return " ".join(to_plain(self.line(node)).split())

    def feedback(self, choice):
        """{"feedback": …} of a choice: inside it, or a modal feedback under its identifier."""
        held = [node for node in choice.walk() if node.tag in _HTML_FEEDBACK]
        identifier = choice.get("identifier")
        held += [node for node in self.node.all("modalFeedback") if node.get("identifier") == identifier]
        self.shown_feedback |= {id(node) for node in held}
        text = "\n\n".join(text for node in held if (text := self.flow(node)))
        return {"feedback": text} if text else {}

    def flow(self, node):
        return self.markdown(self.elements(node.content, lambda inner: None))

    def explanation(self):
        held = [node for node in self.node.all("modalFeedback") if id(node) not in self.shown_feedback]
        text = "\n\n".join(text for node in held if (text := self.flow(node)))
        return {"explanation": text} if text else {}

    # the item

    def kind_and_content(self):
        if self.item_body is None:
            raise Broken("qti.no-body", "This item has no body.", self.node)
        if self.node.get("adaptive") == "true":
            raise Skipped("it is adaptive: its score depends on several tries")
        if self.node.all("templateDeclaration", "templateProcessing"):
            raise Skipped("it is a template with variables")
        interactions = [node for node in self.item_body.walk() if node.tag.endswith("Interaction")]
        tags = {node.tag for node in interactions}
        if not interactions:
            raise Skipped("it has nothing to answer")
        if tags <= {"textEntryInteraction", "inlineChoiceInteraction", "gapMatchInteraction"} and (
            len(interactions) > 1 or tags != {"textEntryInteraction"}
        ):
            kind, content = self.gaps(interactions)
        elif len(interactions) == 1 and (reader := _READERS.get(interactions[0].tag)):
            kind, content = reader(self, interactions[0])
        elif len(interactions) == 1:
            raise Skipped(f"it has a {_words(interactions[0].tag)}")
        else:
            raise Skipped(f"it mixes several ways to answer ({', '.join(sorted(map(_words, tags)))})")
        self.check_processing()
        return kind, content | self.explanation()

    def declaration(self, interaction):
        found = self.declarations.get(interaction.get("responseIdentifier"))
        if found is None:
            name = interaction.get("responseIdentifier")[:40]
            raise Broken("qti.declaration", f'No response declaration "{name}" belongs to this.', interaction)
        return found

    def processing(self):
        """``match`` (all or nothing), ``map`` (points for each value), or ``""``."""
        node = self.node.find("responseProcessing")
        if node is None:
            return ""
        template = node.get("template") or node.get("templateLocation")
        if "map_response" in template or node.descendants("mapResponse"):
            return "map"
        return "match" if "match_correct" in template or node.descendants("match") else ""

    def check_processing(self):
        node = self.node.find("responseProcessing")
        if node is None:
            return
        template = node.get("template")
        exotic = {each.tag for each in node.walk()} - _KNOWN_PROCESSING
        if exotic or template and not re.search(r"match_correct|map_response(?!_point)", template):
            self.lost(
                "processing",
                "How the item is scored was not taken over; the usual scoring of its kind counts",
            )

    def keyed(self, declaration):
        """The right values; without any the item cannot be kept."""
        if not declaration.key:
            raise Skipped("it has no key: neither a correct response nor points for any")
        return declaration.key

    def choice(self, interaction):
        declaration = self.declaration(interaction)
        choices = interaction.descendants("simpleChoice")
        keys = self.keyed(declaration)
        if unknown := set(keys) - {choice.get("identifier") for choice in choices}:
            raise Broken("qti.key", f'The key "{min(unknown)[:40]}" is none of the choices.', interaction)
        options = [{"text": self.line(choice)} | self.feedback(choice) for choice in choices]
        for index, choice in enumerate(choices):
            self.places[("options", index)] = choice.line, choice.column
        content = {"stem": self.body()}
        shuffle = {"shuffle": interaction.get("shuffle") == "true"}
        if declaration.cardinality != "multiple":
            texts = [to_plain(option["text"]).strip().lower() for option in options]
            if sorted(texts) == ["false", "true"]:
                return "true_false", content | self.statement(options, texts, choices, keys)
            use_map = self.processing() != "match"
            percents = [
                (
                    declaration.worth(c.get("identifier"))
                    if use_map
                    else Fraction(int(c.get("identifier") in keys))
                )
                * 100
                for c in choices
            ]
            worth = weights.single_choice(percents)
            return "single_choice", content | {
                "options": [o | w for o, w in zip(options, worth, strict=True)]
            } | shuffle
        for option, choice in zip(options, choices, strict=True):
            if choice.get("identifier") in keys:
                option["correct"] = True
        self.check_weights(declaration, choices, keys)
        scoring = "all_or_nothing" if self.processing() == "match" else "net_correct"
        return "multiple_choice", content | {"options": options, "scoring": scoring} | shuffle

    def check_weights(self, declaration, choices, keys):
        """Warn where points are given otherwise than net correct does."""
        if self.processing() != "map":
            return
        best = max(declaration.mapping.values(), default=Fraction(0))
        net = all(
            declaration.mapping.get(choice.get("identifier"), 0)
            == (best if choice.get("identifier") in keys else -best)
            for choice in choices
        )
        if not net:
            self.lost("weights", "The weights of this select-all became net correct")

    def statement(self, options, texts, choices, keys):
        feedback = {word: o["feedback"] for word, o in zip(texts, options, strict=True) if o.get("feedback")}
        answer = next(w for w, c in zip(texts, choices, strict=True) if c.get("identifier") in keys) == "true"
        return {"answer": answer} | (
            {"feedback": {word: feedback[word] for word in ("true", "false") if word in feedback}}
            if feedback
            else {}
        )

    def order(self, interaction):
        declaration = self.declaration(interaction)
        choices = {choice.get("identifier"): choice for choice in interaction.descendants("simpleChoice")}
        keys = self.keyed(declaration)
        if sorted(keys) != sorted(choices):
            raise Broken(
                "qti.key", "The correct response does not put every choice in its place.", interaction
            )
        for index, key in enumerate(keys):
            self.places[("items", index)] = choices[key].line, choices[key].column
        scoring = "all_or_nothing" if self.processing() == "match" else "adjacent"
        items = [{"text": self.line(choices[key])} for key in keys]
        return "ordering", {"stem": self.body(), "items": items, "scoring": scoring}

    def match(self, interaction):
        sets = interaction.all("simpleMatchSet")
        if len(sets) != 2:
            raise Broken("qti.match", "Matching needs two sets of choices.", interaction)
        lefts, rights = (set_.all("simpleAssociableChoice") for set_ in sets)
        if any(choice.get("matchMax") != "1" for choice in lefts):
            raise Skipped("a left side may have several partners")
        partner = self.partners(interaction, {r.get("identifier") for r in rights})
        texts = {right.get("identifier"): self.words(right) for right in rights}
        missing = [left for left in lefts if left.get("identifier") not in partner]
        if missing:
            raise Skipped("a left side has no partner")
        pairs = [{"left": self.line(l), "right": texts[partner[l.get("identifier")]]} for l in lefts]  # noqa: E741
        for index, left in enumerate(lefts):
            self.places[("pairs", index)] = left.line, left.column
        used = {pair["right"] for pair in pairs}
        extra = list(dict.fromkeys(text for text in texts.values() if text not in used))
        content = {"stem": self.body(), "pairs": pairs}
        return "matching", content | ({"extra": extra} if extra else {})

    def partners(self, interaction, rights):
        """Left identifier → right identifier, whichever stands first in the pair."""
        found = {}
        for value in self.keyed(self.declaration(interaction)):
            first, _, second = value.strip().partition(" ")
            second = second.strip()
            if second not in rights and first in rights:
                first, second = second, first
            if second not in rights:
                raise Broken(
                    "qti.key", f'The pair "{value[:40]}" names a choice that is not there.', interaction
                )
            if first in found:
                raise Skipped("a left side has several partners")
            found[first] = second
        return found

    def text_entry(self, interaction):
        kind, content = self.typed(interaction)

        def blank(node):
            if node is interaction:
                return [gap_texts.BLANK]
            return None

        stem = self.body(blank)
        # A field on a line of its own is no part of the sentence.
        lines = [part for part in stem.split("\n\n") if part.replace("\\", "") != gap_texts.BLANK]
        return kind, {"stem": "\n\n".join(lines)} | content

    def typed(self, interaction):
        """("short_text" | "numeric", content without stem) of a text entry."""
        declaration = self.declaration(interaction)
        values = list(dict.fromkeys([*self.keyed(declaration), *declaration.mapping]))
        if declaration.base_type in ("integer", "float"):
            return "numeric", {"answers": [self.number(value, declaration, interaction) for value in values]}
        answers = []
        for value in values:
            worth = declaration.worth(value)
            row = {"text": re.sub(r"([*])", r"\\\1", " ".join(value.split()))}
            if worth > 0:
                answers.append(row | ({} if worth == 1 else {"fraction": weights.as_fraction(worth * 100)}))
        return "short_text", {"answers": answers}

    def number(self, value, declaration, interaction):
        try:
            row = {"value": as_text(exact(value))} | self.tolerance(interaction.get("responseIdentifier"))
        except NotANumber as refusal:
            raise Broken("qti.number", str(refusal), interaction) from None
        worth = declaration.worth(value)
        return row | ({} if worth == 1 else {"fraction": weights.as_fraction(max(worth, 0) * 100)})

    def tolerance(self, identifier):
        """The tolerance that the processing compares this response with: absolute, or relative in per cent."""
        for node in self.node.descendants("equal"):
            if any(variable.get("identifier") == identifier for variable in node.descendants("variable")):
                mode, given = node.get("toleranceMode"), node.get("tolerance").split()
                if mode in ("absolute", "relative") and given:
                    room = exact(given[0])
                    return {mode: as_text(room if mode == "absolute" else room / 100)} if room else {}
        return {}

    def essay(self, interaction):
        models = [block for block in self.item_body.walk() if block.tag == "rubricBlock"]
        texts = [self.flow(block) for block in models if "scorer" in block.get("view").split()]
        text = "\n\n".join(text for text in texts if text)
        return "essay", {"stem": self.body()} | ({"model_answer": text} if text else {})

    def gaps(self, interactions):
        gaps, names = {}, []

        def mark(wanted, gap):
            names.append(gap_texts.name_for(re.sub(r"^gap_", "", wanted, flags=re.IGNORECASE), gaps))
            gaps[names[-1]] = gap
            return f"{OPEN}{len(names) - 1}{CLOSE}"

        def replace(node):
            if node.tag == "textEntryInteraction":
                kind, content = self.typed(node)
                return [mark(node.get("responseIdentifier"), {"kind": kind} | content)]
            if node.tag == "inlineChoiceInteraction":
                return [mark(node.get("responseIdentifier"), self.inline_choice(node))]
            if node.tag == "gapMatchInteraction":
                return [Element("div", {}, self.gap_match(node, mark))]
            return None

        markdown = self.body(replace)
        stem, text = gap_texts.divided(MARK.sub(lambda found: f"{{{{{names[int(found[1])]}}}}}", markdown))
        return "gaps", {"stem": stem, "text": text, "gaps": gaps}

    def inline_choice(self, node):
        declaration, choices = self.declaration(node), node.all("inlineChoice")
        self.keyed(declaration)
        percents = [declaration.worth(choice.get("identifier")) * 100 for choice in choices]
        worth = weights.single_choice(percents)
        options = [{"text": self.words(c)} | w for c, w in zip(choices, worth, strict=True)]
        return {"kind": "choice", "options": options, "shuffle": node.get("shuffle") == "true"}

    def gap_match(self, interaction, mark):
        """The text of a gapMatch, each gap a choice among all its words."""
        if interaction.descendants("gapImg"):
            raise Skipped("its gaps are filled with pictures")
        texts = {node.get("identifier"): self.words(node) for node in interaction.descendants("gapText")}
        partner = {}
        for value in self.keyed(self.declaration(interaction)):
            word, _, gap = value.strip().partition(" ")
            if word not in texts:
                word, gap = gap.strip(), word
            if word not in texts:
                raise Broken(
                    "qti.key", f'The pair "{value[:40]}" names a word that is not there.', interaction
                )
            partner[gap.strip()] = texts[word]

        def replace(node):
            if node.tag == "gapText":
                return []
            if node.tag == "gap":
                right = partner.get(node.get("identifier"))
                if right is None:
                    raise Skipped("a gap has no key")
                words = dict.fromkeys(texts.values())
                options = [{"text": word} | ({"correct": True} if word == right else {}) for word in words]
                return [mark(node.get("identifier"), {"kind": "choice", "options": options})]
            return None

        return self.elements(interaction.content, replace)


_READERS = {
    "choiceInteraction": _Item.choice,
    "orderInteraction": _Item.order,
    "matchInteraction": _Item.match,
    "textEntryInteraction": _Item.text_entry,
    "extendedTextInteraction": _Item.essay,
}


def _declaration(node):
    correct = node.find("correctResponse")
    mapping = node.find("mapping")
    entries = {}
    for entry in mapping.all("mapEntry") if mapping is not None else ():
        try:
            entries[entry.get("mapKey").strip()] = exact(entry.get("mappedValue", "0"))
        except NotANumber:
            continue
    return Declaration(
        node.get("cardinality", "single"),
        node.get("baseType"),
        [text for value in correct.all("value") if (text := value.text.strip())]
        if correct is not None
        else [],
        entries,
    )


def _words(tag):
    """``graphicGapMatchInteraction`` → ``graphic gap match interaction``."""
    return re.sub(r"(?<!^)([A-Z])", lambda found: " " + found[1].lower(), tag)
