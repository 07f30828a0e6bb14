"""Who gets what at every address: one row for each name in the URLconf and each method.

To add a page, add a row. `GET` and `POST` say what each role gets; a method that is left out must answer 405.
`at` names the parts of the address in the world of `world.py` (ours), `foreign` those of another class, where by
default only its own people and the superuser get in. `data` is what is posted, so that the answer is about rights
and not about a form that was left empty.

What a role can get:

    OK     the page, a redirect to another page of the product, or 422: this person may, the form was not complete
    LOGIN  the way to sign in
    INDEX  the first page of the admin, as for a row that does not exist
    400 403 404 405 409
"""

from dataclasses import dataclass, field

from content.models import Asset, Event, Figure, QuestionImport, Term, Work
from tests.factories import THEN
from tests.trust.world import ROLES

OK, LOGIN, INDEX = "ok", "login", "index"


def everyone(outcome=OK, **others) -> dict:
    """The same for every role, apart from those named."""
    return {role: others.get(role, outcome) for role in ROLES}


def only(*roles, otherwise=404, **others) -> dict:
    """OK for these roles; for the rest `otherwise`, or what is named for one of them."""
    return everyone(otherwise) | others | dict.fromkeys(roles, OK)


SIGNED_IN = everyone(anonymous=LOGIN)
# Whoever may read a course that is for a class: its members and staff.
MEMBERS = only("learner", "assistant", "instructor", "superuser")
THEIR_MEMBERS = only("outsider", "other_instructor", "superuser")
TEACHERS = only("assistant", "instructor", "superuser", anonymous=LOGIN)
THEIR_TEACHERS = only("other_instructor", "superuser", anonymous=LOGIN)
NOBODY = everyone(404)
NOBODY_SIGNED_IN = everyone(404, anonymous=LOGIN)
STAFF = only("other_instructor", "instructor", "superuser", otherwise=LOGIN)


def staff(outcome) -> dict:
    """The same for everybody with access to the admin; the rest is asked to sign in."""
    return everyone(LOGIN, other_instructor=outcome, instructor=outcome, superuser=outcome)


SUPERUSER = only("superuser", otherwise=403, **dict.fromkeys(ROLES[:5], LOGIN))


@dataclass(frozen=True)
class Row:
    name: str
    at: dict = field(default_factory=dict)
    GET: dict | None = None
    POST: dict | None = None
    data: dict = field(default_factory=dict)
    # Addresses of another class (or of nothing), each with what a GET and a POST get there.
    foreign: tuple = ()


@dataclass(frozen=True)
class Foreign:
    at: dict
    GET: dict | None = None
    POST: dict | None = None


COURSE = {"course": "rivers"}
THEIR_COURSE = {"course": "deltas"}
OPEN_COURSE = {"course": "hills"}
NO_COURSE = {"course": "no-such-course"}
LESSON = {"lesson": "rivers-sources"}
THEIR_LESSON = {"lesson": "deltas-sources"}
OPEN_LESSON = {"lesson": "hill-sources"}


def course_row(name, *, post=False, data=None):
    """A page of a course: for its members; an open course is for everybody."""
    both = lambda who: {"GET": who, "POST": who if post else None}  # noqa: E731
    return Row(
        name,
        COURSE,
        **both(MEMBERS),
        data=data or {},
        foreign=(
            Foreign(THEIR_COURSE, **both(THEIR_MEMBERS)),
            Foreign(OPEN_COURSE, **both(everyone())),
            Foreign(NO_COURSE, **both(NOBODY)),
        ),
    )


