from content.models.course import Course, Lesson, LessonRevision, Module, Objective, Passage
from content.models.importing import ImportedQuestion, QuestionImport, Upload
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
    "ImportedQuestion",
    "Lesson",
    "LessonRevision",
    "Module",
    "Objective",
    "Passage",
    "Question",
    "QuestionImport",
    "QuestionVersion",
    "RowRevision",
    "SourceDocument",
    "Term",
    "Topic",
    "Upload",
    "Work",
]
