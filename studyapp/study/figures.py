"""Where the marks of a figure stand, from its definition: pure geometry, no markup.

Across the page everything is in per cent of the drawing's width, down the page in pixels, so that labels keep
their size on every screen. The template writes what these functions return and computes nothing.
"""

import math
import textwrap
from dataclasses import dataclass, field
from itertools import pairwise

ESTIMATES = {"estimate", "estimated", "projection", "projected", "forecast"}

TOP = 28  # room for the value above the highest bar, px
PLOT_HEIGHT = 200
LABEL_LINE = 16  # px from one line of a label to the next
ROW_HEIGHT = 46  # one horizontal bar with its label above
THICKNESS = 14
SHORT_LABEL = 7  # characters that fit under an upright bar
MOST_UPRIGHT = 12
NARROW = 46  # characters that stand side by side across the narrowest drawing
FEW_POINTS = 12  # so many points of a line say their values themselves
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
SERIES = 6  # so many series have a look of their own

NODE_GAP = 58  # between the rows of a diagram, room for the words on an arrow
NODE_PADDING = 12
NODE_WIDTH = 0.8  # of its column; between boxes of one row there is room for a word
CHARACTERS_ACROSS = 88  # of a diagram's small text, at its least width


@dataclass
class Mark:
    """One thing to draw. `kind`: bar, guess, text, line, axis, grid, path-segment, dot, box, arrow.

    `x`, `width`, `x2` in per cent; `y`, `height`, `y2` in px; `look` is a class, `text` what a label says.
    """

    kind: str
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    x2: float = 0.0
    y2: float = 0.0
    look: str = ""
    text: str = ""


@dataclass
class Drawing:
    """A figure ready for the template: marks, legend, and the table that says the same."""

    title: str
    sub: str
    description: str
    note: str
    sources: list[str]
    kind: str
    height: float = 0.0
    marks: list[Mark] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)  # (look, words)
    hint: str = ""  # how to read the numbers of a narrow drawing
    columns: list[dict] = field(default_factory=list)  # {"text", "is_number"}
    rows: list[list[dict]] = field(default_factory=list)
    is_wide: bool = False  # needs a least width; scrolls where there is less


def draw(definition: dict) -> Drawing:
    """The drawing of a figure's definition (the contents of figures/<id>.toml).

    Never raises for data that is incomplete: what cannot be drawn leaves a drawing with its table only.
    """
    drawing = _frame(definition)
    try:
        _KINDS.get(drawing.kind, _table_only)(definition, drawing)
    except (LookupError, TypeError, ValueError, ArithmeticError):
        drawing.marks, drawing.height, drawing.legend = [], 0.0, []
    return drawing


def shown(value) -> str:
    """A value as people write it: 157800 → "157,800", 57.7 → "57.7", "" → "–"."""
    if isinstance(value, bool) or value is None or value == "":
        return "–"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−") if abs(value) >= 10_000 else str(value).replace("-", "−")
    if isinstance(value, float):
        text = f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 10_000 else f"{value:.10g}"
        return text.replace("-", "−")
    return str(value)


SIZES = (
    (1_000_000_000, 1_000_000_000, "bn", "billions"),
    (1_000_000, 1_000_000, "m", "millions"),
    (10_000, 1_000, "k", "thousands"),
)


def brief(value) -> str:
    """A value short enough for an axis: 157800 → "157.8 k", 2500000 → "2.5 m"."""
    if not _is_number(value):
        return shown(value)
    for least, unit, letter, _ in SIZES:
        if abs(value) >= least:
            return f"{_in_units(value, unit)} {letter}"
    return shown(value)


def _in_units(value, unit):
    return f"{value / unit:.1f}".removesuffix(".0").replace("-", "−")


SMALLEST = 1e-15  # below it a value is drawn as nothing, and its axis has no round numbers


def scale_top(highest: float) -> float:
    """The end of an axis: the next 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 or 10 times a power of ten."""
    if highest < SMALLEST:
        return 1.0
    power = 1.0
    while power * 10 <= highest:
        power *= 10
    while power > highest:
        power /= 10
    return next(step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= highest)