def lesson_row(name, *, get=True, post=False, data=None, question=False):
    """A page of a lesson; with `question`, of one question in it."""

    def at(course, lesson, slug):
        return course | lesson | ({"question": slug} if question else {})

    def both(who):
        return {"GET": who if get else None, "POST": who if post else None}

    mine, theirs, free = "rivers-true-false", "deltas-true-false", "hill-true-false"
    return Row(
        name,
        at(COURSE, LESSON, mine),
        **both(MEMBERS),
        data=data or {},
        foreign=(
            Foreign(at(THEIR_COURSE, THEIR_LESSON, theirs), **both(THEIR_MEMBERS)),
            Foreign(at(OPEN_COURSE, OPEN_LESSON, free), **both(everyone())),
            # A lesson of another course under the address of ours, and one that does not exist.
            Foreign(at(COURSE, THEIR_LESSON, mine), **both(NOBODY)),
            Foreign(at(COURSE, {"lesson": "no-such-lesson"}, mine), **both(NOBODY)),
            *([Foreign(at(COURSE, LESSON, theirs), **both(NOBODY))] if question else []),
        ),
    )


def cohort_row(name, *, student=False):
    """A page about a class, for those who teach it; with `student`, about one learner of it."""

    def at(cohort, learner):
        return {"cohort": cohort} | ({"student": learner} if student else {})

    return Row(
        name,
        at("OUR_COHORT", "OUR_LEARNER"),
        GET=TEACHERS,
        foreign=(
            Foreign(at("THEIR_COHORT", "THEIR_LEARNER"), GET=THEIR_TEACHERS),
            Foreign(at(2**62, "OUR_LEARNER"), GET=NOBODY_SIGNED_IN),
            *(
                [
                    Foreign(at("OUR_COHORT", "THEIR_LEARNER"), GET=NOBODY_SIGNED_IN),
                    Foreign(at("OUR_COHORT", "OUR_INSTRUCTOR"), GET=NOBODY_SIGNED_IN),
                ]
                if student
                else []
            ),
        ),
    )


def course_verb_row(name, own, theirs, *, data=None, **more):
    """Something that is done to a row of a course in the admin: by its staff; others land on the first page."""
    both = lambda who: {"GET": who, "POST": who}  # noqa: E731
    ours = only("instructor", "superuser", otherwise=LOGIN, other_instructor=INDEX)
    foreign = only("other_instructor", "superuser", otherwise=LOGIN, instructor=INDEX)
    nothing = only(otherwise=LOGIN, other_instructor=INDEX, instructor=INDEX, superuser=INDEX)
    return Row(
        f"admin:{name}",
        {"pk": own, **more},
        **both(ours),
        data=data or {},
        foreign=(
            Foreign({"pk": theirs, **more}, **both(foreign)),
            Foreign({"pk": 2**62, **more}, **both(nothing)),
        ),
    )


OUTSIDE = dict.fromkeys(ROLES[:5], LOGIN)


def inside(**outcomes) -> dict:
    """What those with access to the admin get; everybody else is asked to sign in."""
    return OUTSIDE | outcomes


def upload_row(name, *, POST=False, **more):
    """A page about a file that somebody brought: for that person."""
    mine = inside(other_instructor=INDEX, instructor=OK, superuser=INDEX)
    theirs = inside(other_instructor=OK, instructor=INDEX, superuser=INDEX)

    def both(who):
        return {"GET": who, "POST": who if POST else staff(405)}

    return Row(
        f"admin:{name}",
        {"pk": "OUR_UPLOAD", **more},
        **both(mine),
        foreign=(
            Foreign({"pk": "THEIR_UPLOAD", **more}, **both(theirs)),
            Foreign({"pk": 2**62, **more}, **both(staff(INDEX))),
        ),
    )


SAVE = {"client_id": "5f0c2a0e-7b1d-4a57-9a53-3a1c0f6f1b11", "writer": "0123456789abcdef", "number": "0"}


