"""What single and multiple choice share: options. Also used by the choices inside gaps."""

from content.questions.base import as_flag, as_number, convert, in_order, with_ids, without_empty

OPTION_FIELDS = ("text", "correct", "fraction", "feedback")


def with_options(content):
    """`content` with ids and values in its options."""
    options = with_ids(content.get("options"))
    convert(options, "correct", as_flag)
    convert(options, "fraction", as_number)
    without_empty(options, "correct", "feedback")
    return content | {"options": options} if "options" in content else content


def option_fraction(option):
    """What choosing only this option earns, −1 … 1: its `fraction`, else 1 for the correct one."""
    given = option.get("fraction")
    return (1.0 if option.get("correct") else 0.0) if given is None else float(given)


def option_ids(content):
    return [option["id"] for option in content["options"]]


def texts_of(content, ids):
    """The source texts of the chosen options, in the author's order."""
    return [option["text"] for option in content["options"] if option["id"] in ids]


def check_options(findings, content, path, *, fields, least=2):
    """The shape of the options. Gives (path, option) of each that is an object."""
    rows = findings.rows(content, "options", path, fields=fields, least=least, what="option")
    seen = {}
    for where, option in rows:
        text = findings.text(option, "text", where, required=True)
        findings.flag(option, "correct", where)
        findings.text(option, "feedback", where)
        if text and text in seen:
            findings.error(
                (*where, "text"), "this option stands here twice; change or remove one", "duplicated-option"
            )
        seen[text] = where
    return rows


def options_laid_out(content, presented, chosen):
    """The options as a page shows them: id, text, and whether they are ticked. No key, no feedback."""
    ordered = in_order(content["options"], (presented or {}).get("order"))
    return [{"id": o["id"], "text": o["text"], "chosen": o["id"] in chosen} for o in ordered]


def options_reviewed(content, presented, marks, *, show_key):
    """The options after the answer: with state and feedback; without the key only the chosen ones tell."""
    parts = {part.id: part for part in marks.parts}
    rows = []
    for option in in_order(content["options"], (presented or {}).get("order")):
        part = parts[option["id"]]
        told = show_key or part.chosen
        rows.append(
            {
                "id": option["id"],
                "text": option["text"],
                "chosen": part.chosen,
                "right": part.right if told else None,
                "partly": part.chosen and not part.right and part.fraction > 0,
                "feedback": option.get("feedback", "") if told else "",
            }
        )
    return rows
