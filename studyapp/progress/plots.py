"""Plots as geometry: x in per cent of the width, y in pixels, colours by class; each with its words and its table. Pure."""

from dataclasses import dataclass, field

TALLEST = 77  # px, the highest bar
TOP = 27  # px above it, for its number
ROW = 54  # px, one lying bar with its name
DAYS_A_ROW = 10


@dataclass(frozen=True)
class Rect:
    look: str
    x: str
    y: float
    width: str
    height: float
    round: float = 0


@dataclass(frozen=True)
class Text:
    look: str
    x: str
    y: float
    text: str


@dataclass(frozen=True)
class Plot:
    """`table`: rows of cells, the heading first; the first cell of each names its row."""

    title: str
    desc: str
    height: int
    rects: list[Rect]
    texts: list[Text]
    table: list[tuple]
    look: str = ""
    axis: int | None = None
    legend: list[tuple[str, str]] = field(default_factory=list)  # look, words


@dataclass(frozen=True)
class Column:
    """One bar of `standing`. `parts`: (look, value) from below; `tick` stands under it, `note` below that."""

    parts: tuple
    text: str = ""
    tick: str = ""
    note: str = ""
    is_now: bool = False

    @property
    def value(self) -> float:
        return sum(value for _, value in self.parts)


def standing(columns, *, title, desc, table, legend=(), look="") -> Plot:
    """Bars side by side, the tallest as high as the plot."""
    most = max((column.value for column in columns), default=0) or 1
    step = 100 / len(columns) if columns else 100
    wide = step * 0.7 if len(columns) < 40 else step * 0.82
    foot, rects, texts = TOP + TALLEST, [], []
    for i, column in enumerate(columns):
        x, y = i * step, float(foot)
        for look_of_part, value in column.parts:
            tall = round(value / most * TALLEST, 1)
            if tall > 0:
                tall = max(tall, 2.0)
                y = round(y - tall, 1)
                rects.append(Rect(look_of_part, f"{x:.2f}%", y, f"{wide:.2f}%", tall))
        middle = f"{x + wide / 2:.2f}%"
        if column.text:
            texts.append(Text("strong" if column.is_now else "", middle, y - 6, column.text))
        if column.tick:
            texts.append(Text("", middle, foot + 18, column.tick))
        if column.note:
            texts.append(
                Text("start", f"{x:.2f}%", foot + (38 if any(c.tick for c in columns) else 20), column.note)
            )
    below = (22 if any(c.tick for c in columns) else 4) + (20 if any(c.note for c in columns) else 0)
    return Plot(title, desc, foot + below, rects, texts, table, look, axis=foot, legend=list(legend))


@dataclass(frozen=True)
class Lying:
    """One row of `lying`: its name, a share 0 … 1 (None: too little to say), and what stands at its end."""

    name: str
    share: float | None
    text: str
    look: str = "k-m"


def lying(rows, *, title, desc, table) -> Plot:
    """Shares of the whole width below each other, each under its name."""
    rects, texts = [], []
    for i, row in enumerate(rows):
        y = i * ROW
        texts.append(Text("start name", "0%", y + 15, row.name))
        texts.append(Text("end", "100%", y + 15, row.text))
        rects.append(Rect("k-0", "0%", y + 22.5, "100%", 11, 1.5))
        if row.share:
            rects.append(Rect(row.look, "0%", y + 22, f"{100 * min(row.share, 1):.2f}%", 12, 1.5))
    return Plot(title, desc, max(0, len(rows) * ROW - 16), rects, texts, table, look="bymod")


def days(numbers, *, title, desc, table) -> Plot:
    """A square for each day, filled where it was studied; `numbers`: (day of the month, studied)."""
    step = 10.14
    rects, texts = [], []
    for i, (number, studied) in enumerate(numbers):
        x, y = i % DAYS_A_ROW * step, i // DAYS_A_ROW * 38
        rects.append(Rect("hi" if studied else "lo", f"{x:.2f}%", y + 0.5, "8.74%", 32, 3))
        texts.append(Text("on" if studied else "", f"{x + 4.37:.2f}%", y + 21, str(number)))
    rows = -(-len(numbers) // DAYS_A_ROW)
    return Plot(title, desc, rows * 38 - 2, rects, texts, table, look="days")
