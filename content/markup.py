"""The author's Markdown → safe HTML. The only place that marks anything safe."""

import re

from markdown_it import MarkdownIt

_md = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "strikethrough"])


def plain(source):
    """The words of `source` without markup, on one line: for search, CSV and lengths."""
    if not re.search(r"[*_`\[\]()<>#!\\|~\n&]", source):
        return source.strip()
    words = []
    for block in _md.parse(source):
        for token in block.children or ():
            if token.type in ("text", "code_inline") or token.type == "image":
                words.append(token.content)
            elif token.type in ("softbreak", "hardbreak"):
                words.append(" ")
        if block.type in ("fence", "code_block"):
            words.append(block.content)
        if block.type == "inline":
            words.append(" ")
    return re.sub(r"\s+", " ", "".join(words)).strip()
