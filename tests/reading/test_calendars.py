"""The secret address of a calendar: 128 bits, kept as a hash, shown again to its learner, ended when they say so."""

from studyapp.reading.calendars import (
    bring_calendar,
    calendar_of,
    feed_of,
    make_calendar,
    secret_of,
    switch_off,
)
from studyapp.reading.models import CalendarFeed
from tests import factories


def test_secret_opens_the_calendar_and_can_be_shown_again(learner, now):
    feed = make_calendar(learner, now=now)

    secret = secret_of(CalendarFeed.objects.get())

    assert len(bytes.fromhex(secret)) == 16
    assert feed_of(secret) == feed


def test_secret_itself_is_stored_nowhere(learner, now):
    secret = secret_of(make_calendar(learner, now=now))

    assert secret not in str(CalendarFeed.objects.values().get())


def test_new_address_ends_the_old_one(learner, now):
    old = secret_of(make_calendar(learner, now=now))

    new = secret_of(make_calendar(learner, now=now))

    assert feed_of(old) is None
    assert feed_of(new).learner == learner


def test_switched_off_is_off(learner, now):
    secret = secret_of(make_calendar(learner, now=now))

    assert switch_off(learner)
    assert (feed_of(secret), calendar_of(learner), switch_off(learner)) == (None, None, False)


def test_new_key_of_the_site_is_noticed_instead_of_showing_a_dead_address(learner, now, settings):
    feed = make_calendar(learner, now=now)
    settings.SECRET_KEY = "another-key-" * 5

    assert secret_of(feed) is None


def test_account_that_was_closed_has_no_calendar(learner, now):
    secret = secret_of(make_calendar(learner, now=now))
    learner.is_active = False
    learner.save()

    assert feed_of(secret) is None


def test_guests_address_comes_along_where_the_account_has_none(learner, classmate, now):
    guest = factories.create_user("guest-1", is_guest=True)
    secret = secret_of(make_calendar(guest, now=now))
    own = secret_of(make_calendar(classmate, now=now))

    bring_calendar(guest, classmate)
    assert feed_of(own).learner == classmate
    bring_calendar(guest, learner)

    assert feed_of(secret).learner == learner
