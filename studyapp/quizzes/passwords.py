"""Verb: the password of a quiz is asked before anybody may start; wrong ones are counted and slowed as at sign-in."""

from django.db import transaction
from django.db.models import Q

from studyapp.accounts.budgets import give_back, spend
from studyapp.accounts.models import SignInFailure, User
from studyapp.accounts.signing_in import account_key, count_failure
from studyapp.accounts.waiting import network_of
from studyapp.quizzes.sittings import CannotStart
from studyapp.quizzes.standing import standing_of

QUIZ = "quiz"  # in the place of a network: what is counted here makes no network wait


def ask_password(person, quiz, typed: str, *, address: str, now) -> None:
    """Let somebody on who typed the password of the quiz. `person` may be a visitor: no guest is made for a wrong one.

    Raises CannotStart where it is wrong or missing or they may not start anyway, and MustWait, before it is looked at,
    while a wait runs. The try is written down first and taken back when it was right, so that two at once count as two.

    An account is counted for itself: classmates keep nobody out. Guests cost nothing to make, so those of a network are
    counted together. Accounts without a class cost little, so with guests they have a ceiling for their network.
    """
    if not quiz.password:
        return
    standing = standing_of(person, quiz)
    if standing.open:
        return
    if problem := standing.problem(now, password=typed and quiz.password):
        raise CannotStart(problem)
    is_account = person.is_authenticated and not person.is_guest
    has_ceiling = not (is_account and standing.cohorts)
    key = account_key(
        f"{quiz.pk} {f'person {person.pk}' if is_account else network_of(address)}", purpose="quiz-password"
    )
    with transaction.atomic():
        if has_ceiling:
            spend("quiz passwords", address=address, now=now)
        if is_account:
            list(User.objects.select_for_update(no_key=True).filter(pk=person.pk).only("pk"))
        failure = count_failure(key, QUIZ, now=now)
    if problem := standing.problem(now, password=typed):
        raise CannotStart(problem)
    with transaction.atomic():
        # What others of the network tried is not forgiven for the one who knew it.
        own = Q(account=key, network=QUIZ, at__lte=now) if is_account else Q(pk=failure.pk)
        SignInFailure.objects.filter(own).delete()
        if has_ceiling:
            give_back("quiz passwords", address=address, now=now)
