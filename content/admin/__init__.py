"""What authors see. Saving calls the verbs of `content.authoring`; rights come from `content.limited`."""

from content.admin import course, imports, question, reference

__all__ = ["course", "imports", "question", "reference"]
