"""Drafts → a QTI package: 3.0, or 2.1 on request. One file an item, standard templates, pictures inside."""

import io
import re
import zipfile
from xml.sax.saxutils import escape, quoteattr

from content.formats import gap_texts, weights
from content.formats.answers import absolute_tolerance, answer_worth, best, decimal, extras, option_worth
from content.formats.drafts import MEDIA_TYPES, Media, image_type, slug_of, title_of, travelling_tags
from content.html_markdown import to_html
from content.numbers import exact
from content.questions import KINDS
from content.wildcards import pieces

_TEMPLATES = {
    "3.0": "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/",
    "2.1": "http://www.imsglobal.org/question/qti_v2p1/rptemplates/",
}
_NAMESPACES = {
    "3.0": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    "2.1": "http://www.imsglobal.org/xsd/imsqti_v2p1",
}
_ITEM_TYPES = {"3.0": "imsqti_item_xmlv3p0", "2.1": "imsqti_item_xmlv2p1"}
_OURS = re.compile(r"<(/?)qti-([a-z-]+)((?:\s+[a-zA-Z:-]+=\"[^\"]*\")*)(\s*/?)>")
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def write(drafts, *, version="3.0", media=None, **options):
    """The package as bytes; the same drafts give the same bytes. ValueError for a version that we do not write."""
    if version not in _TEMPLATES:
        raise ValueError(f"QTI is written as 3.0 or 2.1, not {version}")
    drafts = [draft for draft in drafts if not draft.skip and draft.kind in _WRITERS]
    if not drafts:
        return b""
    media = media or {}
    resources, files, shown = [], {}, {}
    for number, draft in enumerate(drafts, 1):
        item = _Item(draft, version, media)
        name = f"items/{number:04}-{slug_of(draft.ref)[:60]}.xml"
        files[name] = item.document().encode()
        shown |= item.shown
        resources.append(_resource(f"r{number}", name, item, version))
    for path, name in shown.items():
        files[path] = _bytes(media[name])
    manifest = _manifest(resources, version).encode()
    return _packed({"imsmanifest.xml": manifest} | files)


def _packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, date_time=_FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def _bytes(held):
    return held.data if isinstance(held, Media) else held


def _resource(identifier, name, item, version):
    tags = "".join(
        f"<keyword><string>{escape(tag)}</string></keyword>" for tag in travelling_tags(item.draft)
    )
    metadata = (
        f'<metadata><lom xmlns="http://ltsc.ieee.org/xsd/LOM"><general>{tags}</general></lom></metadata>'
        if tags
        else ""
    )
    files = "".join(f"<file href={quoteattr(path)}/>" for path in [name, *item.shown])
    opening = f'<resource identifier="{identifier}" type="{_ITEM_TYPES[version]}" href={quoteattr(name)}>'
    return f"    {opening}{metadata}{files}</resource>"


def _manifest(resources, version):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="questions">\n'
        f"  <metadata><schema>QTI Package</schema><schemaversion>{version}.0</schemaversion></metadata>\n"
        "  <organizations/>\n  <resources>\n" + "\n".join(resources) + "\n  </resources>\n</manifest>\n"
    )


