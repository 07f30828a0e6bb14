"""From answers to marks: which saved answer is the current one, what an attempt earned, which attempts count. Pure."""

import math
from dataclasses import dataclass

# Sums of thirds must still reach a pass mark that they reach on paper.
_ALMOST = 1e-9


def current_of(answers):
    """The answer that counts among those saved for one item, or None.

    `answers` come in the order of their arrival, each with `writer`, `number` and `counts`. Of each writer
    (one open page) the highest number stands, whenever it arrived: what a page sent earlier never comes back.
    Between writers the last of these to arrive wins. One that does not count (it came late, and nobody accepted
    it) is kept but never current.
    """
    newest = {}
    for place, answer in enumerate(answers):
        if answer.counts and (answer.writer not in newest or answer.number > newest[answer.writer][1].number):
            newest[answer.writer] = (place, answer)
    return max(newest.values(), key=lambda pair: pair[0])[1] if newest else None


@dataclass(frozen=True)
class Score:
    """Points earned, or None while a person still has to mark; `maximum` is the sum of the items' points."""

    points: float | None
    maximum: float

    @property
    def percent(self) -> float | None:
        """0 … 100; None while unmarked, and for a quiz that gives no points at all."""
        return None if self.points is None or not self.maximum else 100 * self.points / self.maximum

    def is_passed(self, pass_percent: int) -> bool | None:
        """None where there is no pass mark, or no score yet."""
        if not pass_percent or self.percent is None:
            return None
        return self.percent + _ALMOST >= pass_percent


def score_of(items) -> Score:
    """The score of one attempt. `items`: (points, fraction) each, fraction None where nobody has marked it.

    The total is withheld while an item that is worth points waits for its mark.
    """
    items = list(items)
    maximum = math.fsum(points for points, _ in items)
    if any(fraction is None for points, fraction in items if points):
        return Score(None, maximum)
    return Score(math.fsum(points * fraction for points, fraction in items if points), maximum)


def counting_score(percents, rule: str) -> float | None:
    """The per cent that stand for a person, from those of their attempts in order of starting.

    `rule`: highest, mean, first or last. None where there is nothing, and where one that decides has no mark yet:
    the highest and the mean wait for all, the first and the last for that one only.
    """
    percents = list(percents)
    if rule in ("first", "last"):
        percents = percents[:1] if rule == "first" else percents[-1:]
    if not percents or any(percent is None for percent in percents):
        return None
    return max(percents) if rule == "highest" else math.fsum(percents) / len(percents)


def counting_attempts(percents, rule: str) -> set[int]:
    """Indices of the attempts that count: all for the mean, else one; of equal highest ones the first."""
    if not percents:
        return set()
    if rule == "mean":
        return set(range(len(percents)))
    if rule in ("first", "last"):
        return {0 if rule == "first" else len(percents) - 1}
    if any(percent is None for percent in percents):
        return set()
    return {percents.index(max(percents))}


def band_of(bands, percent: float | None) -> str:
    """The text for this score: of the highest band that begins at or below it; "" where there is none."""
    if percent is None:
        return ""
    reached = [band for band in bands if percent + _ALMOST >= band["from"]]
    return max(reached, key=lambda band: band["from"])["text"] if reached else ""
