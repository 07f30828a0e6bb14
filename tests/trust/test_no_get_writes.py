from studyapp.accounts.models import User
from tests.trust.crawling import crawl
from tests.trust.world import sign_in_as, snapshot


def test_visitor_who_only_looks_is_nobody(world):
    before = snapshot()

    pages = crawl(sign_in_as(None))

    assert len(pages) > 5
    assert snapshot() == before
    assert User.objects.filter(is_guest=True).count() == 1  # the one of the world


def test_person_who_only_looks_changes_nothing_about_themselves(world):
    for role in ("guest", "learner", "instructor", "superuser"):
        client = sign_in_as(world.people[role])
        before = snapshot()

        pages = crawl(client)

        assert len(pages) > 5, role
        assert snapshot() == before, role