def quiz_row():
    """The page of a quiz: like a page of its course."""

    def at(course, slug):
        return course | {"quiz": slug}

    def both(who):
        return {"GET": who, "POST": who}

    return Row(
        "quizzes:quiz",
        at(COURSE, "rivers-quiz"),
        **both(MEMBERS),
        data={"start": "1"},
        foreign=(
            Foreign(at(THEIR_COURSE, "deltas-quiz"), **both(THEIR_MEMBERS)),
            Foreign(at(OPEN_COURSE, "hills-quiz"), **both(everyone())),
            Foreign(at(COURSE, "deltas-quiz"), **both(NOBODY)),
            Foreign(at(COURSE, "no-such-quiz"), **both(NOBODY)),
        ),
    )


def attempt_row(
    name, more=None, *, get=True, post=False, signed_out=LOGIN, posted_signed_out=None, data=None
):
    """A page of a running attempt: for the person whose attempt it is, and nobody else, staff included.

    `posted_signed_out`: what somebody signed out gets for a post, where that differs.
    """

    def at(attempt):
        return {"attempt": attempt} | (more or {})

    def both(*roles):
        who = only(*roles, anonymous=signed_out)
        posting = who | {"anonymous": posted_signed_out or signed_out}
        return {"GET": who if get else None, "POST": posting if post else None}

    return Row(
        name,
        at("OUR_ATTEMPT"),
        **both("learner"),
        data=data or {},
        foreign=(Foreign(at("THEIR_ATTEMPT"), **both("outsider")), Foreign(at(2**62), **both())),
    )


def saved_row():
    """What was saved for a question: as `attempt_row`; what is chosen there must be of that question, else 404."""
    mine, theirs, nobody = (only(*roles, anonymous=LOGIN) for roles in (["learner"], ["outsider"], []))
    at = lambda attempt: {"attempt": attempt, "number": 1}  # noqa: E731
    return Row(
        "quizzes:saved",
        at("OUR_ATTEMPT"),
        GET=mine,
        POST=nobody,
        data={"again": "1"},
        foreign=(
            Foreign(at("THEIR_ATTEMPT"), GET=theirs, POST=nobody),
            Foreign(at(2**62), GET=nobody, POST=nobody),
        ),
    )


def class_quiz_row(name, *, post=None, data=None, more=None):
    """A page of a quiz of a class, for those who teach it. `post`: what an assistant gets for a post. `more`: the
    parts of the address beside class and quiz, ours and theirs."""
    mine, theirs = more or ({}, {})

    def both(who, *, assistant=None):
        posting = who if assistant is None else who | {"assistant": assistant}
        return {"GET": who, "POST": posting if post is not None else None}

    def at(cohort, slug, rest):
        return {"cohort": cohort} | ({"quiz": slug} if slug else {}) | rest

    slug, their_slug = (
        ("rivers-quiz", "deltas-quiz") if name != "quizzes:mark" else ("rivers-text", "deltas-text")
    )
    slug, their_slug = (slug, their_slug) if name != "quizzes:class_quizzes" else ("", "")
    foreign = [
        Foreign(at("THEIR_COHORT", their_slug, theirs), **both(THEIR_TEACHERS)),
        Foreign(at(2**62, slug, mine), **both(NOBODY_SIGNED_IN)),
    ]
    if slug:
        foreign.append(Foreign(at("OUR_COHORT", their_slug, mine), **both(NOBODY_SIGNED_IN)))
    if mine:
        foreign.append(Foreign(at("OUR_COHORT", slug, theirs), **both(NOBODY_SIGNED_IN)))
    return Row(
        name,
        at("OUR_COHORT", slug, mine),
        **both(TEACHERS, assistant=post),
        data=data or {},
        foreign=tuple(foreign),
    )