def _steps(top):
    """Into how many steps an axis to `top` is cut, so that each ends at a round number."""
    lead = round(top / 10 ** math.floor(math.log10(top)), 2)
    return {1.5: 3, 3: 3, 6: 3, 1: 5, 2.5: 5, 5: 5}.get(lead, 4)


def _frame(definition):
    source = definition.get("source") or []
    columns = definition.get("columns") or []
    rows = definition.get("rows") or []
    if definition.get("kind") == "diagram" and not rows:
        names = {node.get("id"): node.get("label", "") for node in definition.get("nodes") or []}
        columns = ["From", "Relation", "To"]
        rows = [
            [names.get(link.get("from"), ""), link.get("label", ""), names.get(link.get("to"), "")]
            for link in definition.get("links") or []
        ]
    label = definition.get("label_column", 0)
    numeric = [
        bool(rows)
        and i != label
        and all(_is_number(row[i]) or row[i] in ("", None) for row in rows if i < len(row))
        for i in range(len(columns))
    ]
    return Drawing(
        title=definition.get("title", ""),
        sub=definition.get("sub", ""),
        description=definition.get("description", ""),
        note=definition.get("note", ""),
        sources=[source] if isinstance(source, str) else list(source),
        kind=definition.get("kind", "table"),
        columns=[{"text": text, "is_number": number} for text, number in zip(columns, numeric, strict=False)],
        rows=[
            [
                {"text": shown(cell), "is_number": number, "is_head": i == label}
                for i, (cell, number) in enumerate(zip(row, numeric, strict=False))
            ]
            for row in rows
        ],
    )


def _table_only(definition, drawing):
    drawing.kind = "table"


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _labels(definition):
    return [str(row[definition.get("label_column", 0)]) for row in definition["rows"]]


def _series(definition):
    """[(name, values)], None for a value that is missing."""
    return [
        (definition["columns"][i], [row[i] if _is_number(row[i]) else None for row in definition["rows"]])
        for i in definition["value_columns"]
    ]


def _guessed(definition):
    column = definition.get("basis_column")
    if column is None:
        return [False] * len(definition["rows"])
    return [
        bool(ESTIMATES & set(str(row[column]).lower().replace(",", " ").split()))
        for row in definition["rows"]
    ]


def _bars(definition, drawing):
    labels, (_, values), guessed = _labels(definition), _series(definition)[0], _guessed(definition)
    looks = _looks_by_basis(definition, drawing)
    if any(guessed):
        drawing.legend = [("bar", "Counted"), ("guess", "Estimate or projection")]
        looks = [""] * len(labels)
    if len(labels) <= MOST_UPRIGHT and max(map(len, labels)) <= SHORT_LABEL and min(_numbers(values)) >= 0:
        _upright_bars(drawing, labels, values, guessed, looks)
    else:
        _lying_bars(drawing, labels, [("", values)], guessed, looks)


def _looks_by_basis(definition, drawing):
    """A look for each bar, where the values are shares or counts of different things; with its legend."""
    column = definition.get("basis_column")
    bases = [str(row[column]) for row in definition["rows"]] if column is not None else []
    distinct = list(dict.fromkeys(bases))
    if not 1 < len(distinct) <= SERIES:
        return [""] * len(definition["rows"])
    looks = {basis: f"s{n + 1}" for n, basis in enumerate(distinct)}
    name = definition["columns"][column]
    words = f"{name} {{}}" if name.endswith(" of") else "{}"  # "Share of" registered voters
    drawing.legend = [(look, words.format(basis)) for basis, look in looks.items()]
    return [looks[basis] for basis in bases]


def _numbers(values):
    return [value for value in values if value is not None]


