"""Promises about answers as a student sees them, each test named after its promise: a real browser, a real server
on each database, and what goes wrong between them made to happen."""

import asyncio
import random
import re
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.content.questions.examples import EXAMPLES
from tests.hall.disk import missing
from tests.hall.network import HalfDead
from tests.hall.servers import ENGINES, hall_on

SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d")


# What is no promise about answers, and is the same on every database.
ON_SQLITE = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="module", params=ENGINES)
def site(request, tmp_path_factory):
    with hall_on(request.param, tmp_path_factory.mktemp("hall"), with_disk=True, workers=1) as hall:
        yield hall.open()


class Sitting:
    def __init__(self, site, seat):
        self.site, self.seat, self.path = site, seat, f"/attempts/{seat['attempt']}/"

    def rows(self):
        return self.site.office("rows", attempts=[self.seat["attempt"]])


@pytest.fixture
def sit(site):
    """sit(questions) → a running attempt of a new student. True or false stands at odd numbers, a text at even ones."""
    return lambda questions=4, **options: Sitting(
        site, site.seat(1, questions=questions, password=True, **options)[0]
    )


def enter(page, sitting):
    """Open the exam as its student, without the way over the sign-in page."""
    page.context.add_cookies(
        [{"name": "session", "value": sitting.seat["session"], "url": sitting.site.url, "httpOnly": True}]
    )
    page.goto(sitting.path)


def answer(page, number, text=None):
    part = page.locator(f"#q{number}")
    if number % 2:
        part.locator("input[type=radio]").first.check()
    else:
        part.locator("input[type=text]").fill(text or f"answer {number}")
    return part


def saved(page, *numbers):
    for number in numbers:
        expect(page.locator(f"#q{number} .receipt")).to_have_text(SAVED, timeout=30_000)


def go_offline(page):
    page.context.set_offline(True)
    expect(page.locator("#queue")).to_contain_text("You are offline.")


def wake(page):
    """What a browser says when the network is there again."""
    page.evaluate("dispatchEvent(new Event('online'))")


def test_promise_3_twenty_answers_of_ten_minutes_offline_are_sent_after_the_tab_was_closed(open_page, sit):
    page, sitting = open_page(), sit(20)
    page.watched.failures_wanted = True
    page.clock.install()
    enter(page, sitting)
    go_offline(page)

    for number in range(1, 21):
        answer(page, number)
    page.clock.fast_forward("10:00")

    expect(page.locator("#queue")).to_contain_text(
        "You are offline. 20 answers are kept here and will be sent."
    )
    context = page.context
    page.close()
    assert sitting.rows() == []
    context.set_offline(False)
    page = context.new_page()
    page.goto(sitting.path)
    saved(page, *range(1, 21))
    expect(page.locator("#said")).to_have_text(re.compile(r"^All saved \d\d:\d\d:\d\d$"))
    for number in range(2, 21, 2):
        expect(page.locator(f"#q{number} input[type=text]")).to_have_value(f"answer {number}")
    assert [row["number"] for row in sitting.rows()] == list(range(1, 21))


@pytest.fixture
def half_dead(site):
    """The site behind a network; half_dead(faults) ends what is open and gives each of the next connections one."""
    faults, made, over = [], {}, threading.Event()

    async def run():
        choose = lambda: faults.pop(0) if faults else "none"  # noqa: E731
        async with HalfDead(site.port, choose, rng=random.Random(4)) as network:
            made.update(network=network, loop=asyncio.get_running_loop())
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.05)

    def strike(some):
        faults[:] = some
        made["loop"].call_soon_threadsafe(made["network"].cut)
        return made["network"].struck

    ready = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.wait()
    own, site.port = site.port, made["network"].port
    yield strike
    site.port = own
    over.set()
    thread.join()