def course_quiz_row(name, *, at=None, mine=None, theirs=None, post=False, data=None):
    """A page of quizzes for whoever studies a course without a class: for the staff of that course. `at`: what of the
    address stands beside the course; `mine`, `theirs`: who gets a GET and a POST at ours and at another course's."""
    mine, theirs = mine or only("instructor", "superuser", anonymous=LOGIN), theirs or THEIR_TEACHERS

    def both(who):
        return {"GET": who, "POST": who if post else None}

    ours, others = at or ({}, {})
    return Row(
        name,
        COURSE | ours,
        **both(mine),
        data=data or {},
        foreign=(
            Foreign(THEIR_COURSE | others, **both(theirs)),
            Foreign(NO_COURSE | ours, **both(NOBODY_SIGNED_IN)),
            *([Foreign(COURSE | others, **both(NOBODY_SIGNED_IN))] if ours else []),
        ),
    )


def passage_row():
    """The notes on a passage: for whoever may read its lesson, each their own."""

    def at(course, lesson, passage):
        return course | lesson | {"passage": passage}

    def both(who):
        return {"GET": who, "POST": who}

    return Row(
        "study:passage_notes",
        at(COURSE, LESSON, "rivers-sources-1"),
        **both(MEMBERS),
        data={"text": "A thought.", "writer": "0123456789abcdef", "number": "1"},
        foreign=(
            Foreign(at(THEIR_COURSE, THEIR_LESSON, "deltas-sources-1"), **both(THEIR_MEMBERS)),
            Foreign(at(OPEN_COURSE, OPEN_LESSON, "hill-sources-1"), **both(everyone())),
            # A passage of another course under the address of ours, and one that does not exist.
            Foreign(at(COURSE, LESSON, "deltas-sources-1"), **both(NOBODY)),
            Foreign(at(COURSE, LESSON, "no-such-passage"), **both(NOBODY)),
        ),
    )


