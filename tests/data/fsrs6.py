"""Golden values of FSRS-6, computed from its published formulas with decimals of 40 digits and no package.

Formulas and default parameters:
https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm (FSRS-6)

    python tests/data/fsrs6.py > tests/data/fsrs6.csv

A row is one answer of a history: its rating (1 again, 2 hard, 3 good), the days since the answer before (0: the same
day), the stability and difficulty after it, the days until recall falls to 0.8, 0.9 and 0.95 (whole, 1 to 365), and
the recall predicted 1 and 30 days later.
"""

import csv
import sys
from decimal import ROUND_HALF_EVEN, Decimal, getcontext

getcontext().prec = 40
D = Decimal

W = [
    D(text)
    for text in [
        "0.212",
        "1.2931",
        "2.3065",
        "8.2956",
        "6.4133",
        "0.8334",
        "3.0194",
        "0.001",
        "1.8722",
        "0.1666",
        "0.796",
        "1.4835",
        "0.0614",
        "0.2629",
        "1.6483",
        "0.6014",
        "1.8729",
        "0.5425",
        "0.0912",
        "0.0658",
        "0.1542",
    ]
]
FACTOR = D("0.9") ** (-1 / W[20]) - 1
LONGEST = 365

HISTORIES = {
    "good from the start": [(3, 0), (3, 2), (3, 11), (3, 46)],
    "forgotten, then learned": [(1, 0), (3, 1), (1, 5), (2, 1), (3, 3)],
    "twice in one day": [(2, 0), (3, 0), (1, 0), (3, 4)],
    "late and right": [(3, 0), (3, 30), (3, 300)],
    "early and right": [(3, 0), (3, 1), (3, 1), (3, 1)],
    "always partly right": [(2, 0), (2, 1), (2, 2), (2, 4), (2, 8)],
    "never right": [(1, 0), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1)],
    "forgotten after long": [(3, 0), (3, 3), (3, 12), (1, 60), (3, 1), (3, 5)],
    "wrong again the same day": [(3, 0), (1, 3), (1, 0), (3, 0)],
    "hard, then good": [(2, 0), (3, 2), (2, 6), (3, 9), (1, 40), (2, 2), (3, 5)],
}


def recall(stability, days):
    return (1 + FACTOR * days / stability) ** -W[20]


def first(rating):
    return W[rating - 1], bounded(W[4] - (W[5] * (rating - 1)).exp() + 1)


def following(stability, difficulty, rating, days):
    return next_stability(stability, difficulty, rating, days), next_difficulty(difficulty, rating)


def next_stability(stability, difficulty, rating, days):
    if days == 0:  # the same day
        growth = (W[17] * (rating - 3 + W[18])).exp() * stability ** -W[19]
        return stability * (max(growth, D(1)) if rating >= 2 else growth)
    at = recall(stability, days)
    if rating == 1:
        forgotten = W[11] * difficulty ** -W[12] * ((stability + 1) ** W[13] - 1) * (W[14] * (1 - at)).exp()
        return min(forgotten, stability / (W[17] * W[18]).exp())
    hard = W[15] if rating == 2 else D(1)
    growth = W[8].exp() * (11 - difficulty) * stability ** -W[9] * ((W[10] * (1 - at)).exp() - 1) * hard
    return stability * (1 + growth)


def next_difficulty(difficulty, rating):
    damped = difficulty - W[6] * (rating - 3) * (10 - difficulty) / 9
    easiest = W[4] - (W[5] * 3).exp() + 1
    return bounded(W[7] * easiest + (1 - W[7]) * damped)


def bounded(difficulty):
    return min(max(difficulty, D(1)), D(10))


def interval(stability, desired):
    days = stability / FACTOR * (D(desired) ** (-1 / W[20]) - 1)
    return min(max(int(days.quantize(D(1), ROUND_HALF_EVEN)), 1), LONGEST)


def rows():
    yield [
        "history",
        "rating",
        "days",
        "stability",
        "difficulty",
        "at 0.8",
        "at 0.9",
        "at 0.95",
        "in 1",
        "in 30",
    ]
    for name, history in HISTORIES.items():
        state = None
        for rating, days in history:
            state = following(*state, rating, days) if state else first(rating)
            yield [
                name,
                rating,
                days,
                *(f"{value:.12f}" for value in state),
                *(interval(state[0], desired) for desired in ("0.8", "0.9", "0.95")),
                *(f"{recall(state[0], later):.12f}" for later in (1, 30)),
            ]


if __name__ == "__main__":
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows())
