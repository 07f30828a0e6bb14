"""Verb: what is kept about a person is erased; their answers stay without a name. It sees every table, so it stands high.

Name, sign-in name, e-mail, notes, highlights, cards, and every text that they wrote or that was written about them go.
Attempts, answers and marks stay as rows of an account that is called "Removed account" and cannot sign in, so that the
results of a class and the statistics of a question stand. Of an answer that was typed only what it earned stays.
"""

import re
import secrets
from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from content.models import Course
from content.questions import get_kind
from studyapp.accounts.models import SignInFailure, User, removed_username
from studyapp.accounts.signing_in import account_key
from studyapp.classes.models import Cohort
from studyapp.quizzes.models import Attempt, SavedAnswer
from studyapp.quizzes.sittings import submit_attempt
from studyapp.study.personal_data import RULES, rows_of, sessions_of

NAME = "Removed account"
WRITER = re.compile(r"removed-[0-9a-f]{24}")
PURPOSES = ("sign_in", "reset", "told")  # what failures are counted for


class CannotErase(Exception):
    """The message says why."""


@dataclass(frozen=True)
class Kind:
    """Rows of one kind: how many, and whether they go or stay without a name."""

    words: str
    count: int
    goes: bool


def would_erase(person) -> list[Kind]:
    """What erasing this person would touch. Reads only."""
    return _touched(person, len(sessions_of(person)))


def _touched(person, sessions):
    found = [Kind(rule.words, rows_of(person, label).count(), rule.goes) for label, rule in RULES.items()]
    return [kind for kind in [*found, Kind("Sessions", sessions, True)] if kind.count]


@transaction.atomic
def erase(person: User, *, now) -> list[Kind]:
    """Erase this person, all or nothing; doing it again finds little. Raises CannotErase."""
    person = User.objects.select_for_update().get(pk=person.pk)
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
    if person.is_superuser and person.is_active and not others.exists():
        raise CannotErase("Nobody else runs this site. Give somebody else that right first.")
    sessions = sessions_of(person)
    for found in sessions:
        if found.others:
            data = SessionStore().encode(found.others)
            Session.objects.filter(pk=found.session.pk).update(session_data=data)
        else:
            found.session.delete()
    names = {name for name in (person.name, person.username, person.email) if name}
    _finish_attempts(person, now)
    touched = _touched(person, len(sessions))
    _take_words_out(person)
    for label, rule in RULES.items():
        if rule.goes:
            rows_of(person, label).delete()
        elif rule.blank:
            rows_of(person, label).update(**rule.blank)
    _forget_names(person, names)
    _take_name_from(person)
    return touched


def scrub_disk() -> None:
    """Let no page of SQLite's journal keep what was erased; at another time where somebody is using it."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _finish_attempts(person, now):
    """Nobody goes on with what they left open. What they saved is handed in, as when time is up."""
    running = Attempt.objects.select_for_update().filter(learner=person, state=Attempt.State.OPEN)
    for attempt in running.filter(quiz__isnull=False).select_related("quiz", "learner"):
        submit_attempt(attempt, now=now, by=person)
    running.update(state=Attempt.State.FINISHED, finished_at=now)


def _take_words_out(person):
    """Keep what counts of each answer: what was chosen, and of typed words what they earned.

    The name by which a browser sent it goes too; another one in its place keeps apart what was typed in two tabs.
    """
    writers, changed = {}, []
    answers = rows_of(person, "quizzes.SavedAnswer").select_related("item__question", "item__version")
    for answer in answers.iterator(chunk_size=500):
        kind = get_kind(answer.item.question.kind)
        if answer.response is not None and hasattr(kind, "without_words"):
            answer.response = kind.without_words(answer.item.version.content, answer.response)
        if not WRITER.fullmatch(answer.writer):
            new = writers.setdefault((answer.item_id, answer.writer), f"removed-{secrets.token_hex(12)}")
            answer.writer = new
        changed.append(answer)
    SavedAnswer.objects.bulk_update(changed, ["response", "writer"], batch_size=200)


def _forget_names(person, names):
    """Failures to sign in, and the history of the admin: what it says of this account, and of classes and courses where
    it names them."""
    keys = [account_key(name, purpose=purpose) for name in names for purpose in PURPOSES]
    SignInFailure.objects.filter(account__in=keys).delete()
    kinds = ContentType.objects.get_for_models(User, Cohort, Course)
    about = LogEntry.objects.filter(content_type=kinds[User], object_id=str(person.pk))
    about.update(object_repr=NAME, change_message="")
    written = [form for name in names for form in {name, _escaped(name)}]
    if not written:
        return
    named = re.compile(
        "|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(written, key=len)[::-1])
    )
    places = {
        Cohort: Cohort.objects.filter(enrolments__user=person),
        Course: Course.objects.filter(cohorts__enrolments__user=person)
        | Course.objects.filter(staff__user=person),
    }
    for model, rows in places.items():
        ids = [str(pk) for pk in rows.values_list("pk", flat=True)]
        for entry in LogEntry.objects.filter(content_type=kinds[model], object_id__in=ids):
            said = named.sub(NAME, entry.change_message)
            if said != entry.change_message:
                LogEntry.objects.filter(pk=entry.pk).update(change_message=said)


def _escaped(name):
    """As Django writes a name into the history of a form."""
    return name.encode("ascii", "backslashreplace").decode()


def _take_name_from(person):
    if not person.username.startswith("removed-") or person.is_active:
        person.username = removed_username()
    person.name, person.email, person.time_zone = NAME, "", "UTC"
    person.is_guest = person.is_staff = person.is_superuser = person.is_active = False
    person.last_seen_on = person.last_login = None
    if person.has_usable_password():
        person.set_unusable_password()
    person.groups.clear()
    person.user_permissions.clear()
    person.save()