class _Item:
    """One draft as an assessment item. Written with the names of 3.0; 2.1 is made from them at the end."""

    def __init__(self, draft, version, media):
        self.draft, self.version, self.media = draft, version, media
        self.content = KINDS[draft.kind].normalise(draft.content)
        self.shown = {}

    def document(self):
        body = _WRITERS[self.draft.kind](self)
        explanation = self.content.get("explanation")
        modal = (
            '<qti-modal-feedback outcome-identifier="FEEDBACK" identifier="explanation" show-hide="show">'
            f"<qti-content-body>{self.html(explanation)}</qti-content-body></qti-modal-feedback>\n"
            if explanation
            else ""
        )
        title = " ".join((self.draft.title or title_of(self.draft.stem)).split())
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<qti-assessment-item xmlns="{_NAMESPACES[self.version]}" identifier={quoteattr(_identifier(self.draft.ref))} '
            f'title={quoteattr(title)} adaptive="false" time-dependent="false">\n{body}{modal}</qti-assessment-item>\n'
        )
        return text if self.version == "3.0" else _as_two(text)

    # texts

    def html(self, markdown, *, inline=False):
        return to_html(markdown, inline=inline, image=self.picture)

    def picture(self, source):
        held = self.media.get(source)
        if held is None:
            return source
        name = source.rpartition("/")[2]
        if image_type(_bytes(held)) not in MEDIA_TYPES:
            return source
        self.shown[f"images/{name}"] = source
        return f"../images/{name}"

    def stem(self):
        return f"<div>{self.html(self.content['stem'])}</div>"

    def inline_feedback(self, row):
        if not row.get("feedback"):
            return ""
        return (
            f'<qti-feedback-inline outcome-identifier="FEEDBACK" identifier={quoteattr(row["id"])} show-hide="show">'
            f"{self.html(row['feedback'])}</qti-feedback-inline>"
        )

    # parts

    def declaration(self, correct, *, cardinality="single", base="identifier", mapping=(), name="RESPONSE"):
        values = "".join(f"<qti-value>{escape(value)}</qti-value>" for value in correct)
        entries = "".join(
            f"<qti-map-entry map-key={quoteattr(key)} mapped-value={quoteattr(points)}/>"
            for key, points in mapping
        )
        mapped = f'<qti-mapping default-value="0" lower-bound="0">{entries}</qti-mapping>' if entries else ""
        return (
            f'<qti-response-declaration identifier={quoteattr(name)} cardinality="{cardinality}" base-type="{base}">'
            f"<qti-correct-response>{values}</qti-correct-response>{mapped}</qti-response-declaration>\n"
        )

    def framed(self, declarations, body, processing):
        """Declarations, outcomes, body and processing in the order that the schema wants."""
        outcomes = (
            '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>\n'
            '<qti-outcome-declaration identifier="FEEDBACK" cardinality="multiple" base-type="identifier"/>\n'
        )
        return f"{declarations}{outcomes}<qti-item-body>{body}</qti-item-body>\n{processing}"

    def template(self, name):
        suffix = "" if self.version == "2.1" else ".xml"
        return f'<qti-response-processing template="{_TEMPLATES[self.version]}{name}{suffix}"/>\n'

    # kinds

    def choice(self):
        options, single = self.content["options"], self.draft.kind == "single_choice"
        if single:
            worth = [option_worth(option) for option in options]
            weighted = any(share not in (0, 1) for share in worth) or worth.count(1) > 1
            mapping = [(o["id"], weights.as_points(w)) for o, w in zip(options, worth, strict=True) if w]
        else:
            worth = [1 if option.get("correct") else 0 for option in options]
            weighted = self.content["scoring"] == "net_correct"
            mapping = [(o["id"], "1" if w else "-1") for o, w in zip(options, worth, strict=True)]
        keys = [option["id"] for option, share in zip(options, worth, strict=True) if share == 1]
        keys = keys[:1] if single else keys
        choices = [
            (option["id"], self.html(option["text"], inline=True) + self.inline_feedback(option))
            for option in options
        ]
        declaration = self.declaration(
            keys, cardinality="single" if single else "multiple", mapping=mapping if weighted else ()
        )
        body = self.stem() + self.choices(
            choices, shuffle=self.content.get("shuffle", True), most=1 if single else 0
        )
        return self.framed(declaration, body, self.template("map_response" if weighted else "match_correct"))

    @staticmethod
    def simple_choice(id, html):
        return f"<qti-simple-choice identifier={quoteattr(id)}>{html}</qti-simple-choice>"

    def choices(self, choices, *, shuffle, most):
        rows = "".join(
            f"<qti-simple-choice identifier={quoteattr(id)}>{html}</qti-simple-choice>"
            for id, html in choices
        )
        return (
            f'<qti-choice-interaction response-identifier="RESPONSE" shuffle="{str(shuffle).lower()}" '
            f'max-choices="{most}">{rows}</qti-choice-interaction>'
        )

    def true_false(self):
        feedback = self.content.get("feedback", {})
        rows = [
            (word, word.title() + self.inline_feedback({"id": word, "feedback": feedback.get(word)}))
            for word in ("true", "false")
        ]
        key = "true" if self.content["answer"] else "false"
        body = self.stem() + self.choices(rows, shuffle=False, most=1)
        return self.framed(self.declaration([key]), body, self.template("match_correct"))

    def typed(self, content, name="RESPONSE"):
        """The declaration of a typed text: without wildcards, the answer to show as the correct one."""
        texts = {" ".join(content["display"].split()): 1} if content.get("display") else {}
        for answer in content["answers"]:
            text = " ".join(" ".join(pieces(answer["text"])).split())
            if text and answer_worth(answer) > 0:
                texts.setdefault(text, answer_worth(answer))
        key = next((text for text, worth in texts.items() if worth == 1), "")
        mapping = [(text, weights.as_points(worth)) for text, worth in texts.items()]
        return self.declaration([key], base="string", mapping=mapping, name=name)

    def short_text(self):
        body = f'{self.stem()}<div><qti-text-entry-interaction response-identifier="RESPONSE"/></div>'
        return self.framed(self.typed(self.content), body, self.template("map_response"))

    def numeric(self):
        answer = best(self.content["answers"])
        body = f'{self.stem()}<div><qti-text-entry-interaction response-identifier="RESPONSE"/></div>'
        declaration = self.declaration([decimal(answer["value"])], base="float")
        return self.framed(declaration, body, self.equal(answer, "RESPONSE"))

    def equal(self, answer, name):
        mode, room = "exact", ""
        if answer.get("relative") is not None and answer.get("absolute") is None:
            mode, room = "relative", decimal(exact(answer["relative"]) * 100)
        elif absolute_tolerance(answer):
            mode, room = "absolute", decimal(absolute_tolerance(answer))
        tolerance = f' tolerance="{room} {room}"' if room else ""
        return (
            "<qti-response-processing><qti-response-condition><qti-response-if>"
            f'<qti-equal tolerance-mode="{mode}"{tolerance}><qti-variable identifier="{name}"/>'
            f'<qti-correct identifier="{name}"/></qti-equal>'
            '<qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">1</qti-base-value>'
            "</qti-set-outcome-value></qti-response-if></qti-response-condition></qti-response-processing>\n"
        )

    def matching(self):
        pairs = self.content["pairs"]
        rights = {}
        for text in [*(pair["right"] for pair in pairs), *extras(self.content)]:
            rights.setdefault(text, f"right{len(rights) + 1}")
        uses = [pair["right"] for pair in pairs]
        lefts = "".join(
            f'<qti-simple-associable-choice identifier="left{number}" match-max="1">'
            f"{self.html(pair['left'], inline=True)}</qti-simple-associable-choice>"
            for number, pair in enumerate(pairs, 1)
        )
        sides = "".join(
            f'<qti-simple-associable-choice identifier="{id}" match-max="{max(1, uses.count(text))}">'
            f"{escape(text)}</qti-simple-associable-choice>"
            for text, id in rights.items()
        )
        values = [f"left{number} {rights[pair['right']]}" for number, pair in enumerate(pairs, 1)]
        declaration = self.declaration(
            values, cardinality="multiple", base="directedPair", mapping=[(value, "1") for value in values]
        )
        body = (
            f'{self.stem()}<qti-match-interaction response-identifier="RESPONSE" shuffle="true" '
            f'max-associations="{len(pairs)}"><qti-simple-match-set>{lefts}</qti-simple-match-set>'
            f"<qti-simple-match-set>{sides}</qti-simple-match-set></qti-match-interaction>"
        )
        return self.framed(declaration, body, self.template("map_response"))

    def ordering(self):
        items = self.content["items"]
        rows = "".join(self.simple_choice(item["id"], self.html(item["text"], inline=True)) for item in items)
        body = (
            f'{self.stem()}<qti-order-interaction response-identifier="RESPONSE" shuffle="true">{rows}'
            "</qti-order-interaction>"
        )
        declaration = self.declaration([item["id"] for item in items], cardinality="ordered")
        return self.framed(declaration, body, self.template("match_correct"))

    def gaps(self):
        declarations, fields = [], []

        def mark(found):
            gap = self.content["gaps"].get(found[1])
            if gap is None:
                return found[0]
            name = f"gap_{found[1]}"
            declaration, field = self.gap(gap, name)
            declarations.append(declaration)
            fields.append(field)
            return f"\ufdd0{len(fields) - 1}\ufdd1"

        html = self.html(gap_texts.GAP.sub(mark, gap_texts.joined(self.content)))
        html = re.sub("\ufdd0(\\d+)\ufdd1", lambda found: fields[int(found[1])], html)
        processing = self.gap_processing()
        return self.framed("".join(declarations), html, processing)

    def gap(self, gap, name):
        """(declaration, interaction) of one gap."""
        entry = f'<qti-text-entry-interaction response-identifier="{name}"/>'
        if gap["kind"] == "short_text":
            return self.typed(gap, name), entry
        if gap["kind"] == "numeric":
            return self.declaration([decimal(best(gap["answers"])["value"])], base="float", name=name), entry
        options = gap["options"]
        rows = "".join(
            f"<qti-inline-choice identifier={quoteattr(option['id'])}>{escape(option['text'])}</qti-inline-choice>"
            for option in options
        )
        worth = [option_worth(option) for option in options]
        mapping = [(o["id"], weights.as_points(w)) for o, w in zip(options, worth, strict=True) if w]
        weighted = any(share not in (0, 1) for share in worth)
        keys = [option["id"] for option, share in zip(options, worth, strict=True) if share == 1][:1]
        shuffle = str(gap.get("shuffle", True)).lower()
        tag = "qti-inline-choice-interaction"
        field = f'<{tag} response-identifier="{name}" shuffle="{shuffle}">{rows}</{tag}>'
        return self.declaration(keys, mapping=mapping if weighted else (), name=name), field

    def gap_processing(self):
        """Each gap adds its share: by its mapping, its tolerance, or its key."""
        parts = []
        share = f"{1 / len(self.content['gaps']):.7f}"
        for name, gap in self.content["gaps"].items():
            test = f'<qti-match><qti-variable identifier="gap_{name}"/><qti-correct identifier="gap_{name}"/></qti-match>'
            if gap["kind"] == "numeric":
                room = absolute_tolerance(best(gap["answers"]))
                mode = f'"absolute" tolerance="{decimal(room)} {decimal(room)}"' if room else '"exact"'
                test = (
                    f"<qti-equal tolerance-mode={mode}>"
                    f'<qti-variable identifier="gap_{name}"/><qti-correct identifier="gap_{name}"/></qti-equal>'
                )
            parts.append(
                f"<qti-response-condition><qti-response-if>{test}"
                '<qti-set-outcome-value identifier="SCORE"><qti-sum><qti-variable identifier="SCORE"/>'
                f'<qti-base-value base-type="float">{share}</qti-base-value></qti-sum></qti-set-outcome-value>'
                "</qti-response-if></qti-response-condition>"
            )
        return f"<qti-response-processing>{''.join(parts)}</qti-response-processing>\n"

    def essay(self):
        model = self.content.get("model_answer")
        block = (
            f'<qti-rubric-block use="scoring" view="scorer">{self.html(model)}</qti-rubric-block>'
            if model
            else ""
        )
        if block and self.version == "3.0":
            block = block.replace('view="scorer">', 'view="scorer"><qti-content-body>').replace(
                "</qti-rubric-block>", "</qti-content-body></qti-rubric-block>"
            )
        body = f'{self.stem()}{block}<qti-extended-text-interaction response-identifier="RESPONSE"/>'
        declaration = (
            '<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="string"/>\n'
        )
        return self.framed(declaration, body, "")