def test_promise_4_half_dead_network_is_told_and_every_answer_arrives_once(half_dead, open_page, sit):
    page, sitting = open_page(), sit(8)
    page.watched.failures_wanted = True
    enter(page, sitting)
    struck = half_dead(["swallow the answer", "cut the answer", "half-close", "delay"])

    for number in range(1, 9):
        answer(page, number)
    expect(page.locator("#queue")).to_contain_text("trying again")

    saved(page, *range(1, 9))
    rows = sitting.rows()
    assert {row["number"] for row in rows} == set(range(1, 9))
    assert len({row["client_id"] for row in rows}) == len(rows) == 8
    assert [row["text"] for row in rows if row["number"] == 4] == ["answer 4"]
    assert {"swallow the answer", "cut the answer"} <= set(struck)


def test_promise_8_second_of_two_tabs_is_told_and_either_answer_can_count(open_page, sit):
    page, sitting = open_page(), sit()
    enter(page, sitting)
    other = page.context.new_page()
    other.goto(sitting.path)
    answer(page, 2, "of the first tab")
    saved(page, 2)

    answer(other, 2, "of the second tab")

    receipt = other.locator("#q2 .receipt")
    expect(receipt).to_have_text(
        re.compile(r"^Saved [\d:]{8}\. Changed in another tab at [\d:]{8}; this one counts now")
    )
    receipt.get_by_role("link", name="Show it").click()
    other.get_by_role("button", name="Use this again").click()
    other.wait_for_url(re.compile(r"/\d+/$"))
    expect(other.locator("#q2 input[type=text]")).to_have_value("of the first tab")
    assert [row["text"] for row in sitting.rows()] == [
        "of the first tab",
        "of the second tab",
        "of the first tab",
    ]


@pytest.mark.parametrize("days", [-1, 1])
def test_promise_9_clock_of_the_browser_does_not_matter(open_page, sit, site, days):
    page, sitting = open_page(), sit(minutes=60)
    page.add_init_script(f"const real = Date.now; Date.now = () => real() + {days * 86_400_000};")
    enter(page, sitting)
    minutes = page.locator("[role=timer] b")
    assert 59 <= int(minutes.inner_text()) <= 60

    answer(page, 1)
    saved(page, 1)

    assert [row["is_late"] for row in sitting.rows()] == [False]
    assert 59 <= int(minutes.inner_text()) <= 60
    # Asked again when the computer wakes, and told with each receipt.
    site.office("set_end", attempt=sitting.seat["attempt"], seconds=1800)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(minutes).to_have_text("30")
    site.office("set_end", attempt=sitting.seat["attempt"], seconds=900)
    answer(page, 2)
    expect(minutes).to_have_text("15")


def test_promise_11_answer_typed_offline_over_the_end_is_kept_as_late(open_page, sit, site):
    page, sitting = open_page(), sit()
    page.watched.failures_wanted = True
    enter(page, sitting)
    answer(page, 1)
    saved(page, 1)
    go_offline(page)
    answer(page, 2, "typed in the tunnel")
    expect(page.locator("#queue")).to_contain_text("1 answer is kept here")

    site.office("set_end", attempt=sitting.seat["attempt"], seconds=-60)
    assert site.office("close_overdue") == 1
    page.context.set_offline(False)

    expect(page.locator("#q2 .receipt")).to_contain_text("Arrived after the end, at", timeout=30_000)
    assert [(row["number"], row["is_late"]) for row in sitting.rows()] == [(1, False), (2, True)]
    page.goto(sitting.path + "result/")
    expect(page.locator("main")).to_contain_text("1 answer arrived after the end. It is kept but not counted")


def test_promise_12_session_that_ended_asks_to_sign_in_and_loses_nothing(open_page, sit, site):
    page, sitting = open_page(), sit()
    page.watched.failures_wanted = True
    enter(page, sitting)
    assert site.office("end_session", session=sitting.seat["session"]) == 1
    answer(page, 2, "typed while signed out")
    expect(page.locator("#sign-in")).to_be_visible()
    assert sitting.rows() == []

    other = page.context.new_page()
    sign_in(other, sitting.seat["name"])

    page.bring_to_front()
    wake(page)
    saved(page, 2)
    assert [row["text"] for row in sitting.rows()] == ["typed while signed out"]


