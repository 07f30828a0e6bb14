"""The author's Markdown → safe HTML. The only place that marks anything safe.

CommonMark with tables, strikethrough, footnotes, definition lists, attributes (``{#id .class lang=ar
dir=rtl}``), boxes (``:::note Title``), and the course's own ``[[term|words]]`` and ``[@source]``. Raw HTML
stays text. What leaves here went through an allow-list (nh3) after rendering, so a fault in a rule above
cannot become markup of a page. Raise `RENDERER` whenever the HTML changes, then run `rerender`.
"""

import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

RENDERER = 1
MAX_NESTING = 20
BOXES = ("note", "example", "source")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
# An author's id must not shadow a name that a page or a script relies on.
AUTHOR_ID_PREFIX = "x-"
AUTHOR_CLASSES = frozenset({"nb", "num", "centre", "small", "cite"})

_ATTRIBUTES = ["id", "class", "lang", "dir"]
_TERM = re.compile(r"\[\[([a-z0-9]+(?:-[a-z0-9]+)*)(?:\|([^\[\]|\n]{1,200}))?\]\]")
_CITATION = re.compile(r"\[@([a-z0-9]+(?:-[a-z0-9]+)*)(?:, ([^\[\]\n]{1,80}))?\]")
_ASSET = re.compile(r"assets/([A-Za-z0-9][A-Za-z0-9._-]{0,118})")
_PASSAGE_BLOCK = re.compile(r":::(check|figure)[ \t]+([a-z0-9]+(?:-[a-z0-9]+)*)[ \t]*")
_LINK = re.compile(r"(?:https?|mailto):|[^:/?#]*(?:[/?#]|$)", re.IGNORECASE)
_QUESTION_MARKS = ("?", "؟", "？")
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
)
# What a line must not break: names with an Arabic article, spans of years.
_KEEP_TOGETHER = re.compile(
    r"\b(?:[Aa]l|[Aa]n|[Aa]r|[Aa]s|[Aa]sh|[Aa]t|[Aa]d|[Aa]z|[Ee]l)-[A-Z]\w+(?:[’']s)?|\b(?:1[5-9]|20)\d\d[–-]\d{2,4}\b"
)
_DAY_OF_MONTH = re.compile(rf"\b(\d{{1,2}}) (?=(?:{_MONTHS})\b)")
_NUMBER_SIGN = re.compile(r"\b(No\.|Nos\.|art\.|p\.|pp\.|§) (?=\d)")
_PLAIN = re.compile(r"[^*_`\[\]()<>#!\\|~\n&{}:^'\"=+.-]*")

_TAGS = {
    *"p br hr strong em s del sub sup code pre blockquote ul ol li dl dt dd a img cite abbr".split(),  # noqa: SIM905
    *"table thead tbody tr th td h2 h3 h4 h5 h6 div span section ruby rt rp".split(),  # noqa: SIM905
}
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={
        "*": {"id", "class", "lang", "dir"},
        "a": {"href", "title", "data-term", "aria-label"},
        "img": {"src", "alt", "title"},
        "div": {"role", "tabindex", "aria-label"},
        "th": {"scope"},
        "ol": {"start"},
    },
    clean_content_tags={"script", "style", "iframe", "object", "form", "noscript", "template", "svg", "math"},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)


def render(source, **references):
    """Whole blocks of Markdown as safe HTML.

    `references` say how the text points outside itself, all optional: `asset_url(name)` → address of an image
    or None; `terms` {id: name} and `glossary_url` for ``[[id]]``; `sources` {id: short label} and
    `sources_url` for ``[@id]``; `prefix` keeps the ids of footnotes apart on a page.
    """
    environment = _environment(references)
    return _html(_md.parse(source, environment), environment)


def render_inline(source, **references):
    """Markdown without blocks, for an option or a title: no paragraph around it. References as in `render`."""
    environment = _environment(references)
    return _html(_md.parseInline(source, environment), environment)


def render_flow(source, **references):
    """Markdown for a place that usually holds one paragraph: then inline, else as blocks."""
    environment = _environment(references)
    tokens = _md.parse(source, environment)
    return _html(tokens[1:2] if _is_one_paragraph(tokens) else tokens, environment)


