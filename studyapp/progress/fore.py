"""The fore-edge: passages as the edges of a book's pages, each as high as it is known. Pure geometry."""

from dataclasses import dataclass

# What of an edge's height is filled, by state.
FILLED = {
    "not_started": 0.0,
    "seen": 0.2,
    "familiar": 0.45,
    "proficient": 0.75,
    "mastered": 1.0,
    "fading": 0.4,
}
EDGE = 2  # px, the line at the foot of every passage
GAP_OF_LESSONS = 0.4  # of one step


@dataclass(frozen=True)
class Edge:
    """One rectangle. `x` and `width` as written into the drawing (px or per cent); `y`, `height` in px."""

    look: str  # edge, fill, fade or lost
    x: str
    y: float
    width: str
    height: float


def small(states, *, height=18, width=12, step=15):
    """The edges of one lesson, in px, and how wide they are in all."""
    edges = []
    for i, state in enumerate(states):
        edges += _edges(state, f"{i * step}", f"{width}", height)
    return edges, max(0, len(states) * step - (step - width))


def whole(lessons, *, height=56):
    """The edges of a course, in per cent of the width; `lessons`: a list of states for each lesson."""
    count = sum(map(len, lessons))
    gaps = max(0, sum(1 for states in lessons if states) - 1)
    if not count:
        return []
    step = 100 / (count + gaps * GAP_OF_LESSONS - 0.18)
    edges, x = [], 0.0
    for states in lessons:
        for state in states:
            edges += _edges(state, f"{x:.2f}%", f"{step * 0.82:.2f}%", height)
            x += step
        if states:
            x += step * GAP_OF_LESSONS
    return edges


def middle_of(lessons, lesson, passage) -> float | None:
    """Where the `passage`-th (from 0) of the `lesson`-th stands in `whole`, in per cent of the width."""
    count = sum(map(len, lessons))
    gaps = max(0, sum(1 for states in lessons if states) - 1)
    if not count or not 0 <= passage < len(lessons[lesson]):
        return None
    step = 100 / (count + gaps * GAP_OF_LESSONS - 0.18)
    before = sum(len(states) + (GAP_OF_LESSONS if states else 0) for states in lessons[:lesson])
    return round((before + passage + 0.41) * step, 2)


def stacked(rows, *, step=54) -> dict:
    """Bars of parts, one a row: {"height", "rows"}. `rows`: (number, title, ((look, count), …)).

    Lengths in per cent, against the row with most; `y` in px. The first part counts as known.
    """
    most = max((sum(count for _, count in parts) for _, _, parts in rows), default=0) or 1
    drawn = []
    for i, (number, title, parts) in enumerate(rows):
        x, bars = 0.0, []
        for look, count in parts:
            if count:
                length = 100 * count / most
                bars.append({"look": look, "x": f"{x:.2f}", "width": f"{max(0.5, length - 0.5):.2f}"})
                x += length
        total = sum(count for _, count in parts)
        drawn.append(
            {
                "y": i * step,
                "number": number,
                "title": title,
                "known": parts[0][1],
                "total": total,
                "parts": bars,
            }
        )
    return {"height": max(0, len(rows) * step - 16), "rows": drawn}


def _edges(state, x, width, height):
    edges = [Edge("edge", x, height - EDGE, width, EDGE)]
    filled = round(FILLED[state] * height, 1)
    if filled:
        look = "fade" if state == "fading" else "fill"
        edges.append(Edge(look, x, round(height - filled, 1), width, filled))
    if state == "fading":
        edges.append(Edge("lost", x, 0.5, width, height - 0.5))
    return edges