def test_promise_13_token_that_changed_in_another_tab_loses_nothing(open_page, sit):
    page, sitting = open_page(), sit()
    page.watched.failures_wanted = True
    enter(page, sitting)
    other = page.context.new_page()
    page.context.clear_cookies(name="session")
    sign_in(other, sitting.seat["name"])
    statuses = []
    page.on("response", lambda answer: statuses.append((answer.url.rsplit("/", 2)[1], answer.status)))

    answer(page, 2)

    saved(page, 2)
    assert statuses == [("save", 403), ("token", 200), ("save", 200)]
    assert len(sitting.rows()) == 1


def test_promise_13_queue_waits_while_another_person_is_signed_in(open_page, sit):
    page, sitting, second = open_page(), sit(), sit()
    page.watched.failures_wanted = True
    enter(page, sitting)
    other = page.context.new_page()
    page.context.clear_cookies(name="session")
    sign_in(other, second.seat["name"])

    answer(page, 2, "mine alone")

    expect(page.locator("#queue")).to_contain_text("Someone else is signed in. 1 answer is kept here")
    assert sitting.rows() == second.rows() == []
    page.context.clear_cookies(name="session")
    sign_in(other, sitting.seat["name"])
    page.bring_to_front()
    wake(page)
    saved(page, 2)
    assert [row["text"] for row in sitting.rows()] == ["mine alone"]


def test_promise_14_nothing_of_the_one_before_is_in_a_page_or_a_request(open_page, sit):
    page, sitting, second = open_page(), sit(), sit()
    page.watched.failures_wanted = True
    enter(page, sitting)
    go_offline(page)
    answer(page, 2, "A secret of the first")
    expect(page.locator("#queue")).to_contain_text("1 answer is kept here")
    page.context.clear_cookies()  # first: a page that is left may come online once more and send what is its own
    page.goto("about:blank")
    page.context.set_offline(False)
    sent = []
    page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))

    enter(page, second)
    answer(page, 1)
    saved(page, 1)
    wake(page)

    expect(page.locator("#queue")).to_contain_text("Unsent answers of someone else are kept here.")
    assert "A secret" not in page.content()
    assert sent
    assert not any("secret" in request for request in sent)
    assert sitting.rows() == []
    page.context.clear_cookies()
    enter(page, sitting)
    saved(page, 2)
    assert [row["text"] for row in sitting.rows()] == ["A secret of the first"]


def test_trap_3_save_fails_page_is_loaded_again_network_returns(open_page, sit):
    page, sitting = open_page(), sit()
    page.watched.failures_wanted = True
    enter(page, sitting)
    page.route("**/save/", lambda route: route.abort())
    answer(page, 1)
    answer(page, 2, "typed before the reload")
    expect(page.locator("#queue")).to_contain_text("2 answers are kept here")

    page.reload()

    # What is shown is said to be unsaved, until it is saved.
    expect(page.locator("#q2 input[type=text]")).to_have_value("typed before the reload")
    expect(page.locator("#q1 input[type=radio]").first).to_be_checked()
    expect(page.locator("#q2 .receipt")).to_have_text("Not saved yet, trying again")
    assert sitting.rows() == []
    page.unroute("**/save/")
    saved(page, 1, 2)
    assert [row["text"] for row in sitting.rows()] == ["true", "typed before the reload"]


KEPT = """new Promise((done) => {
    indexedDB.open("unsent answers").onsuccess = ({ target: { result } }) => {
        const all = result.transaction("entries").objectStore("entries").getAll();
        all.onsuccess = () => { result.close(); done(all.result.length); };
    };
})"""


def test_promise_14_sign_out_with_unsent_answers_sends_them_or_says_what_stays(open_page, sit):
    page, sitting = open_page(), sit()
    page.watched.failures_wanted = True
    enter(page, sitting)
    page.route("**/save/", lambda route: route.abort())
    answer(page, 2, "on the way out")
    expect(page.locator("#queue")).to_contain_text("1 answer is kept here")
    page.goto("/accounts/profile/")

    page.get_by_role("button", name="Sign out").click()

    expect(page.locator("#trouble")).to_contain_text(
        "1 answer is not saved yet and could not be sent just now."
    )
    assert page.evaluate(KEPT) == 1
    page.unroute("**/save/")
    page.reload()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(sitting.site.url + "/")
    assert [row["text"] for row in sitting.rows()] == ["on the way out"]
    assert page.evaluate(KEPT) == 0
    assert page.evaluate("fetch('/accounts/token/').then((r) => r.json()).then((t) => t.user)") is None


