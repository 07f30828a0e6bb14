"""What readers hand over and writers take: questions as drafts, problems with their place, pictures.

Pure. A `Collector` gathers them while a file is read, so that every reader keeps the same rules: all problems
at once, no silent loss, every text through `clean_text`, every content through the check of its kind.
"""

import base64
import hashlib
import io
import json
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace

from content.formats.weights import snapped
from content.html_markdown import from_html, from_plain, to_plain
from content.markup import plain
from content.questions import KINDS
from content.text import TextRefused, clean_text
from content.zips import ZipLimits

KIB = 1024
MOST_PROBLEMS = 1_000
# A file with so many more is no file of questions: reading stops.
MOST_HIDDEN = 10_000
MOST_PIXELS = 40_000_000
TITLE_LENGTH = 60
TEXT_LIMIT = 200 * KIB
LEVELS = ("remember", "understand", "apply", "analyse", "evaluate")
# What has no place of its own in most formats travels as tags with these beginnings.
_TAGGED = ("passage", "objective", "level", "source")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_IMAGE_TYPES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


@dataclass(frozen=True)
class Limits:
    """The most a file may hold; sizes in bytes."""

    file: int = 20 * KIB * KIB
    questions: int = 5_000
    question: int = TEXT_LIMIT
    zip: ZipLimits = field(default_factory=ZipLimits)


@dataclass(frozen=True)
class ReadingProblem:
    """One thing wrong with a file, or lost from it: what, where, and what to do.

    `code` is stable (``lossy.weights``, ``gift.no-closing-brace``); `line` and `column` count from 1, 0 where
    unknown; `where` names the part of the file: the member of a zip, ``Sheet1!C7``, an Anki note and field.
    """

    severity: str
    code: str
    message: str
    line: int = 0
    column: int = 0
    where: str = ""
    ref: str = ""

    @property
    def is_error(self):
        return self.severity == "error"

    @property
    def place(self):
        """``items/q3.xml:14:5``, ``14:5`` or ``Sheet1!C7``, for people."""
        position = f"{self.line}:{self.column}" if self.line and self.column else str(self.line or "")
        return ":".join(part for part in (self.where, position) if part)


@dataclass
class QuestionDraft:
    """A question as a file holds it.

    `content`: the JSON of its kind, with stem, explanation and hint. `skip`: why it cannot be kept (then
    `kind` is empty and `content` holds the stem only). `category`: the path of the file's folder for it.
    `modified`: seconds since 1970, for formats that compare times. `media`: names of pictures it shows.
    """

    ref: str = ""
    kind: str = ""
    content: dict = field(default_factory=dict)
    title: str = ""
    passage: str = ""
    objective: str = ""
    level: str = ""
    tags: list = field(default_factory=list)
    sources: list = field(default_factory=list)
    use: str = "both"
    state: str = "ready"
    category: tuple = ()
    line: int = 0
    column: int = 0
    where: str = ""
    media: list = field(default_factory=list)
    modified: int = 0
    skip: str = ""

    @property
    def slug(self):
        """The id that the course gives the question: the ref where it is one, else words of it with a hash."""
        return slug_of(self.ref)

    @property
    def stem(self):
        stem = self.content.get("stem", "")
        return stem if isinstance(stem, str) else ""

    @property
    def fingerprint(self):
        return fingerprint(self.kind, self.content)


@dataclass(frozen=True)
class Media:
    """A picture that came with the file; `type` is ``png``, ``jpg``, ``gif`` or ``webp``."""

    name: str
    data: bytes
    type: str
    alt: str = ""


@dataclass
class Reading:
    """What a reader understood. `media`: name → `Media`, as drafts call it (``assets/map.png``)."""

    format: str
    drafts: list[QuestionDraft] = field(default_factory=list)
    problems: list[ReadingProblem] = field(default_factory=list)
    media: dict[str, Media] = field(default_factory=dict)

    @property
    def has_errors(self):
        return any(problem.is_error for problem in self.problems)

    @property
    def questions(self):
        """The drafts that can be kept."""
        return [draft for draft in self.drafts if not draft.skip]


