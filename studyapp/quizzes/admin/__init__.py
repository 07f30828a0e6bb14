"""What those who make quizzes see. Saving calls the verbs of `quizzes.authoring`; rights come from `content.limited`."""

from studyapp.quizzes.admin import quiz

__all__ = ["quiz"]
