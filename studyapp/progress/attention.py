"""Who needs a teacher's attention, and why in words. Pure; by rule, not by guess.

The rules, in the order in which they are asked; the first that holds is given:
1. *Away*: has studied, but not for 10 days.
2. *Not started*: joined at least 7 days ago and has neither read nor answered anything.
3. *Reads, but does not know*: at least 4 passages read, and fewer than a third of those are known or were.
4. *Fading*: at least 2 passages that were known are slipping, and no fewer than still stand. Everybody forgets
   something all the time; a rule that named everybody would name nobody.
"""

from dataclasses import dataclass
from datetime import datetime

AWAY_DAYS = 10
START_DAYS = 7
ENOUGH_READ = 4
KNOWN_SHARE = 1 / 3
MANY_FADING = 2

RULES = (
    f"Away: nothing read or answered for {AWAY_DAYS} days.",
    f"Not started: in the class for {START_DAYS} days, and nothing read or answered.",
    f"Reads, but does not know: {ENOUGH_READ} passages or more read, and fewer than a third of them ever known.",
    f"Fading: {MANY_FADING} passages or more that were known are slipping, at least half of all.",
)


@dataclass(frozen=True)
class Reason:
    """`code`: away, not-started, not-known or fading; `title` and `text` are for the teacher."""

    code: str
    title: str
    text: str


def reason_for(
    *, joined_at: datetime, last_at: datetime | None, read: int, known: int, fading: int, now: datetime
):
    """The first rule that holds for a learner, as a `Reason`, or None. Counts are of passages."""
    if last_at is not None and (days := (now - last_at).days) >= AWAY_DAYS:
        return Reason(
            "away", f"Away for {days} days.", f"Read {passages(read)}; {known or 'none'} known now."
        )
    if last_at is None:
        days = (now - joined_at).days
        if days < START_DAYS:
            return None
        return Reason("not-started", "Not started.", f"Joined {days} days ago and has read nothing yet.")
    if read >= ENOUGH_READ and known + fading < read * KNOWN_SHARE:
        return Reason(
            "not-known", "Reads, but does not know.", f"{passages(read).capitalize()} read, {known} known."
        )
    if fading >= MANY_FADING and fading >= known:
        were = known + fading
        return Reason("fading", "Fading.", f"{fading} of {passages(were)} that were known are slipping.")
    return None


def passages(number: int) -> str:
    return "one passage" if number == 1 else f"{number} passages"
