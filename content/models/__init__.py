from content.models.course import Course, Lesson, LessonRevision, Module, Objective, Passage
from content.models.question import Question, QuestionVersion, Topic
from content.models.reference import Asset, Event, Figure, SourceDocument, Term, Work
from content.models.revision import RowRevision
from content.models.staff import CourseStaff

__all__ = [
    "Asset",
    "Course",
    "CourseStaff",
    "Event",
    "Figure",
    "Lesson",
    "LessonRevision",
    "Module",
    "Objective",
    "Passage",
    "Question",
    "QuestionVersion",
    "RowRevision",
    "SourceDocument",
    "Term",
    "Topic",
    "Work",
]
