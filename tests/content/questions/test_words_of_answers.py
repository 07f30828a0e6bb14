"""Typed answers to the questions of the first course: what each means, and wrong ones with the right word."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from content.questions import gaps, short_text
from content.wildcards import TURNING, count_steps, match, match_words

LIBRARY = Path(__file__).parents[3] / "content/library/us-iraq-relations/questions"
QUESTIONS = {
    row["id"]: short_text.normalise(
        {key: row[key] for key in ("stem", *short_text.FIELDS, "explanation") if key in row}
    )
    for path in sorted(LIBRARY.glob("*.yaml"))
    for row in yaml.safe_load(path.read_text())
    if row["kind"] == "short_text"
}
# question → right answers, partly right ones, and wrong ones (most of them with the right word)
TYPED = {
    "sharing-out-name": (
        ("muhasasa", "Al-Muhasasa", "the muhasasa system", "Muhassasa", "muhasasa ta’ifiyya"),
        (),
        ("not muhasasa", "muhasasa or marja", "muhasasas", "I think it is muhasasa", "marjaiyya"),
    ),
    "interim-prime-minister": (
        ("Ayad Allawi", "allawi", "Iyad Allawi", "Ayad Alawi"),
        (),
        ("not Allawi", "Allawi or al-Yawer", "Allawite", "It was led by Ayad Allawi", "Ali Allawi", "Alawi"),
    ),
    "cr-governors-question": (
        ("Anbar", "al-Anbar", "Al Anbar", "Anbar Province"),
        (),
        ("never Anbar", "Anbar or Basra", "Anbari", "He governed Anbar in the west", "Basra, not Anbar"),
    ),
    "di-host-of-rivals": (
        ("Saudi Arabia", "Saudi", "the Kingdom of Saudi Arabia", "KSA", "Riyadh"),
        (),
        (
            "not Saudi Arabia",
            "Turkey or Saudi Arabia",
            "Saudization",
            "They met those of Saudi Arabia",
            "Turkey",
        ),
    ),
    "ep-federal-reserve": (
        ("Federal Reserve", "the New York Fed", "Fed", "Federal Reserve Bank of New York"),
        (),
        (
            "not the Fed",
            "World Bank or Federal Reserve",
            "federal",
            "confederation",
            "The Fed holds the account",
        ),
    ),
    "fu-name-of-the-road": (
        ("Development Road", "the Development Road", "Iraq Development Road"),
        ("Development",),
        (
            "not Development Road",
            "Silk Road or Development Road",
            "underdevelopment",
            "developments",
            "Silk Road",
        ),
    ),
    "hr-lateral-word": (
        ("lateral reading", "Lateral", "reading laterally"),
        ("sideways",),
        (
            "bilateral relations",
            "not lateral",
            "lateral or vertical",
            "collateral",
            "vertical, never lateral",
        ),
    ),
    "ig-name-of-volunteers": (
        ("Popular Mobilization", "Popular Mobilisation Forces", "PMF", "al-Hashd al-Shaabi", "Hashd"),
        (),
        ("mobility", "not the PMF", "PMF or Mahdi Army", "immobilising", "They joined the Hashd in 2014"),
    ),
    "pt-vote-of-2020": (
        ("Abu Mahdi al-Muhandis", "Muhandis", "al-Mohandes", "Abu Mahdi"),
        (),
        ("not Muhandis", "Muhandis or Kadhimi", "Muhandisin", "Al-Muhandis was killed", "Adel Abdul-Mahdi"),
    ),
    "po-mission-that-counted": (
        ("UNAMI", "the United Nations Assistance Mission for Iraq", "UN Assistance Mission for Iraq"),
        (),
        ("not UNAMI", "UNAMI or UNITAD", "tsUNAMI", "It was counted by UNAMI", "UNITAD"),
    ),
    "rs-judge-radhi": (
        ("Radhi al-Radhi", "al-Radhi", "Judge Radhi", "Radi al-Radi"),
        (),
        ("not al-Radhi", "Radhi or Rubaie", "radiation", "Judge Radhi told the Congress", "Rubaie"),
    ),
    "sp-truce-place": (
        ("Iran", "in Iran", "IRAN", "Islamic Republic of Iran"),
        (),
        (
            *("Turkey, certainly not Iran", "Iran or Iraq", "not Iran", "never Iran", "Iranian", "Tirana"),
            *("It wasn't Iran", "The truce was talked over in Iran", "Iran, Syria", "Iran/Iraq"),
        ),
    ),
    "wm-fund-for-oil-income": (
        ("Development Fund for Iraq", "DFI", "the Development Fund"),
        (),
        ("not the DFI", "DFI or IMF", "DFIs", "It flowed into the Development Fund for Iraq", "fund"),
    ),
    "ws-speicher-name": (
        ("Speicher", "Camp Speicher", "Spyker"),
        (),
        ("not Speicher", "Speicher or Hawija", "Speichers", "They were murdered at Speicher", "Hawija"),
    ),
}
ROWS = [
    (question, typed, worth)
    for question, groups in TYPED.items()
    for worth, texts in zip((1, 0.5, 0), groups, strict=True)
    for typed in texts
]


def test_table_is_long_enough():
    """At least 120 answers, and 40 wrong ones with an accepted answer in them."""
    tempting = [
        typed
        for question, typed, worth in ROWS
        if worth == 0
        and any(
            accepted["text"].casefold() in typed.casefold()
            for accepted in QUESTIONS[question]["answers"]
            if accepted.get("fraction", 1) == 1
        )
    ]
    assert len(ROWS) >= 120
    assert len(tempting) >= 40
    assert set(TYPED) == set(QUESTIONS)


@pytest.mark.parametrize(("question", "typed", "worth"), ROWS)
def test_typed_answer_counts_as_it_is_meant(question, typed, worth):
    assert short_text.grade(QUESTIONS[question], {"text": typed}).fraction == worth


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_key_refuses_turned_and_lengthened_answers(question):
    content = QUESTIONS[question]
    accepted = [row["text"] for row in content["answers"] if row.get("fraction", 1) == 1]
    for text in accepted:
        for turned in (
            f"not {text}",
            f"{text} or Paris",
            f"x{text}",
            f"{text}x",
            f"I believe it was {text}.",
        ):
            assert short_text.grade(content, {"text": turned}).fraction == 0, turned


@pytest.mark.parametrize("question", QUESTIONS)
def test_answer_shown_is_whole_and_right(question):
    content = QUESTIONS[question]

    assert short_text.correct(content) == {"text": content["display"]}
    assert short_text.grade(content, short_text.correct(content)).fraction == 1
    assert not [problem for problem in short_text.check(content) if problem.is_error]


STARS = [
    ("* Iran", "in Iran", True),
    ("* Iran", "Iran", True),
    ("* Iran", "the country of Iran", True),
    ("* Iran", "Iranian", False),
    ("* Iran", "Tehran, the capital of Iran", False),
    ("* Iran", "certainly not Iran", False),
    ("* Iran", "it isn't Iran", False),
    ("* Iran", "Iraq or Iran", False),
    ("* Iran", "Iraq/ Iran", False),
    ("* iran", "nicht iran", False),
    ("* إيران", "ليس إيران", False),
    ("* Iran", "all but Iran", False),
    ("* Iran", "anywhere rather than Iran", False),
    ("* Iran", "wasnt Iran", False),
    ("* Iran", "Turkey—not Iran".replace("—", "-"), False),
    ("* Iran", "Turkey,not Iran", False),
    ("Iran *", "Iran is not right", False),
    ("* iran", "die türkei oder iran", False),
    ("* iran", "weder türkei noch iran", False),
    ("* إيران", "تركيا وليس إيران", False),
    ("not * alone", "not quite alone", True),
    ("not * alone", "not alone", True),
    ("not * alone", "not never alone", False),
    ("not * alone", "not not alone", False),
    ("not * alone", "quite not alone", False),
    ("not * alone *", "not left alone, not now", False),
    ("to be or * be", "to be or not be", False),
    ("to be or not to be *", "to be or not to be says Hamlet", True),
    # words of the lists where they are part of a name or number, and what looks like them in another language
    ("resolution * 1546", "resolution no. 1546", True),
    ("resolution * 1546", "resolution no 1546", True),
    ("* 1546", "No. 1546", True),
    ("* 1546", "no 1546", False),
    ("* zone", "the no-fly zone", True),
    ("the * border", "the northern border", True),
    ("* irak", "er war noch im irak", False),
    ("* irak", "noch heute im irak", True),
    ("* irak", "was war im irak", True),
    ("* قصر", "ميناء أم قصر", True),
    ("بلاد * النهرين", "بلاد ما بين النهرين", True),
    ("Fund * Iraq", "Fund Iraq", True),
    ("Fund * Iraq", "Fund for Iraq", True),
    ("Fund * Iraq", "FundforIraq", False),
    ("5 \\* 3", "5 * 3", True),
]


@pytest.mark.parametrize(("key", "typed", "fits"), STARS)
def test_star_stands_for_whole_words(key, typed, fits):
    assert match_words(key.casefold(), typed.casefold()) is fits


WORDS = st.lists(st.sampled_from(["iran", "iraq", "basra", "a", "ab", "5", "é"]), min_size=1, max_size=4)


@given(WORDS, st.sampled_from(sorted(TURNING)), st.integers(0, 4))
def test_no_answer_turned_round_fits(words, turning, place):
    turned = [*words[:place], turning, *words[place:]]

    assert not match_words(" ".join(["*", *words]), " ".join(turned))
    assert not match_words(" ".join([*words, "*"]), " ".join(turned))


@given(WORDS, WORDS, st.lists(st.just("word"), min_size=0, max_size=8))
def test_answer_is_bounded_by_its_key(before, after, more):
    fits = match_words(" ".join([*before, "*", *after]), " ".join([*before, *more, *after]))

    assert fits is (len(more) <= 3)


@given(st.text("a* \\", max_size=60), st.text("a* ", max_size=200))
def test_hostile_keys_stay_linear(key, text):
    match_words(key, text)
    assert count_steps(key, text) <= 4 * (len(key) + len(text))


@pytest.mark.parametrize("key", ["a " * 300 + "* " + "a " * 300 + "b", "* a " * 400 + "b", "a* " * 500 + "*"])
def test_long_key_against_long_answer_ends_soon(key, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "content.wildcards.match", lambda pattern, text: calls.append(1) or match(pattern, text)
    )
    for more in range(-1, 5):
        words = [word for word in key.split() if word != "*"]
        match_words(key.strip(), " ".join(["a"] * (len(words) + more)))
    assert len(calls) < 6 * 8 * len(key.split())


@pytest.mark.parametrize("question", QUESTIONS)
def test_words_of_an_erased_person_go_and_their_marks_stay(question):
    made = QUESTIONS[question]
    for typed in (text for texts in TYPED[question] for text in texts):
        instead = short_text.without_words(made, {"text": typed})
        assert short_text.choices(made, instead) == short_text.choices(made, {"text": typed})
        assert "I think" not in instead["text"]


@pytest.mark.parametrize(
    ("answers", "typed"),
    [
        (["Iran", {"text": "* Iran", "fraction": 0.5}], "somewhere in Iran"),
        ([{"text": "Iran", "fraction": 0}, "Iran *"], "Iran my home"),
        (["Fund Iraq", {"text": "Fund * Iraq *", "fraction": 0.5}, "removed"], "Fund in my Iraq"),
        (["Iran", "* Iran"], "not Iran, says Anna"),
    ],
)
@pytest.mark.parametrize("match", ["words", "characters", None])
def test_mark_by_a_star_stays_when_its_words_go(answers, typed, match):
    made = content(answers[0], answers=answers, match=match)
    instead = short_text.without_words(made, {"text": typed})

    assert short_text.choices(made, instead) == short_text.choices(made, {"text": typed})
    assert not {"somewhere", "my", "home", "Anna"} & set(instead["text"].split())


def content(key, **changes):
    return short_text.normalise({"stem": "What?", "answers": [key], "explanation": "So."} | changes)


def codes(made):
    return {(problem.severity, problem.code) for problem in short_text.check(made)}


def test_content_written_before_keeps_its_marks():
    assert short_text.grade(content("*Iran*"), {"text": "Iranians"}).fraction == 1


@pytest.mark.parametrize("key", ["* Iran *", "*Iran*", "*", "* *"])
@pytest.mark.parametrize("match", [{}, {"match": "words"}])
def test_star_at_both_ends_and_stars_alone_are_refused(key, match):
    assert {code for severity, code in codes(content(key, **match)) if severity == "error"} & {
        "star-both-ends",
        "too-wide",
    }


def test_every_star_that_says_nothing_is_warned_of():
    made = content("Iran *", answers=["Iran *", "Persia", "* Persia", {"text": "Iraq *", "fraction": 0}])
    unsaid = [problem for problem in short_text.check(made) if problem.code == "star-unsaid"]

    assert [(problem.severity, problem.path) for problem in unsaid] == [
        ("warning", ("answers", 0, "text")),
        ("warning", ("answers", 2, "text")),
    ]
    assert all("match: words" in p.message and "match: characters" in p.message for p in unsaid)
    assert "star-unsaid" not in {code for _, code in codes(made | {"match": "characters"})}


def test_wide_key_that_was_asked_for_is_a_warning():
    assert ("warning", "star-both-ends") in codes(content("*Iran*", match="characters"))


def test_answer_to_show_is_asked_for_and_must_be_right():
    assert ("error", "display-missing") in codes(content("* Iran", match="words"))
    assert ("error", "display") in codes(content("* Iran", match="words", display="Iraq"))
    assert not [c for c in codes(content("* Iran", match="words", display="Iran")) if c[0] == "error"]


def test_star_inside_a_word_has_to_be_asked_for():
    assert ("error", "star-in-word") in codes(content("Ira*", match="words", display="Iran"))


def test_gap_keeps_the_same_rules():
    gap = {"kind": "short_text", "answers": ["* Iran"], "match": "words", "display": "Iran"}
    made = gaps.normalise({"text": "In {{land}}.", "gaps": {"land": gap}, "explanation": "So."})

    assert not [problem for problem in gaps.check(made) if problem.is_error and problem.path[:1] == ("gaps",)]
    assert gaps.grade(made, {"gaps": {"land": {"text": "not Iran"}}}).fraction == 0
    assert gaps.correct(made) == {"gaps": {"land": {"text": "Iran"}}}