ROWS = [
    # health
    Row("healthz", GET=everyone()),
    Row("readyz", GET=everyone()),
    # accounts
    Row("accounts:sign_in", GET=everyone(), POST=everyone()),
    Row("accounts:sign_up", GET=everyone(), POST=everyone()),
    Row("accounts:sign_out", POST=everyone()),
    Row("accounts:profile", GET=SIGNED_IN, POST=SIGNED_IN, data={"details": "1"}),
    Row(
        "accounts:link",
        {"token": "TOKEN"},
        GET=everyone(),
        POST=everyone(),
        foreign=(Foreign({"token": "no-such-link"}, GET=NOBODY, POST=NOBODY),),
    ),
    Row("accounts:confirm", {"token": "no-such-link"}, GET=NOBODY_SIGNED_IN, POST=NOBODY_SIGNED_IN),
    Row("accounts:reset", GET=everyone(), POST=everyone(), data={"name": "learner"}),
    Row("accounts:notices", GET=SIGNED_IN, POST=SIGNED_IN),
    Row("accounts:token", GET=everyone()),
    Row("accounts:about", GET=everyone()),
    Row("accounts:privacy", GET=everyone()),
    Row("accounts:admin_sign_in", GET=everyone(LOGIN)),
    Row("accounts:admin_sign_out", POST=everyone()),
    Row("accounts:admin_password", GET=everyone()),
    # classes
    Row("classes:join", GET=everyone(), POST=everyone()),
    Row("classes:invitation", {"token": "no-such-invitation"}, GET=NOBODY, POST=NOBODY),
    Row(
        "classes:mine",
        GET=SIGNED_IN,
        POST=only("outsider", anonymous=LOGIN),
        data={"leave": "THEIR_ENROLMENT"},
    ),
    # progress
    Row("progress:mine", GET=everyone()),
    Row("progress:plans", GET=everyone()),
    course_row("progress:plan", post=True, data={"on": "2001-01-01"}),
    Row("progress:teach", GET=SIGNED_IN),
    cohort_row("progress:cohort"),
    cohort_row("progress:cohort_csv"),
    cohort_row("progress:cohort_xlsx"),
    cohort_row("progress:student", student=True),
    cohort_row("progress:student_csv", student=True),
    # quizzes
    Row("quizzes:marks", GET=SIGNED_IN),
    quiz_row(),
    # What is posted after the session ended is kept, whatever it is for, until its person has signed in.
    attempt_row("quizzes:attempt", post=True, posted_signed_out=OK),
    attempt_row("quizzes:item", {"number": 1}, post=True, posted_signed_out=OK, data={"next": "1"}),
    attempt_row("quizzes:kept", post=True),
    saved_row(),
    attempt_row("quizzes:report", {"number": 1}, post=True, data={"text": ""}),
    attempt_row("quizzes:look_over", post=True, data={"hand_in": "1"}),
    attempt_row("quizzes:result", post=True, data={"again": "1"}),
    attempt_row("quizzes:time", signed_out=401),
    attempt_row("quizzes:save", {"number": 1}, get=False, post=True, signed_out=401, data=SAVE),
    class_quiz_row("quizzes:class_quizzes"),
    class_quiz_row("quizzes:class_quiz", post=403, data={"release_marks": "1"}),
    class_quiz_row(
        "quizzes:class_attempt",
        post=403,
        data={"reopen": "1"},
        more=({"attempt": "OUR_ATTEMPT"}, {"attempt": "THEIR_ATTEMPT"}),
    ),
    class_quiz_row(
        "quizzes:mark",
        post=OK,
        data={"seen": "0"},
        more=({"item": "OUR_TEXT"}, {"item": "THEIR_TEXT"}),
    ),
    course_quiz_row("quizzes:course_quizzes"),
    course_quiz_row(
        "quizzes:course_quiz",
        at=({"quiz": "rivers-quiz"}, {"quiz": "deltas-quiz"}),
        post=True,
        data={"release_marks": "1"},
    ),
    course_quiz_row(
        "quizzes:course_attempt",
        at=(
            {"quiz": "rivers-quiz", "attempt": "OUR_LONE_ATTEMPT"},
            {"quiz": "deltas-quiz", "attempt": "THEIR_ATTEMPT"},
        ),
        theirs=NOBODY_SIGNED_IN,  # it belongs to a class
        post=True,
        data={"reopen": "1"},
    ),
    course_quiz_row(
        "quizzes:course_mark",
        at=(
            {"quiz": "rivers-text", "item": "OUR_LONE_TEXT"},
            {"quiz": "deltas-text", "item": "THEIR_TEXT"},
        ),
        theirs=NOBODY_SIGNED_IN,
        post=True,
        data={"seen": "0"},
    ),
    Row("quizzes:reports", GET=SIGNED_IN),
    Row(
        "quizzes:reply",
        {"report": "OUR_REPORT"},
        GET=TEACHERS,
        POST=TEACHERS,
        data={"text": "Thank you."},
        foreign=(
            Foreign({"report": "THEIR_REPORT"}, GET=THEIR_TEACHERS, POST=THEIR_TEACHERS),
            Foreign({"report": 2**62}, GET=NOBODY_SIGNED_IN, POST=NOBODY_SIGNED_IN),
        ),
    ),
    # study
    Row("study:bring_along", GET=SIGNED_IN, POST=SIGNED_IN),
    Row("study:home", GET=everyone()),
    Row("study:courses", GET=everyone()),
    Row(
        "study:image",
        {"name": "OUR_IMAGE"},
        GET=MEMBERS,
        foreign=(
            Foreign({"name": "THEIR_IMAGE"}, GET=THEIR_MEMBERS),
            Foreign({"name": "no-such-image.png"}, GET=NOBODY),
        ),
    ),
    course_row("study:course_map"),
    course_row("study:glossary"),
    course_row("study:timeline"),
    course_row("study:search"),
    lesson_row("study:lesson"),
    lesson_row("study:place", get=False, post=True),
    lesson_row("study:check", post=True, data=SAVE, question=True),
    lesson_row("study:practice", post=True, data={"start": "1"}),
    Row("study:review", GET=everyone(), POST=everyone(anonymous=404), data={"settings": "1"}),
    Row("study:mistakes", GET=everyone()),
    passage_row(),
    lesson_row("study:sheet"),
    Row("study:notes", GET=everyone()),
    Row("study:notes_as_markdown", GET=everyone()),
    Row("study:take_along", GET=everyone(), POST=everyone(), data={"off": "1"}),
    course_row("study:deck"),
    course_row("study:deck_csv"),
    Row(
        "study:calendar",
        {"token": "CALENDAR"},
        GET=everyone(),
        foreign=(Foreign({"token": "0" * 32}, GET=NOBODY),),
    ),
    # admin: the pages that belong to no table
    Row("admin:index", GET=STAFF, POST=STAFF),
    Row("admin:jsi18n", GET=STAFF, POST=staff(405)),
    Row("admin:autocomplete", GET=staff(403), POST=staff(405)),
    Row(
        "admin:view_on_site",
        {"content_type_id": 2**31, "object_id": "1"},
        GET=staff(404),
        POST=staff(404),
    ),
    Row("admin:password_change_done", GET=STAFF, POST=staff(405)),
    Row(
        "admin:app_list",
        {"app_label": "auth"},
        GET=only("superuser", otherwise=LOGIN, other_instructor=404, instructor=404),
        POST=only("superuser", otherwise=LOGIN, other_instructor=404, instructor=404),
    ),
]

