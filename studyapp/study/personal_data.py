"""What is kept about one person: one table of rules, for what they are given (`my_data`) and what is erased (`erasing`).

A row belongs to a person when it hangs on their account by foreign keys that CASCADE, directly or over other rows. `RULES`
has a line for each such model; a test demands it of a new one. Where somebody only acted on a row (`by`, `created_by`: SET
NULL) it is not theirs, and the number of their account stays in it: it names nobody any more.
"""

from dataclasses import dataclass, field

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from studyapp.accounts.models import User, folded
from studyapp.quizzes.models import Attempt
from studyapp.quizzes.saving import KEPT


@dataclass(frozen=True)
class Rule:
    """`owner`: the way to the person. `goes`: erasing removes the rows; else they stay, without a name, and the columns
    `blank` get these values. `hidden`: columns that are secrets or inner workings, and so are not given away."""

    words: str
    owner: str
    goes: bool = True
    blank: dict = field(default_factory=dict)
    hidden: tuple = ()


STAYS = {"goes": False}
RULES = {
    "accounts.Notice": Rule("Notices", "user"),
    "accounts.SignInLink": Rule("One-time sign-in links", "user", hidden=("token_hash",)),
    # What somebody did in the admin. The record of it stays; it may name others, so it is not given away.
    "admin.LogEntry": Rule(
        "Acts in the admin",
        "user",
        **STAYS,
        hidden=("content_type", "object_id", "object_repr", "change_message"),
    ),
    "classes.Enrolment": Rule("Classes", "user", **STAYS),
    "content.CourseStaff": Rule("Courses written", "user"),
    "content.Upload": Rule("Files of questions not yet imported", "user", hidden=("data", "reading")),
    "quizzes.Allowance": Rule("Extra time and attempts", "user", **STAYS, blank={"reason": ""}),
    "quizzes.Attempt": Rule("Attempts", "learner", **STAYS),
    "quizzes.AttemptEvent": Rule(
        "What happened to attempts", "attempt__learner", **STAYS, blank={"reason": ""}
    ),
    "quizzes.AttemptItem": Rule("Questions asked", "attempt__learner", **STAYS, hidden=("presented", "slot")),
    # Its words go, and the ids that its browser chose: see `erasing`.
    "quizzes.SavedAnswer": Rule("Answers", "item__attempt__learner", **STAYS, hidden=("client_id",)),
    "quizzes.Acceptance": Rule(
        "Late answers that count", "answer__item__attempt__learner", **STAYS, blank={"reason": ""}
    ),
    "quizzes.DraftMark": Rule(
        "Marks and comments by people", "item__attempt__learner", **STAYS, blank={"comment": ""}
    ),
    "quizzes.Mark": Rule("Marks", "item__attempt__learner", **STAYS),
    "quizzes.ProblemReport": Rule("Problems reported", "item__attempt__learner"),
    "reading.CalendarFeed": Rule("Address of the calendar", "learner", hidden=("nonce", "token_hash")),
    "reading.Highlight": Rule("Highlights", "learner", hidden=("fingerprint",)),
    "reading.Note": Rule("Notes", "learner"),
    "reading.PassageRead": Rule("Passages read", "learner"),
    "reading.ReadingPlace": Rule("Where reading stopped", "learner"),
    "review.Card": Rule("Memory of each question", "learner"),
    "review.ExamDate": Rule("Days of exams", "learner"),
    "review.ReviewLog": Rule("Answers in review", "learner", hidden=("client_id", "presented")),
    "review.ReviewSettings": Rule("Review settings", "learner"),
}


def rows_of(person, label):
    """The rows of a model that belong to this person, oldest first."""
    return apps.get_model(label)._default_manager.filter(**{RULES[label].owner: person}).order_by("pk")


@dataclass(frozen=True)
class FoundSession:
    """A session with what in it is a person's, and what is somebody else's: then it goes on without the person's."""

    session: Session
    own: dict
    others: dict


def sessions_of(person) -> list[FoundSession]:
    """Where they are signed in, or about to bring their guest's answers along; and browsers that are signed out and keep
    answers of theirs. Sessions are looked into one by one: only inside they say whose they are."""
    attempts = {str(pk) for pk in Attempt.objects.filter(learner=person).values_list("pk", flat=True)}
    found = []
    for session in Session.objects.iterator(chunk_size=500):
        data = session.get_decoded()
        if data.get(SESSION_KEY) == str(person.pk):
            found.append(FoundSession(session, data, {}))
            continue
        kept = data.get(KEPT) or {}
        own = (
            {KEPT: {pk: form for pk, form in kept.items() if pk in attempts}} if attempts & set(kept) else {}
        )
        others = data | ({KEPT: {pk: form for pk, form in kept.items() if pk not in attempts}} if own else {})
        if data.get("guest_to_bring") == person.pk:
            own["guest_to_bring"] = others.pop("guest_to_bring")
        if own:
            found.append(FoundSession(session, own, others))
    return found


def person_named(name: str) -> User | None:
    """Whoever has this sign-in name, e-mail or number; guests and accounts that are switched off too."""
    typed = folded(name)
    if not typed:
        return None
    person = (
        User.objects.filter(username_folded=typed).first() or User.objects.filter(email_folded=typed).first()
    )
    if person is None and typed.isascii() and typed.isdecimal() and len(typed) < 19:
        person = User.objects.filter(pk=int(typed)).first()
    return person
