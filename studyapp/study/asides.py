"""What a learner says beside an answer: how sure they are of it, and whether they looked at the hint. Pure."""

from dataclasses import dataclass

SURE = {"yes": True, "no": False}


@dataclass(frozen=True)
class Aside:
    """`sure`: None where nothing was said."""

    sure: bool | None = None
    hint_used: bool = False

    def as_logged(self) -> dict:
        """The arguments of `record_answer` of the same names."""
        return {"sure": self.sure, "hint_used": self.hint_used}


def read_aside(data) -> Aside:
    """What was posted; anything that our forms do not send says nothing."""
    return Aside(SURE.get(data.get("sure", "")), data.get("hint", "") == "1")