ROWS += [
    course_verb_row("classes_cohort_renew_code", "OUR_COHORT", "THEIR_COHORT"),
    course_verb_row("classes_cohort_invite", "OUR_COHORT", "THEIR_COHORT", data={"role": "learner"}),
    course_verb_row(
        "classes_cohort_take_out", "OUR_COHORT", "THEIR_COHORT", data={"enrolment": "THEIR_ENROLMENT"}
    ),
    course_verb_row("quizzes_quiz_release", "OUR_QUIZ", "THEIR_QUIZ"),
    course_verb_row("content_question_resume", "OUR_QUESTION", "THEIR_QUESTION"),
    course_verb_row("content_question_restore", "OUR_QUESTION", "THEIR_QUESTION", number=1),
    course_verb_row("content_lesson_restore", "OUR_LESSON", "THEIR_LESSON", number=1),
    course_verb_row("content_row_restore", "OUR_REVISION", "THEIR_REVISION"),
    Row(
        "admin:accounts_user_sign_in_link",
        {"pk": "OUR_LEARNER"},
        GET=staff(INDEX) | {"superuser": OK},
        POST=staff(INDEX) | {"superuser": OK},
    ),
    Row(
        "admin:accounts_user_erase",
        {"pk": "OUR_LEARNER"},
        GET=staff(INDEX) | {"superuser": OK},
        POST=staff(INDEX) | {"superuser": OK},
    ),
    # A file on its way into a course is seen by who brought it, and by nobody else.
    upload_row("content_questionimport_look", POST=True),
    upload_row("content_questionimport_picture", number=0),
    Row(
        "admin:content_questionimport_export",
        {"pk": "OUR_COURSE"},
        GET=inside(other_instructor=INDEX, instructor=OK, superuser=OK),
        POST=staff(405),
        foreign=(
            Foreign(
                {"pk": "THEIR_COURSE"},
                GET=inside(other_instructor=OK, instructor=INDEX, superuser=OK),
                POST=staff(405),
            ),
            Foreign({"pk": 2**62}, GET=staff(INDEX), POST=staff(405)),
        ),
    ),
    Row("admin:content_questionimport_template", {"suffix": "csv"}, GET=STAFF, POST=staff(405)),
    Row("admin:content_course_preview", GET=STAFF, POST=STAFF, data={"summary": "A *course*."}),
]