def render_stem(source, **references):
    """A stem as (lead, question).

    The question is its last paragraph that ends in a question mark (else the last block if that is a
    paragraph, else the first paragraph), inline, because it stands in a heading or legend, where blocks are
    not allowed; the lead is all the rest, as blocks.
    """
    environment = _environment(references)
    tokens = _md.parse(source, environment)
    paragraphs = [
        index for index, token in enumerate(tokens) if token.type == "paragraph_open" and token.level == 0
    ]
    if not paragraphs:
        return _html(tokens, environment), ""
    asking = [
        index for index in paragraphs if tokens[index + 1].content.rstrip("*_ ").endswith(_QUESTION_MARKS)
    ]
    at = paragraphs[-1] if paragraphs[-1] + 3 == len(tokens) else paragraphs[0]
    at = asking[-1] if asking else at
    rest = tokens[:at] + tokens[at + 3 :]
    return (_html(rest, environment) if rest else ""), _html(tokens[at + 1 : at + 2], environment)


def render_passage(source, **references):
    """The text of a passage as segments, JSON: {"html": …} | {"check": question id} | {"figure": figure id}.

    References as in `render`; `prefix` should be the id of the passage.
    """
    environment = _environment(references)
    segments, held = [], []

    def flush():
        if html := _html(held, environment) if held else "":
            segments.append({"html": html})
        held.clear()

    for token in _md.parse(source, environment):
        if token.type == "passage_block":
            flush()
            segments.append({token.meta["kind"]: token.meta["id"]})
        else:
            held.append(token)
    flush()
    return segments


def plain(source):
    """The words of `source` without markup, on one line: for search, CSV and lengths."""
    if _PLAIN.fullmatch(source):
        return re.sub(r"\s+", " ", source).strip()
    words = []
    for token in _md.parse(source, _environment({})):
        if token.type == "inline":
            words += [_words(child) for child in token.children or ()]
            words.append(" ")
        elif token.type in ("fence", "code_block"):
            words.append(token.content + " ")
    return re.sub(r"\s+", " ", "".join(words)).strip()


def find_raw_html(source, *, first_line=1):
    """Raw HTML in Markdown, which we show as text: [(line, column, the markup's beginning)], from 1."""
    found, lines = [], source.split("\n")
    for token in _html_md.parse(source):
        if token.type == "html_block":
            line = token.map[0]
            text = lines[line]
            found.append((line + first_line, len(text) - len(text.lstrip()) + 1, text.strip()[:40]))
        for child in token.children or ():
            if child.type == "html_inline":
                found.append(
                    (
                        *_position(lines, token.map or [0, len(lines)], child.content, first_line, found),
                        child.content[:40],
                    )
                )
    return found


def find_images(source, *, first_line=1):
    """The images of Markdown: [(line, address as written, alt text)], lines from 1."""
    found = []
    for token in _md.parse(source, _environment({})):
        for child in token.children or ():
            if child.type == "image":
                line = (token.map or [0])[0] + first_line
                found.append((line, child.attrGet("src") or "", _alt(child)))
    return found


def marked_safe(html):
    """HTML that this module rendered, and that was stored since, for a template to show as it is.

    Django is asked for only here, so that everything else of the module works without it.
    """
    from django.utils.safestring import SafeString

    return SafeString(html)


# --- rules -------------------------------------------------------------------


def _environment(references):
    known = {"asset_url", "terms", "glossary_url", "sources", "sources_url", "prefix"}
    if unknown := set(references) - known:
        raise TypeError(f"unknown reference: {', '.join(sorted(unknown))}")
    return {"docId": references["prefix"], **references} if references.get("prefix") else dict(references)


def _html(tokens, environment):
    html = _cleaner.clean(_md.renderer.render(tokens, _md.options, environment))
    return html.strip()


def _is_one_paragraph(tokens):
    return len(tokens) == 3 and tokens[0].type == "paragraph_open"


def _words(token):
    if token.type in ("text", "code_inline"):
        return token.content
    if token.type in ("term", "image"):
        return token.meta["words"] or token.meta["id"] if token.type == "term" else _alt(token)
    return " " if token.type in ("softbreak", "hardbreak") else ""


