"""The content of a question with HTML in place of Markdown, and what the templates of a kind are given.

Pure. A version stores `render_content` beside its content when it is saved; a page asks `asked` or `answered`
and includes the part they name. Only these two mark strings safe, and only those that were rendered here.
"""

from content import markup
from content.questions import KINDS
from content.questions.base import tokens

# How a text is rendered: "flow" is inline for one paragraph, else blocks; "plain" has no markup at all.
_RENDER = {"flow": markup.render_flow, "inline": markup.render_inline}


def render_content(kind, content, **references):
    """The same tree with HTML for every Markdown text (see `TEXTS` of the kind). JSON.

    Added: `stem_lead`, the blocks of a stem before its question, and for kinds with `secret_ids` also
    `tokens`, the words that stand for them in a page. `references` as in `content.markup.render`.
    """

    def rendered(mode, source):
        return _RENDER[mode](source, **references) if mode in _RENDER else markup.plain(source)

    module = KINDS[kind]
    tree = _mapped(content, module.TEXTS, rendered)
    lead, stem = markup.render_stem(content["stem"], **references)
    tree |= {"stem_lead": lead, "stem": stem}
    if secret_ids := getattr(module, "secret_ids", None):
        tree["tokens"] = tokens(content, secret_ids(content))
    return tree


def asked(kind, rendered, presented, response=None):
    """What the part `input` of a kind's template shows, and `input`, the name of that part. Never the key."""
    tree = _safe(kind, rendered)
    return {
        "kind": kind,
        "input": f"questions/{kind}.html#input",
        "stem": tree["stem"],
        "stem_lead": tree["stem_lead"],
        **_marked_pieces(KINDS[kind].laid_out(tree, presented, response)),
    }


def answered(kind, content, rendered, presented, response, *, show_key, show_feedback=True):
    """What the part `review` shows, and `review`, the name of that part. The grade is that of the source.

    Without `show_key` it holds nothing but what the response itself got: neither key nor explanation.
    Without `show_feedback` the feedback of options, pairs, gaps and answers is left out too.
    """
    tree = _safe(kind, rendered)
    marks = KINDS[kind].grade(content, response)
    shown = KINDS[kind].reviewed(tree, presented, response, marks, show_key=show_key)
    return {
        "kind": kind,
        "review": f"questions/{kind}.html#review",
        "stem": tree["stem"],
        "stem_lead": tree["stem_lead"],
        "verdict": marks.verdict,
        "fraction": marks.fraction,
        "is_blank": response is None,
        "explanation": tree.get("explanation", "") if show_key else "",
        **_marked_pieces(shown if show_feedback else _without_feedback(shown)),
    }


def hint_of(kind, rendered):
    """The hint as safe HTML, ``""`` if there is none."""
    return _safe(kind, rendered).get("hint", "")


def texts(kind, content):
    """Every Markdown text of the content with its path, for looking up references and images."""
    found = []
    _walk(content, KINDS[kind].TEXTS, (), lambda path, _, source: found.append((path, source)))
    return found


def plain_stem(content):
    """The stem as plain words."""
    return markup.plain(content["stem"])


def search_text(kind, content):
    """All words of a question that a search of the bank looks through, plain: stem, options, feedback …"""
    words = [markup.plain(source) for _, source in texts(kind, content)]
    typed = [answer.get("text", "") for answer in content.get("answers", ()) if isinstance(answer, dict)]
    return " ".join(word for word in [*words, *typed] if word)


def _mapped(content, modes, function):
    """A copy of the tree with `function(mode, text)` in place of each text that has a mode."""
    copy = _copied(content)

    def replace(path, mode, source):
        place = copy
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = function(mode, source)

    _walk(content, modes, (), replace)
    return copy


def _walk(value, modes, path, visit):
    if isinstance(value, dict):
        rows = value.items()
    elif isinstance(value, list):
        rows = enumerate(value)
    else:
        if isinstance(value, str) and (mode := _mode(modes, path)):
            visit(path, mode, value)
        return
    for key, inner in rows:
        _walk(inner, modes, (*path, key), visit)


def _mode(modes, path):
    for pattern, mode in modes.items():
        if len(pattern) == len(path) and all(p in ("*", key) for p, key in zip(pattern, path, strict=True)):
            return mode
    return None


def _copied(value):
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _safe(kind, rendered):
    """The rendered tree with its HTML marked safe; plain texts and patterns stay what they are."""

    def safe(mode, html):
        return html if mode == "plain" else markup.marked_safe(html)

    tree = _mapped(rendered, KINDS[kind].TEXTS, safe)
    return tree | {"stem_lead": markup.marked_safe(rendered.get("stem_lead", ""))}


def _without_feedback(shown):
    if isinstance(shown, dict):
        return {key: "" if key == "feedback" else _without_feedback(value) for key, value in shown.items()}
    return [_without_feedback(row) for row in shown] if isinstance(shown, list) else shown


def _marked_pieces(shown):
    """A text that was cut at its gaps lost its mark; its pieces are of the HTML rendered here."""
    if "pieces" in shown:
        shown["pieces"] = [
            {"text": markup.marked_safe(piece["text"])} if "text" in piece else piece
            for piece in shown["pieces"]
        ]
    return shown
