"""From what a machine marked to how memory is rated. Pure."""

from studyapp.review.scheduling import Rating


def rating_of(fraction: float, *, hint_used: bool = False) -> Rating:
    """Wrong → again; partly right, or right with a hint → hard; right → good. Never easy: nobody guesses at ease."""
    if fraction <= 0:
        return Rating.AGAIN
    if fraction < 1 or hint_used:
        return Rating.HARD
    return Rating.GOOD