def _alt(image):
    return "".join(_words(child) for child in image.children or ())


def _position(lines, span, fragment, first_line, before):
    """Line and column of a fragment of inline HTML: its next place in the block that is not taken yet."""
    taken = {(line, column) for line, column, _ in before}
    start = fragment.split("\n")[0]
    for index in range(span[0], min(span[1], len(lines))):
        column = lines[index].find(start)
        while column >= 0:
            if (index + first_line, column + 1) not in taken:
                return index + first_line, column + 1
            column = lines[index].find(start, column + 1)
    return span[0] + first_line, 1


def _term_rule(state, silent):
    found = _TERM.match(state.src, state.pos) if state.src.startswith("[[", state.pos) else None
    if not found:
        return False
    if not silent:
        token = state.push("term", "", 0)
        token.meta = {"id": found[1], "words": (found[2] or "").strip()}
    state.pos = found.end()
    return True


def _citation_rule(state, silent):
    found = _CITATION.match(state.src, state.pos) if state.src.startswith("[@", state.pos) else None
    if not found:
        return False
    if not silent:
        token = state.push("citation", "", 0)
        token.meta = {"id": found[1], "place": found[2] or ""}
    state.pos = found.end()
    return True


def _passage_block_rule(state, start, end, silent):
    """``:::check id`` and ``:::figure id``, each closed by ``:::`` on the next line that is not blank."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    found = _PASSAGE_BLOCK.fullmatch(line)
    if not found or state.level > 0:
        return False
    close = start + 1
    while close < end and state.isEmpty(close):
        close += 1
    if close >= end or state.src[state.bMarks[close] : state.eMarks[close]].strip() != ":::":
        return False
    if not silent:
        token = state.push("passage_block", "", 0)
        token.meta = {"kind": found[1], "id": found[2]}
        token.map = [start, close + 1]
        state.line = close + 1
    return True


def _keep_together(state):
    """Wrap what must not break across lines; join day and month. After typographic replacement."""
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children = []
        for token in block.children:
            children += _parted(token) if token.type == "text" else [token]
        block.children = children


def _parted(token):
    text = _NUMBER_SIGN.sub("\\1\u00a0", _DAY_OF_MONTH.sub("\\1\u00a0", token.content))
    parts, at = [], 0
    for found in _KEEP_TOGETHER.finditer(text):
        parts.append(_text(text[at : found.start()], token.level))
        parts.append(Token("nb_open", "span", 1, attrs={"class": "nb"}))
        parts.append(_text(found[0], token.level))
        parts.append(Token("nb_close", "span", -1))
        at = found.end()
    parts.append(_text(text[at:], token.level))
    return [part for part in parts if part.type != "text" or part.content]


def _text(content, level):
    return Token("text", "", 0, content=content, level=level)


def _tame_attributes(state):
    """Author's ids get a prefix, their classes must be ours; table cells say alignment by class, not style."""
    pending = list(state.tokens)
    while pending:
        token = pending.pop()
        pending += token.children or ()
        if not token.attrs:
            continue
        if "id" in token.attrs:
            token.attrs["id"] = AUTHOR_ID_PREFIX + str(token.attrs["id"])
        style = token.attrs.pop("style", "")
        classes = str(token.attrs.pop("class", "")).split()
        if token.type != "nb_open":
            classes = [name for name in classes if name in AUTHOR_CLASSES]
        if token.type in ("th_open", "td_open") and style in ("text-align:right", "text-align:center"):
            classes.append("num" if style.endswith("right") else "centre")
        if classes:
            token.attrs["class"] = " ".join(classes)


def _draw_term(renderer, tokens, index, options, environment):
    term = tokens[index].meta
    names = environment.get("terms")
    words = term["words"] or (names or {}).get(term["id"], term["id"])
    if names is not None and term["id"] not in names:
        return escapeHtml(words)
    href = f"{environment.get('glossary_url', '../glossary/')}#term-{term['id']}"
    return f'<a class="term" href="{escapeHtml(href)}" data-term="{term["id"]}">{escapeHtml(words)}</a>'