def slug_of(ref):
    """A course id for any ref. Equal refs give equal ids; a ref that is an id already stays as it is."""
    if len(ref) <= 80 and _SLUG.fullmatch(ref):
        return ref
    words = re.sub(r"[^a-z0-9]+", "-", ref.lower()).strip("-")[:60].strip("-")
    mark = hashlib.sha256(ref.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{words}-{mark}" if words else f"q-{mark}"


def fingerprint(kind, content):
    """A hash that is equal for contents that mean the same: defaults filled in, 33.33 % as one third."""
    module = KINDS.get(kind)
    normal = module.normalise(content) if module else content
    if kind in ("single_choice", "gaps", "short_text", "numeric"):
        normal = _with_worth(normal)
    text = json.dumps(_steady(normal), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{kind}\n{text}".encode("utf-8", "replace")).hexdigest()


def _with_worth(value):
    """``correct`` and ``fraction: 1`` of an option are the same; an answer that says nothing is worth all."""
    if isinstance(value, list):
        return [_with_worth(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: _with_worth(item) for key, item in value.items()}
    for option in value.get("options", ()) if isinstance(value.get("options"), list) else ():
        if isinstance(option, dict):
            option["fraction"] = option.get("fraction", 1 if option.pop("correct", False) else 0)
            option.pop("correct", None)
    for answer in value.get("answers", ()) if isinstance(value.get("answers"), list) else ():
        if isinstance(answer, dict):
            answer.setdefault("fraction", 1)
    return value


def _steady(value, key=""):
    if isinstance(value, dict):
        return {name: _steady(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    if key == "fraction" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(snapped(value * 100) / 100)
    return value


def grouped(problems):
    """Problems of one code and severity as one: (how many, first of them), errors first, then as they came."""
    counts = Counter((problem.severity, problem.code) for problem in problems)
    first = {}
    for problem in problems:
        first.setdefault((problem.severity, problem.code), problem)
    return sorted(
        ((counts[key], problem) for key, problem in first.items()), key=lambda pair: not pair[1].is_error
    )


def travelling_tags(draft):
    """The tags of a draft with passage, objective, level and sources among them, for formats without places for these."""
    tags = list(draft.tags)
    tags += [f"{name}:{value}" for name in _TAGGED[:3] if (value := getattr(draft, name))]
    return tags + [f"source:{source}" for source in draft.sources]


def with_tags(draft, tags):
    """The draft with these tags; ``passage:…``, ``objective:…``, ``level:…``, ``source:…`` go to their places."""
    plain_tags, found = [], {"sources": list(draft.sources)}
    for tag in tags:
        name, _, value = tag.strip().partition(":")
        value = value.strip()
        if name == "source" and value:
            found["sources"].append(value)
        elif name in _TAGGED and value and (name != "level" or value in LEVELS):
            found[name] = value
        elif tag.strip():
            plain_tags.append(tag.strip())
    found["sources"] = list(dict.fromkeys(found["sources"]))
    return replace(draft, tags=list(dict.fromkeys([*draft.tags, *plain_tags])), **found)


class TooMany(Exception):
    """The file holds more questions, or more faults, than it may; reading stops."""


class Collector:
    """Gathers drafts, problems and pictures while a file is read."""

    def __init__(self, format, limits=None):
        self.format, self.limits = format, limits or Limits()
        self.drafts, self.problems, self.media = [], [], {}
        self._refs, self._wordings, self._hidden, self._media_hashes = {}, Counter(), 0, {}

    def error(self, code, message, place=(0, 0), *, where="", ref=""):
        self._add(ReadingProblem("error", code, message, place[0], place[1], where, ref))

    def warning(self, code, message, place=(0, 0), *, where="", ref=""):
        self._add(ReadingProblem("warning", code, message, place[0], place[1], where, ref))

    def _add(self, problem):
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)
        else:
            self._hidden += 1
            if self._hidden == MOST_HIDDEN:
                raise TooMany

    def lost(self, draft_place, codes, *, where=""):
        """A warning for each kind of thing that HTML or a format holds and we do not."""
        for code in codes:
            self.warning(
                f"lossy.{code}", _LOSSES.get(code, f"<{code}> was left out"), draft_place, where=where
            )

    def markdown(self, text, format, place, *, inline=False, image=None, where=""):
        """`text` in ``html``, ``moodle`` (HTML whose newlines count), ``plain`` or ``markdown``, as Markdown."""
        if format == "markdown":
            return text.strip()
        if format == "plain" or not ("<" in text or "&" in text) and format == "moodle":
            markdown = from_plain(text)
            return markdown.replace("\n\n", "\\\n") if inline else markdown
        if format == "moodle":
            text = re.sub(r"\n[ \t]*\n\s*", "<p>", text.strip()).replace("\n", "<br>")
        converted = from_html(text, inline=inline, image=image)
        self.lost(place, converted.lost, where=where)
        return converted.markdown

    @staticmethod
    def words(text, format):
        """`text` as plain words on one line, for places that show no markup."""
        if format in ("html", "moodle") and ("<" in text or "&" in text):
            text = to_plain(from_html(text, inline=True).markdown)
        return " ".join(text.split())

    def skip(self, draft, reason):
        """Keep the draft as one that is shown and not brought in, with a warning that names the reason."""
        self.add(replace(draft, kind="", skip=reason, content={"stem": draft.content.get("stem", "")}))

    def add(self, draft, *, places=None):
        """Take in a draft if nothing is wrong with it; else its errors.

        `places`: path in the content → (line, column), for problems that have a nearer place than the draft.
        """
        if len(self.drafts) >= self.limits.questions:
            self.error(
                "limit.questions",
                f"The file holds more than {self.limits.questions:,} questions; divide it.",
                (draft.line, draft.column),
                where=draft.where,
            )
            raise TooMany
        place = draft.line, draft.column
        if len(json.dumps(draft.content, ensure_ascii=False)) > self.limits.question:
            self.error(
                "limit.question",
                f"This question is longer than {self.limits.question // KIB} KiB; make it shorter.",
                place,
                where=draft.where,
            )
            return
        try:
            draft = _cleaned(draft)
        except TextRefused as refusal:
            self.error("text.refused", str(refusal), place, where=draft.where, ref=draft.ref)
            return
        if draft.kind and not self._publishable(draft, places or {}):
            return
        self._identify(draft)
        draft.media = _shown_media(draft.content) if self.media else []
        if draft.skip:
            self.warning("skipped.kind", f"Left out: {draft.skip}.", place, where=draft.where, ref=draft.ref)
        self.drafts.append(draft)

    def _publishable(self, draft, places):
        """Fill in defaults and check by the rules of the kind; False after an error."""
        module = KINDS.get(draft.kind)
        if module is None:
            self.error(
                "kind.unknown",
                f'There is no kind "{draft.kind}"; possible are: {", ".join(KINDS)}.',
                (draft.line, draft.column),
                where=draft.where,
            )
            return False
        draft.content = module.normalise(draft.content)
        draft.title = draft.title or title_of(draft.stem)
        errors = [problem for problem in module.check(draft.content) if problem.is_error]
        for problem in errors:
            path = tuple(problem.path)
            while path and path not in places:
                path = path[:-1]
            named = ".".join(str(step + 1 if isinstance(step, int) else step) for step in problem.path)
            message = f"{named}: {problem.message}" if named else problem.message
            message = message[:1].upper() + message[1:]
            code = f"question.{problem.code or 'invalid'}"
            self.error(
                code, message, places.get(path, (draft.line, draft.column)), where=draft.where, ref=draft.ref
            )
        return not errors

    def _identify(self, draft):
        """Give the draft its ref; one that the file gives twice is an error, two equal wordings get a number."""
        place = draft.line, draft.column
        if draft.ref:
            if draft.ref in self._refs:
                first = self._refs[draft.ref]
                self.error(
                    "ref.double",
                    f'The id "{draft.ref}" stands here a second time (first at {first}); give each question its own.',
                    place,
                    where=draft.where,
                    ref=draft.ref,
                )
            else:
                self._refs[draft.ref] = ReadingProblem("", "", "", *place, draft.where).place or "the start"
            return
        # Texts with gaps often share one stem; the text tells them apart.
        source = "\n".join(
            [draft.title, draft.stem, *([draft.content["text"]] if "text" in draft.content else [])]
        )
        base = "q-" + hashlib.sha256(source.encode()).hexdigest()[:12]
        number = self._wordings[base] = self._wordings[base] + 1
        draft.ref = base if number == 1 else f"{base}-{number}"
        if number == 2 and not draft.skip:
            self.warning(
                "duplicate.wording",
                f"A question with this title and stem stands above already (at {self._refs[base]}).",
                place,
                where=draft.where,
                ref=draft.ref,
            )
        self._refs[draft.ref] = ReadingProblem("", "", "", *place, draft.where).place or "the start"

    def picture(self, data, name, place=(0, 0), *, where="", alt=""):
        """The name by which drafts show this picture, or None with a warning if it is none that we keep."""
        kind = image_type(data)
        if not kind:
            self.warning(
                "skipped.file",
                f'"{name[:80]}" is no PNG, JPEG, GIF or WebP picture and was left out.',
                place,
                where=where,
            )
            return None
        if not _fits(data):
            self.warning(
                "skipped.picture",
                f'The picture "{name[:80]}" is damaged or has more than 40 megapixels and was left out; make it smaller.',
                place,
                where=where,
            )
            return None
        digest = hashlib.sha256(data).hexdigest()
        own = f"assets/{_own_name(name.rpartition('/')[2], kind) or f'{digest[:16]}.{kind}'}"
        if own in self.media and self._media_hashes[own] != digest:
            own = f"assets/{digest[:16]}.{kind}"
        self.media.setdefault(own, Media(own, data, kind, alt))
        self._media_hashes[own] = digest
        return own

    def picture_at(self, source, alt, found, place, *, where=""):
        """Markdown for a picture of a text, None if there is none to keep. `found`: (data, name), None if unknown."""
        if source.startswith("data:"):
            found = _from_data_address(source)
        if not found:
            return None
        name = self.picture(*found, place, where=where, alt=alt)
        if not name:
            return None
        if not alt:
            self.warning(
                "image.no-alt",
                f'The picture "{name}" has no alt text; write what it shows.',
                place,
                where=where,
            )
        words = re.sub(r"([\\\[\]])", r"\\\1", alt)
        return f"![{words}]({name})"

    def reading(self):
        """Everything gathered. A file in which nothing was found, not even a fault, is a fault itself."""
        if not self.drafts and not any(problem.is_error for problem in self.problems):
            self.error("file.no-questions", "No question was found in the file.")
        if self._hidden:
            self.problems.append(
                ReadingProblem(
                    "error",
                    "limit.problems",
                    f"{self._hidden:,} more problems are not shown; mend these first.",
                )
            )
        return Reading(self.format, self.drafts, self.problems, self.media)


_LOSSES = {
    "image": "A picture that is not in the file, or has no address of its own, was left out; its alt text stays",
    "link": "A link to an address that is not http, https or mailto became plain text",
}


def title_of(stem):
    """The first 60 characters of the plain stem."""
    text = plain(stem)
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"


def image_type(data):
    """``png``, ``jpg``, ``gif`` or ``webp`` by the first bytes, else ""."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for mark, kind in _IMAGE_TYPES if data.startswith(mark)), "")


def _shown_media(value):
    """The names of the pictures that the texts of a content show, each once."""
    if isinstance(value, str):
        return list(dict.fromkeys(re.findall(r"\]\((assets/[A-Za-z0-9._-]+)\)", value)))
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(name for item in values for name in _shown_media(item)))


def _own_name(name, kind):
    """The name that a picture had, where it is one that our texts can use; else ""."""
    stem, _, suffix = name.rpartition(".")
    fits = suffix.lower() == kind or (suffix.lower(), kind) == ("jpeg", "jpg")
    if fits and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}", stem):
        return f"{stem}.{suffix.lower()}"
    words = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60].strip("-")
    return f"{words}.{kind}" if words else ""


def _from_data_address(source):
    """(bytes, name) of a picture written into its own address, or None."""
    head, comma, body = source.partition(",")
    if not comma or not head.endswith(";base64"):
        return None
    try:
        return base64.b64decode(body, validate=False), ""
    except ValueError:
        return None


def _fits(data):
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "GIF", "WEBP"]) as image:
                return image.width * image.height <= MOST_PIXELS
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _cleaned(draft):
    """The draft with every text through the door that all text takes."""
    content = _clean(draft.content)
    one_line = {
        name: clean_text(getattr(draft, name), max_length=500, multiline=False).strip()
        for name in ("ref", "title", "passage", "objective", "level")
    }
    listed = {
        name: [text for tag in getattr(draft, name) if (text := _clean(tag).strip())]
        for name in ("tags", "sources")
    }
    category = tuple(text for part in draft.category if (text := _clean(part).strip()))
    return replace(draft, content=content, category=category, **one_line, **listed)


def _clean(value):
    if isinstance(value, str):
        return clean_text(value, max_length=TEXT_LIMIT)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value