@ON_SQLITE
def test_promise_14_sign_out_without_unsent_answers_is_a_sign_out(open_page, sit):
    page, sitting = open_page(), sit()
    page.context.add_cookies([{"name": "session", "value": sitting.seat["session"], "url": sitting.site.url}])
    page.goto("/accounts/profile/")

    page.get_by_role("button", name="Sign out").click()

    page.wait_for_url(sitting.site.url + "/")


@pytest.fixture
def full_disk(site, sit):
    """with full_disk(): the database has no room left."""
    if site.disk is None:
        missing("A C compiler", "gcc libc6-dev")
    spare = sit().seat["attempt"]
    return lambda: site.full_disk(spare=spare)


def test_promise_16_answer_that_finds_the_disk_full_is_kept_and_sent_when_there_is_room(
    open_page, sit, full_disk
):
    page, sitting, told = open_page(), sit(), []
    page.watched.failures_wanted = True
    enter(page, sitting)
    answer(page, 1)
    saved(page, 1)
    page.on("response", lambda answer: told.append((answer.status, answer.headers.get("retry-after"))))

    with full_disk():
        part = answer(page, 2)
        expect(part.locator(".receipt")).to_have_text("Not saved yet, trying again")
        expect(page.locator("#queue")).to_contain_text("1 answer is kept here and will be sent.")
        assert set(told) == {(503, "2")}
        assert page.context.request.get(sitting.path).status == 200

    saved(page, 2)
    assert [row["number"] for row in sitting.rows()] == [1, 2]


@ON_SQLITE
def test_countdown_speaks_at_half_time_five_minutes_and_one_minute_only(open_page, sit):
    page, sitting = open_page(), sit(minutes=60)
    page.clock.install()
    page.add_init_script("""
        window.heard = [];
        addEventListener("DOMContentLoaded", () => new MutationObserver(() =>
            heard.push(document.getElementById("said").textContent)
        ).observe(document.getElementById("said"), { childList: true, characterData: true, subtree: true }));
    """)
    enter(page, sitting)
    expect(page.locator("[role=timer]")).to_have_attribute("aria-live", "off")

    page.clock.run_for("59:50")

    assert page.evaluate("heard") == ["Half of your time is over", "5 minutes left", "1 minute left"]
    live = page.locator("[aria-live]:not([aria-live=off]), [role=status], [role=alert]")
    assert not any(re.search(r"\d+ (min|s) left", text) for text in live.all_inner_texts())


@ON_SQLITE
def test_whole_exam_of_every_kind_without_script(open_page, sit, site):
    page, sitting = open_page(script=False), sit(kinds=list(EXAMPLES))
    enter(page, sitting)
    for number in range(1, len(EXAMPLES) + 1):
        part = page.locator(f"#q{number}")
        for place, control in enumerate(part.locator("select").all(), start=1):
            control.select_option(index=place if sitting.seat["kinds"][number - 1] == "ordering" else 1)
        for field in part.locator("input[type=text], textarea").all():
            field.fill("12")
        choices = part.locator("input[type=radio], .opts input[type=checkbox]")
        if choices.count():
            choices.first.check()

    page.locator("#q1").get_by_role("button", name="Save").click()

    saved(page, *range(1, len(EXAMPLES) + 1))
    assert [row["number"] for row in sitting.rows()] == list(range(1, len(EXAMPLES) + 1))
    page.get_by_role("link", name="Look over and hand in").click()
    expect(page.locator("h1")).to_have_text("All 9 questions are answered.")
    page.get_by_role("button", name="Hand in now").click()
    page.wait_for_url("**/result/")
    [attempt] = site.office("attempts", attempts=[sitting.seat["attempt"]])
    assert (attempt["state"], attempt["ended"], attempt["marks"]) == ("finished", ["handed in"], 8)
