"""Where the questions of a file belong in a course: lesson, passage, objective, works and tags, by their ids.

What the file names and the course does not have is left out and told, question by question.
"""

import re

from django.utils.text import slugify

from content.models import Lesson, Objective, Passage, Work

TAG_LENGTH = 60


class Places:
    """The lessons, passages, objectives and works of a course, read once: four queries."""

    def __init__(self, course):
        lessons = (
            Lesson.objects.filter(course=course)
            .exclude(state=Lesson.State.RETIRED)
            .order_by("module__position", "position", "pk")
            .defer("body", "lead", "claims", "summary_html", "apparatus")
        )
        self.course = course
        self.lessons = list(lessons)
        self._by_id = {lesson.pk: lesson for lesson in self.lessons}
        self._by_name = {}
        for lesson in self.lessons:
            for name in (lesson.slug, _folded(lesson.title)):
                self._by_name.setdefault(name, lesson)
        live = {"course": course, "is_retired": False}
        self.passages = {row.slug: row for row in Passage.objects.filter(**live).only("slug", "lesson")}
        self.objectives = {row.slug: row for row in Objective.objects.filter(**live).only("slug", "lesson")}
        self.works = set(Work.objects.filter(**live).values_list("slug", flat=True))

    def lesson(self, pk):
        return self._by_id.get(pk)

    def named_by(self, draft):
        """The lesson that a draft names by its passage or by the folder it lay in; None where it names none."""
        passage = self.passages.get(draft.passage)
        if passage is not None and passage.lesson_id in self._by_id:
            return self._by_id[passage.lesson_id]
        return self._by_name.get(_folded(draft.category[-1])) if draft.category else None

    def columns(self, draft, lesson):
        """({column: value} of what the draft says about its place, [(code, message)] of what the course has not)."""
        found, missing = {}, []
        for name, rows in (("passage", self.passages), ("objective", self.objectives)):
            said = getattr(draft, name)
            row = rows.get(said)
            if row is not None and row.lesson_id == lesson.pk:
                found[f"{name}_id"] = row.pk
            elif said:
                message = f'The lesson "{lesson.slug}" has no {name} "{said[:80]}"; it was left out.'
                missing.append((f"lossy.{name}", message))
        works = [work for work in draft.sources if work in self.works]
        if works:
            found["works"] = works
        for work in draft.sources:
            if work not in self.works:
                missing.append(("lossy.source", f'The course has no source "{work[:80]}"; it was left out.'))
        if draft.level:
            found["level"] = draft.level
        return found, missing

    def tags(self, draft):
        """(names of tags, [(code, message)] of those that have no letters for an id).

        The folder of a question becomes a tag where no lesson is called like it.
        """
        said = list(draft.tags)
        folders = [part for part in draft.category if _folded(part) != _folded(self.course.title)]
        if folders and _folded(folders[-1]) not in self._by_name:
            said.append(" ".join(folders))
        names, missing = [], []
        for tag in said:
            name = re.sub("[-_]+", "-", slugify(tag))[:TAG_LENGTH].strip("-")
            if name:
                names.append(name)
            else:
                message = f'The tag "{tag[:60]}" cannot be kept: tags are words of Latin letters and digits.'
                missing.append(("lossy.tag", message))
        return list(dict.fromkeys(names)), missing


def _folded(name):
    return slugify(name) or name.strip().casefold()