def _draw_citation(renderer, tokens, index, options, environment):
    cited = tokens[index].meta
    labels = environment.get("sources")
    label = (labels or {}).get(cited["id"], cited["id"])
    words = escapeHtml(f"{label}, {cited['place']}" if cited["place"] else label)
    if labels is not None and cited["id"] not in labels:
        return f"[{words}]"
    return f'<a class="cite" href="{escapeHtml(environment.get("sources_url", ""))}#src-{cited["id"]}">[{words}]</a>'


def _draw_image(renderer, tokens, index, options, environment):
    """Only images of the course are shown; of any other its alt text stays."""
    image = tokens[index]
    alt = escapeHtml(_alt(image))
    found = _ASSET.fullmatch(str(image.attrs.get("src", "")))
    resolve = environment.get("asset_url")
    address = None
    if found and resolve and found[1].lower().endswith(IMAGE_SUFFIXES):
        address = resolve(found[1])
    return f'<img src="{escapeHtml(address)}" alt="{alt}">' if address else alt


def _draw_table_open(renderer, tokens, index, options, environment):
    """A table may be wider than a phone: its frame scrolls, and can be reached by keyboard."""
    heads = []
    for token_before, token in zip(tokens[index:], tokens[index + 1 :], strict=False):
        if token_before.type == "thead_close":
            break
        if token_before.type == "th_open":
            heads.append("".join(_words(child) for child in token.children or ()).strip())
    label = escapeHtml("Table: " + ", ".join(head for head in heads if head))
    return f'<div class="table-wrap" role="region" aria-label="{label}" tabindex="0"><table>\n'


def _draw_table_close(renderer, tokens, index, options, environment):
    return "</table></div>\n"


def _draw_head_cell(renderer, tokens, index, options, environment):
    tokens[index].attrSet("scope", "col")
    return renderer.renderToken(tokens, index, options, environment)


def _draw_back_link(renderer, tokens, index, options, environment):
    name = renderer.rules["footnote_anchor_name"](tokens, index, options, environment)
    again = tokens[index].meta["subId"]
    name += f":{again}" if again > 0 else ""
    return f' <a href="#fnref{name}" class="footnote-backref" aria-label="Back to the text">\u21a9\ufe0e</a>'


def _draw_footnotes_open(renderer, tokens, index, options, environment):
    return '<section class="footnotes">\n<ol class="footnotes-list">\n'


def _draw_box(renderer, tokens, index, options, environment):
    """``:::note Title``: a box in the margin, with a heading if there is a title."""
    token = tokens[index]
    if token.nesting == -1:
        return "</div>\n"
    name, _, title = token.info.strip().partition(" ")
    head = f"<h3>{escapeHtml(title.strip())}</h3>\n" if title.strip() else ""
    return f'<div class="side box-{name}">\n{head}'


def _built(*, html):
    md = MarkdownIt("commonmark", {"html": html, "typographer": True, "maxNesting": MAX_NESTING})
    md.validateLink = lambda address: bool(_LINK.match(address.strip()))
    md.enable(["table", "strikethrough", "replacements", "smartquotes"])
    md.use(footnote_plugin).use(deflist_plugin)
    md.use(attrs_plugin, spans=True, allowed=_ATTRIBUTES).use(attrs_block_plugin, allowed=_ATTRIBUTES)
    for name in BOXES:
        md.use(container_plugin, name=name, render=_draw_box)
    md.inline.ruler.before("link", "term", _term_rule)
    md.inline.ruler.before("link", "citation", _citation_rule)
    paragraph_like = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    md.block.ruler.before("fence", "passage_block", _passage_block_rule, paragraph_like)
    md.core.ruler.push("keep_together", _keep_together)
    md.core.ruler.push("tame_attributes", _tame_attributes)
    for name, rule in {
        "term": _draw_term,
        "citation": _draw_citation,
        "image": _draw_image,
        "table_open": _draw_table_open,
        "table_close": _draw_table_close,
        "th_open": _draw_head_cell,
        "footnote_anchor": _draw_back_link,
        "footnote_block_open": _draw_footnotes_open,
    }.items():
        md.add_render_rule(name, rule)
    return md


_md = _built(html=False)
_html_md = _built(html=True)
