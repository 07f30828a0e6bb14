"""figures/<id>.toml: the data of a figure, with all that a reader needs who cannot see it."""

from content.coursefiles.definitions import FIGURE_KINDS, Entry
from content.coursefiles.fields import Fields
from content.coursefiles.nodes import Malformed, Node, Place, read_toml
from content.coursefiles.problems import Report, did_you_mean

LONG = 20_000


def figure_from_document(id: str, text: str, report: Report) -> Entry | None:
    """The TOML of one figure → its entry; None where it cannot be read at all."""
    name = f"figures/{id}.toml"
    try:
        node = read_toml(text)
    except Malformed as error:
        report.error(name, Place(error.line, error.column), error.message)
        return None
    return figure_of(id, node, name, report)


def figure_of(id: str, node: Node, name: str, report: Report) -> Entry:
    """A figure's tree by its schema; its id is the name of its file."""
    fields = Fields(node, name, report, what="the figure")
    data = {"id": fields.id_of(Node(id))}
    for key, most in (("title", 200), ("sub", 300)):
        data[key] = fields.text(key, max_length=most, required=key == "title", multiline=False)
    data["description"] = fields.text("description", max_length=LONG, required=True)
    data["kind"] = fields.choice("kind", FIGURE_KINDS, required=True)
    for key in ("unit", "x_label", "y_label"):
        data[key] = fields.text(key, max_length=120, multiline=False)
    data["note"] = fields.text("note", max_length=LONG)
    data["source"] = _figure_sources(fields, node)
    if data["kind"] == "diagram":
        data["nodes"] = [_diagram_node(item, name, report) for item in fields.items("nodes", required=True)]
        data["links"] = [_diagram_link(item, name, report) for item in fields.items("links")]
        _check_diagram(data, fields, node)
    table_needed = data["kind"] not in ("diagram", "")
    data["columns"] = _texts(fields, "columns", required=table_needed)
    data["rows"] = _rows(fields, len(data["columns"]), required=table_needed)
    for key in ("label_column", "basis_column"):
        data[key] = fields.whole(key, least=0, most=max(0, len(data["columns"]) - 1))
    data["value_columns"] = _value_columns(fields, data)
    fields.done()
    return Entry({key: value for key, value in data.items() if value not in (None, [])}, name, node)


def _figure_sources(fields, node):
    """One id or a list of ids; what stands alone stays alone in the file."""
    source = node.value.get("source")
    if source is not None and isinstance(source.value, str):
        fields.asked.append("source")
        return fields.id_of(source)
    return fields.ids("source")


def _diagram_node(node, file, report):
    fields = Fields(node, file, report, what="the node")
    data = {
        "id": fields.id(),
        "label": fields.text("label", max_length=120, required=True, multiline=False),
        "detail": fields.text("detail", max_length=300, multiline=False),
        "row": fields.whole("row", least=1, most=50, default=1, required=True),
        "col": fields.whole("col", least=1, most=50, default=1, required=True),
    }
    fields.done()
    return data


def _diagram_link(node, file, report):
    fields = Fields(node, file, report, what="the link")
    data = {
        "from": fields.id("from"),
        "to": fields.id("to"),
        "label": fields.text("label", max_length=120, multiline=False),
    }
    fields.done()
    return data


def _check_diagram(data, fields, node):
    ids = [item["id"] for item in data["nodes"]]
    for n, id in enumerate(ids):
        if id and id in ids[:n]:
            fields.report.error(
                fields.file, node.at(("nodes", n, "id")), f'the node "{id}" stands here twice'
            )
    for n, link in enumerate(data["links"]):
        for key in ("from", "to"):
            if link[key] and link[key] not in ids:
                place = node.at(("links", n, key))
                fields.report.error(
                    fields.file, place, f'there is no node "{link[key]}"{did_you_mean(link[key], ids)}'
                )


def _texts(fields, key, *, required):
    nodes = fields.items(key, required=required, most=30)
    return [
        fields.text_of(node, f'an entry of "{key}"', max_length=120, multiline=False) or "" for node in nodes
    ]


def _rows(fields, width, *, required):
    rows = []
    for node in fields.items("rows", required=required, most=500):
        if not isinstance(node.value, list) or len(node.value) != width:
            count = len(node.value) if isinstance(node.value, list) else 0
            fields.report.error(
                fields.file, node, f"cells in this row: {count}; columns of the figure: {width}"
            )
            continue
        rows.append([_cell(cell, fields) for cell in node.value])
    return rows


def _cell(node, fields):
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        if node.value != node.value or abs(node.value) > 1e15:
            fields.report.error(fields.file, node, "this number cannot be drawn")
            return ""
        return node.value
    if isinstance(node.value, str):
        return fields.text_of(node, "a cell", max_length=500, multiline=False) or ""
    fields.report.error(fields.file, node, "a cell holds text or a number; an empty text is a missing value")
    return ""


def _value_columns(fields, data):
    nodes = fields.items("value_columns", required=data["kind"] not in ("diagram", "table", ""))
    found = []
    for node in nodes:
        if not isinstance(node.value, int) or not 0 <= node.value < max(1, len(data["columns"])):
            fields.report.error(
                fields.file,
                node,
                f'"value_columns" counts columns from 0 to {max(0, len(data["columns"]) - 1)}',
            )
            continue
        found.append(node.value)
        for n, row in enumerate(data["rows"]):
            if node.value < len(row) and isinstance(row[node.value], str) and row[node.value]:
                place = fields.node.at(("rows", n, node.value))
                fields.report.error(
                    fields.file, place, f'"{row[node.value][:40]}" is drawn as a value and is no number'
                )
    return found
