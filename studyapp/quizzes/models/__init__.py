from studyapp.quizzes.models.attempt import (
    Acceptance,
    Attempt,
    AttemptEvent,
    AttemptItem,
    DraftMark,
    Mark,
    ProblemReport,
    SavedAnswer,
)
from studyapp.quizzes.models.quiz import Allowance, Quiz, QuizEvent, Slot

__all__ = [
    "Acceptance",
    "Allowance",
    "Attempt",
    "AttemptEvent",
    "AttemptItem",
    "DraftMark",
    "Mark",
    "ProblemReport",
    "Quiz",
    "QuizEvent",
    "SavedAnswer",
    "Slot",
]