# Addresses of Django's admin that lead nowhere by themselves: they redirect to one that has a row.
REDIRECTS = {
    "admin:login",  # behind accounts:admin_sign_in
    "admin:logout",
    "admin:password_change",
    "(?P<url>.*)$",  # the admin's 404, behind the same sign-in
    "<path:object_id>/",  # an address of Django 1.8
}


@dataclass(frozen=True)
class AdminRow:
    """What each role gets at the pages of one table in the admin.

    `theirs` is what they get at a row of another course: the admin leads to its index (INDEX), as for a row that
    does not exist. A page that a table does not have at all (no adding, no deleting) is 403 for everybody inside.
    """

    model: str  # app_model, as in the names of the URLs
    list: dict
    add: dict
    change: dict
    delete: dict
    theirs: dict
    own: object = None  # world → a row of our course
    foreign: object = None  # world → a row of another course


def course_admin_row(model, of):
    """A table of a course: for its staff and the superuser; nobody deletes. `of`: place → one of its rows."""
    return AdminRow(
        model,
        list=inside(other_instructor=OK, instructor=OK, superuser=OK),
        add=inside(other_instructor=OK, instructor=OK, superuser=OK),
        change=inside(other_instructor=INDEX, instructor=OK, superuser=OK),
        delete=inside(other_instructor=403, instructor=403, superuser=403),
        theirs=inside(other_instructor=OK, instructor=INDEX, superuser=OK),
        own=lambda world: of(world.ours),
        foreign=lambda world: of(world.theirs),
    )


def a_row(model, place, **fields):
    return model.objects.create(course=place.course, slug="a-row", **fields)


def an_import(place):
    fields = {"name": "q.gift", "sha256": "0" * 64, "format": "gift", "imported_at": THEN}
    return QuestionImport.objects.create(course=place.course, **fields)


def an_image(place):
    fields = {"sha256": "0" * 64, "file": "assets/0.png", "media_type": "image/png", "width": 1, "height": 1}
    return Asset.objects.create(course=place.course, name="a.png", alt="A dot", created_at=THEN, **fields)


ADMIN_ROWS: list[AdminRow] = [
    AdminRow(
        "auth_group",
        list=inside(other_instructor=403, instructor=403, superuser=OK),
        add=inside(other_instructor=403, instructor=403, superuser=OK),
        change=inside(other_instructor=403, instructor=403, superuser=OK),
        delete=inside(other_instructor=403, instructor=403, superuser=OK),
        theirs=inside(other_instructor=403, instructor=403, superuser=OK),
        own=lambda world: world.group,
        foreign=lambda world: world.group,
    ),
    AdminRow(
        "accounts_user",
        list=inside(other_instructor=403, instructor=403, superuser=OK),
        add=inside(other_instructor=403, instructor=403, superuser=OK),
        change=inside(other_instructor=403, instructor=403, superuser=OK),
        delete=inside(other_instructor=403, instructor=403, superuser=403),
        theirs=inside(other_instructor=403, instructor=403, superuser=OK),
        own=lambda world: world.ours.learner,
        foreign=lambda world: world.theirs.learner,
    ),
    course_admin_row("content_course", lambda place: place.course),
    course_admin_row("content_module", lambda place: place.lesson.module),
    course_admin_row("content_lesson", lambda place: place.lesson),
    course_admin_row("content_questionimport", an_import),
    course_admin_row("content_question", lambda place: place.questions["true_false"]),
    course_admin_row("content_term", lambda place: a_row(Term, place, term="Delta", definition="A mouth.")),
    course_admin_row("content_event", lambda place: a_row(Event, place, date="1900", text="A flood.")),
    course_admin_row("content_work", lambda place: a_row(Work, place, definition={"title": "On water"})),
    course_admin_row("content_figure", lambda place: a_row(Figure, place, title="Levels")),
    course_admin_row("content_asset", an_image),
    course_admin_row("classes_cohort", lambda place: place.cohort),
    course_admin_row("quizzes_quiz", lambda place: place.attempt.quiz),
]