def _upright_bars(drawing, labels, values, guessed, looks):
    highest = max(_numbers(values)) or 1
    numbers = _on_bars(drawing, values)
    years = _short_years(labels)
    step = 100 / len(labels)
    width = step * 0.78
    floor = TOP + PLOT_HEIGHT
    peak = values.index(highest) if highest in values else -1
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        x = i * step + (step - width) / 2
        middle = i * step + step / 2
        if value is not None:
            height = PLOT_HEIGHT * value / highest
            kind = "guess" if guessed[i] else "bar"
            look = looks[i] or ("top1" if i == peak and not guessed[i] else "")
            drawing.marks.append(Mark(kind, x, floor - height, width, height, look=look))
            strong = "strong" if i == peak and not guessed[i] else ""
            _both_widths(drawing, middle, floor - height - 7, shown(value), numbers[i], look=strong)
        else:
            drawing.marks.append(Mark("text", middle, floor - 7, text="no data"))
        _both_widths(drawing, middle, floor + 20, label, years[i])
    drawing.marks.append(Mark("axis", 0, floor, x2=100, y2=floor))
    drawing.height = floor + 30


def _both_widths(drawing, x, y, text, short, look=""):
    """A text, and where its short form differs both, of which the page shows the one that fits."""
    if text == short:
        drawing.marks.append(Mark("text", x, y, look=look, text=text))
    else:
        drawing.marks.append(Mark("text", x, y, look=f"{look} on-wide".strip(), text=text))
        drawing.marks.append(Mark("text", x, y, look=f"{look} on-narrow".strip(), text=short))


def _on_bars(drawing, values):
    """What a narrow drawing writes on its bars: the values, or all of them in one larger unit."""
    exact = [shown(value) for value in values]
    if sum(len(text) + 1 for text in exact) <= NARROW:
        return exact
    highest = max(map(abs, _numbers(values)))
    for least, unit, _, name in SIZES:
        if highest >= least:
            drawing.hint = f"The numbers on the bars are {name}."
            return [shown(value) if value is None else _in_units(value, unit) for value in values]
    return exact


def _short_years(labels):
    """Years side by side: 2003, ’04, ’05, where four digits of each would run together."""
    if sum(len(label) + 1 for label in labels) <= NARROW or not all(
        len(label) == 4 and label.isdecimal() for label in labels
    ):
        return labels
    return [labels[0], *(f"’{label[2:]}" for label in labels[1:])]


def _lying_bars(drawing, labels, series, guessed, looks=None):
    """One row a label: the words above, the bar or bars below, the value at its end."""
    values = [value for _, column in series for value in _numbers(column)]
    lowest, highest = min([0, *values]), max([0, *values])
    span = (highest - lowest) or 1
    room = 86.0  # per cent; the rest is for the value at the end of the longest bar
    zero = -lowest / span * room
    y = 0.0
    for i, label in enumerate(labels):
        drawing.marks.append(Mark("text", 0, y + 15, look="start name", text=label))
        y += 22
        for n, (_, column) in enumerate(series):
            value = column[i]
            if value is None:
                drawing.marks.append(Mark("text", zero, y + 11, look="start", text="no data"))
            else:
                length = abs(value) / span * room
                x = zero if value >= 0 else zero - length
                kind = "guess" if guessed[i] else "bar"
                look = f"s{n % SERIES + 1}" if len(series) > 1 else (looks or [""] * len(labels))[i]
                drawing.marks.append(Mark(kind, x, y, length, THICKNESS, look=look))
                drawing.marks.append(
                    Mark("text", x + length + 1, y + 11.5, look="start strong", text=shown(value))
                )
            y += THICKNESS + 3
        y += ROW_HEIGHT - 22 - THICKNESS - 3
    if lowest < 0:
        drawing.marks.append(Mark("axis", zero, 0, x2=zero, y2=y - 8))
    drawing.height = y - 4


def _grouped_bars(definition, drawing):
    labels, series, guessed = _labels(definition), _series(definition), _guessed(definition)
    drawing.legend = [(f"s{n % SERIES + 1}", name) for n, (name, _) in enumerate(series)]
    if any(guessed):
        drawing.legend.append(("guess", "Broken edge: estimate or projection"))
    _lying_bars(drawing, labels, series, guessed)


