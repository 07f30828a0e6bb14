"""Quizzes in the admin: rules and slots. Showing one to learners asks first whether it can be drawn."""

import random

from django import forms
from django.contrib import admin, messages
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from content.limited import OwnCourses, own_course_ids
from content.models import Objective
from content.questions import KINDS
from studyapp.quizzes.allowing import renew_deadlines
from studyapp.quizzes.authoring import candidates_of, wanted_of
from studyapp.quizzes.drawing import CannotDraw, draw
from studyapp.quizzes.models import Quiz, Slot
from studyapp.quizzes.releasing import release_held, release_results

TYPED = ("lessons", "passages", "tags")
CHOSEN = ("levels", "kinds")


class SlotForm(forms.ModelForm):
    lessons = forms.CharField(required=False, help_text="Ids of lessons, with commas between. Empty: any.")
    passages = forms.CharField(required=False, help_text="Ids of passages, with commas between.")
    tags = forms.CharField(required=False, help_text="A question must have all of these.")
    levels = forms.MultipleChoiceField(required=False, choices=Objective.Level.choices)
    kinds = forms.MultipleChoiceField(
        required=False, choices=[(k, module.NAME) for k, module in KINDS.items()]
    )

    class Meta:
        model = Slot
        fields = ("position", "points", "question", "draw")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in TYPED:
            self.initial.setdefault(name, ", ".join(self.instance.filter.get(name, [])))
        for name in CHOSEN:
            self.initial.setdefault(name, self.instance.filter.get(name, []))

    def clean(self):
        given = super().clean()
        lists = {name: [w.strip() for w in given.get(name, "").split(",") if w.strip()] for name in TYPED}
        lists |= {name: list(given.get(name, ())) for name in CHOSEN}
        self.instance.filter = {name: found for name, found in lists.items() if found}
        return given


class SlotsFormSet(forms.BaseInlineFormSet):
    def clean(self):
        super().clean()
        quiz = self.instance
        if any(self.errors) or quiz.state != Quiz.State.READY or not quiz.course_id:
            return
        slots = [
            form.instance
            for form in self.forms
            if form not in self.deleted_forms and (form.has_changed() or form.instance.pk)
        ]
        if not slots:
            raise forms.ValidationError("A quiz needs at least one slot before learners can see it.")
        try:
            draw(wanted_of(slots), candidates_of(quiz.course), random.Random(0), for_exam=quiz.is_exam)
        except CannotDraw as refusal:
            raise forms.ValidationError([str(lack) for lack in refusal.lacks]) from None


class SlotInline(admin.StackedInline):
    model = Slot
    form = SlotForm
    formset = SlotsFormSet
    extra = 1
    autocomplete_fields = ("question",)

    def has_view_permission(self, request, obj=None):
        return True  # whoever may open the quiz

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(Quiz)
class QuizAdmin(OwnCourses):
    list_display = ("title", "course", "state", "preset", "opens_at", "closes_at", "released_at")
    list_filter = ("state", "preset")
    search_fields = ("title", "slug")
    inlines = (SlotInline,)
    actions = ("release",)
    readonly_fields = ("as_a_student", "released_at")
    fieldsets = (
        (None, {"fields": ("course", "slug", "title", "module", "position", "state", "as_a_student")}),
        ("Time", {"fields": ("time_limit_minutes", "opens_at", "closes_at")}),
        ("Attempts", {"fields": ("attempts_allowed", "counting", "delay_minutes", "password", "one_way")}),
        ("Questions", {"fields": ("shuffle_questions", "shuffle_options")}),
        ("Results", {"fields": ("preset", "custom", "pass_percent", "bands", "released_at")}),
    )

    def has_delete_permission(self, request, obj=None):
        return False  # attempts point here: a quiz is retired

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "course":
            kwargs["queryset"] = db_field.related_model.objects.filter(pk__in=own_course_ids(request))
        if db_field.name == "module":
            kwargs["queryset"] = db_field.related_model.objects.filter(course__in=own_course_ids(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="As a student")
    def as_a_student(self, quiz):
        if quiz.pk is None:
            return "After saving, its page lets you preview it as a student."
        return format_html(
            '<a href="{}">Open its page and preview it</a>',
            reverse("quizzes:quiz", args=[quiz.course.slug, quiz.slug]),
        )

    def save_related(self, request, form, formsets, change):
        """New rules reach attempts that run, and a new closing date what it releases."""
        super().save_related(request, form, formsets, change)
        now = timezone.now()
        attempts = form.instance.attempts.all()
        renew_deadlines(attempts, now=now, by=request.user, reason="rules of the quiz changed")
        release_held(attempts, now=now)

    @admin.action(description="Release the results")
    def release(self, request, quizzes):
        done = sum(release_results(quiz, now=timezone.now()) for quiz in quizzes)
        messages.success(request, f"Results released: {done} quiz{'' if done == 1 else 'zes'}.")
