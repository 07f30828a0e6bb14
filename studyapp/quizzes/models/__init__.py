from studyapp.quizzes.models.attempt import Attempt, AttemptItem, Mark, SavedAnswer

__all__ = ["Attempt", "AttemptItem", "Mark", "SavedAnswer"]