def _stacked_bars(definition, drawing):
    """One row a label, its parts end to end; the sum stands at the end."""
    labels, series, guessed = _labels(definition), _series(definition), _guessed(definition)
    drawing.legend = [(f"s{n % SERIES + 1}", name) for n, (name, _) in enumerate(series)]
    if any(value < 0 for _, column in series for value in _numbers(column)):
        raise ValueError("a part of a whole cannot be negative")
    sums = [sum(column[i] or 0 for _, column in series) for i in range(len(labels))]
    highest, room, y = max(sums) or 1, 86.0, 0.0
    for i, label in enumerate(labels):
        drawing.marks.append(Mark("text", 0, y + 15, look="start name", text=label))
        y += 22
        x = 0.0
        for n, (_, column) in enumerate(series):
            length = (column[i] or 0) / highest * room
            if length > 0:
                kind = "guess" if guessed[i] else "bar"
                drawing.marks.append(
                    Mark(kind, x, y, max(0.2, length - 0.3), THICKNESS, look=f"s{n % SERIES + 1}")
                )
            x += length
        drawing.marks.append(Mark("text", x + 1, y + 11.5, look="start strong", text=shown(_tidy(sums[i]))))
        y += ROW_HEIGHT - 22
    drawing.height = y - 4


def _tidy(value):
    """A sum of decimals without the dust of binary fractions."""
    return round(value, 6) if isinstance(value, float) else value


def _lines(definition, drawing):
    """Series over the rows, joined where both neighbours are known, on an axis that begins at 0."""
    labels, series, guessed = _labels(definition), _series(definition), _guessed(definition)
    values = [value for _, column in series for value in _numbers(column)]
    top, low = scale_top(max(values)), min([0, *values])
    low = -scale_top(-low) if low < 0 else 0
    floor, left, right = TOP + PLOT_HEIGHT, 9.0, 94.5
    along = [left + (right - left) * part for part in _along(labels)]

    def height(value):
        return floor - PLOT_HEIGHT * (value - low) / (top - low)

    steps = _steps(top) if low == 0 else 4
    for i in range(steps + 1):
        value = low + (top - low) * i / steps
        drawing.marks.append(
            Mark("axis" if i == 0 else "grid", left, height(value), x2=100, y2=height(value))
        )
        drawing.marks.append(Mark("text", left - 1, height(value) + 4, look="end", text=brief(_tidy(value))))
    for n, (_, column) in enumerate(series):
        look = f"s{n % SERIES + 1}"
        points = [None if v is None else (along[i], height(v)) for i, v in enumerate(column)]
        for i, (here, there) in enumerate(zip(points, points[1:], strict=False)):
            if here and there:
                dashed = " dashed" if guessed[i + 1] else ""
                drawing.marks.append(Mark("line", *here, x2=there[0], y2=there[1], look=look + dashed))
        drawing.marks += [Mark("dot", *point, look=look) for point in points if point]
        if len(values) <= FEW_POINTS:
            _say_values(drawing, points, column)
    lines = _under_the_axis(drawing, labels, along, floor)
    if len(series) > 1:
        drawing.legend = [(f"line s{n % SERIES + 1}", name) for n, (name, _) in enumerate(series)]
    drawing.height = floor + 30 + LABEL_LINE * (lines - 1)


def _say_values(drawing, points, column):
    for i, (point, value) in enumerate(zip(points, column, strict=True)):
        if point:
            look = "start" if i == 0 else "end" if i == len(points) - 1 else ""
            drawing.marks.append(
                Mark("text", point[0], point[1] - 9, look=f"{look} strong", text=shown(value))
            )


def _along(labels):
    """Where each row stands between 0 and 1: by its date where all labels are dates in order, else evenly."""
    dates = [_date(label) for label in labels]
    if None in dates or any(later <= earlier for earlier, later in pairwise(dates)):
        dates = list(range(len(labels)))
    span = (dates[-1] - dates[0]) or 1
    return [(date - dates[0]) / span for date in dates]


def _date(label):
    """A year, or a month and a year, as a number of years; None for anything else."""
    month, _, year = label.rpartition(" ")
    if not (len(year) == 4 and year.isascii() and year.isdecimal()) or (month and month not in MONTHS):
        return None
    return int(year) + (MONTHS.index(month) / 12 if month else 0)