_WRITERS = {
    "single_choice": _Item.choice,
    "multiple_choice": _Item.choice,
    "true_false": _Item.true_false,
    "short_text": _Item.short_text,
    "numeric": _Item.numeric,
    "matching": _Item.matching,
    "ordering": _Item.ordering,
    "gaps": _Item.gaps,
    "essay": _Item.essay,
}


def _identifier(ref):
    """The ref as an XML name; one that starts with a digit gets an underscore, which the reader drops."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", ref):
        return ref
    ref = ref if re.fullmatch(r"[A-Za-z0-9._-]+", ref) else slug_of(ref)
    return f"_{ref}" if ref[:1].isdigit() else ref


def _as_two(text):
    """The names of 2.x for those of 3.0; <qti-content-body> has no like there."""
    text = re.sub(r"</?qti-content-body>", "", text)

    def renamed(found):
        closing, tag, attributes, end = found.groups()
        attributes = re.sub(r"(\s)([a-z]+(?:-[a-z]+)+)(=)", lambda a: a[1] + _camel(a[2]) + a[3], attributes)
        return f"<{closing}{_camel(tag)}{attributes}{end}>"

    return _OURS.sub(renamed, text)


def _camel(name):
    return re.sub(r"-([a-z])", lambda found: found[1].upper(), name)
