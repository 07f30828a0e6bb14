from studyapp.quizzes.models.attempt import Attempt, AttemptEvent, AttemptItem, Mark, SavedAnswer
from studyapp.quizzes.models.quiz import Allowance, Quiz, Slot

__all__ = ["Allowance", "Attempt", "AttemptEvent", "AttemptItem", "Mark", "Quiz", "SavedAnswer", "Slot"]