def _under_the_axis(drawing, labels, along, floor):
    """The labels that have room, a month above its year; how many lines they take."""
    texts = [label.split(" ") if _date(label) is not None else [label] for label in labels]
    texts = [[text[0][:3], text[1]] if len(text) == 2 else text for text in texts]
    last, year = -100.0, ""
    for x, text in zip(along, texts, strict=True):
        room = max(map(len, text)) * 100 / NARROW
        if x - last >= room:
            last = x
            said = text[:1] if len(text) == 2 and text[1] == year else text
            year = text[-1]
            for n, words in enumerate(said):
                drawing.marks.append(Mark("text", x, floor + 20 + LABEL_LINE * n, text=words))
    return max(map(len, texts))


def _diagram(definition, drawing):
    """Boxes on a grid, joined by arrows that carry words. A row is as high as its fullest box."""
    nodes = {node["id"]: node for node in definition["nodes"]}
    across = max(node["col"] for node in nodes.values())
    step = 100 / across
    width = step * NODE_WIDTH
    characters = max(10, int(CHARACTERS_ACROSS / across * NODE_WIDTH))
    lines = {
        id: (
            textwrap.wrap(node["label"], max(8, int(characters * 0.82))),
            textwrap.wrap(node.get("detail", ""), characters),
        )
        for id, node in nodes.items()
    }
    heights = {id: _node_height(*text) for id, text in lines.items()}
    tops, y = {}, 1.0
    for row in sorted({node["row"] for node in nodes.values()}):
        tops[row] = y
        y += max(heights[id] for id, node in nodes.items() if node["row"] == row) + NODE_GAP
    drawing.height = y - NODE_GAP + 1
    drawing.is_wide = across > 1
    boxes = {
        id: (node["col"] * step - step / 2, tops[node["row"]], heights[id]) for id, node in nodes.items()
    }
    for link in definition["links"]:
        _arrow(drawing, boxes[link["from"]], boxes[link["to"]], width, link.get("label", ""))
    for id, (middle, top, height) in boxes.items():
        drawing.marks.append(Mark("box", middle - width / 2, top, width, height))
        at = top + NODE_PADDING + 12
        for look, texts in zip(("strong", ""), lines[id], strict=True):
            for text in texts:
                drawing.marks.append(Mark("text", middle, at, look=look, text=text))
                at += LABEL_LINE
    # Arrows first, then boxes, then all words: nothing covers a word.
    order = {"arrow": 0, "box": 1, "text": 2, "halo": 3}
    drawing.marks.sort(key=lambda mark: order[mark.kind])


def _node_height(label, detail):
    return 2 * NODE_PADDING + LABEL_LINE * (len(label) + len(detail)) - 1


def _arrow(drawing, start, end, width, words):
    (x1, top1, height1), (x2, top2, height2) = start, end
    if top1 == top2:
        side = width / 2 if x2 > x1 else -width / 2
        mark = Mark("arrow", x1 + side, top1 + height1 / 2, x2=x2 - side, y2=top2 + height2 / 2)
        at = ((mark.x + mark.x2) / 2, mark.y - 14)
    else:
        down = top2 > top1
        mark = Mark("arrow", x1, top1 + height1 if down else top1, x2=x2, y2=top2 if down else top2 + height2)
        at = ((mark.x + mark.x2) / 2, (mark.y + mark.y2) / 2)
    drawing.marks.append(mark)
    texts = textwrap.wrap(words, 8 if top1 == top2 else 24, break_long_words=False)
    for n, text in enumerate(texts):
        drawing.marks.append(
            Mark("halo", at[0], at[1] + 4 + LABEL_LINE * (n - (len(texts) - 1) / 2), text=text)
        )


_KINDS = {
    "bars": _bars,
    "grouped_bars": _grouped_bars,
    "stacked_bars": _stacked_bars,
    "lines": _lines,
    "diagram": _diagram,
    "table": _table_only,
}
