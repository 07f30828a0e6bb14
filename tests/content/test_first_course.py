"""What the first course promises its readers and teachers, counted in its files."""

import functools
import math
import random
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from content.coursefiles.bodies import claims_of, parse_body
from content.coursefiles.definitions import LEVELS
from content.coursefiles.reading import read_course
from content.markup import plain
from content.preparing import WORDS_A_MINUTE
from content.questions import KINDS
from studyapp.quizzes.drawing import Candidate, Wanted, draw
from tests.data.source_runs import read_runs, runs_of

COURSE = Path(__file__).parent.parent.parent / "content" / "library" / "us-iraq-relations"
RUNS = Path(__file__).parent.parent / "data" / "us-iraq-relations-runs.txt"
ABOVE_REMEMBER = LEVELS[1:]

# A full stop after these ends no sentence.
_ABBREVIATED = re.compile(
    r"\b(U\.S|U\.N|e\.g|i\.e|cf|[A-Z]|Sr|Jr|Mr|Mrs|Dr|Gen|Lt|St|vs|Nos?|art|pp?)\.(?=\s)"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])[’”\"')]*\s+(?=[A-Z“‘\"0-9])")
_DATES_ITSELF = re.compile(
    r"\b(recently|today|currently|nowadays|at present|these days|ongoing|until now|this year)\b",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"\b[A-Z]{2,6}\b")
_ROMAN = {"II", "III", "IV", "VI", "VII"}


@functools.cache
def course():
    """The course as its files define it."""
    definition, _ = read_course(COURSE)
    return definition


@functools.cache
def body_of(lesson_id):
    """The text of a lesson, taken apart."""
    return parse_body(next(lesson.data["body"] for lesson in course().lessons if lesson.id == lesson_id))


def questions(**wanted):
    """The questions whose columns have these values."""
    found = [entry.data for entry in course().questions]
    return [q for q in found if all(q[key] == value for key, value in wanted.items())]


def lessons_of_modules():
    """Each module's id with the set of its lessons."""
    return {module.id: set(module.data["lessons"]) for module in course().modules}


def read_aloud(lesson_id):
    """The paragraphs and items of a lesson in plain words, without tables, claims and summary."""
    body = body_of(lesson_id)
    text = "\n\n".join([body.lead, *(passage.markdown for passage in body.passages)])
    text = re.sub(r"^:::.*$|^\|.*$", "", text, flags=re.MULTILINE)
    blocks = re.split(r"\n\s*\n|\n(?=- )", text)
    return [words for block in blocks if (words := plain(block.strip().removeprefix("- ")))]


def sentences(text):
    """A text in plain words, cut into sentences."""
    held = _ABBREVIATED.sub(lambda match: match[0][:-1] + "\0", text)
    return [sentence for sentence in _SENTENCE_END.split(held) if re.search(r"\w", sentence)]


def length(sentence):
    """How many words a sentence has; a hyphen parts none."""
    return len(re.findall(r"[\w’'\-]+", sentence))


def strings(value):
    """Every text in nested data."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in strings(inner)]
    return []


def written_texts():
    """All that the course says in its own words, as ``(where, text)``."""
    data = course().course.data
    found = [("course.toml", data["summary"]), ("course.toml", data["source"]["notice"])]
    for lesson in course().lessons:
        body = body_of(lesson.id)
        parts = [lesson.data["question"], *(objective["text"] for objective in lesson.data["objectives"])]
        parts += [*read_aloud(lesson.id), plain(body.summary.text)]
        parts += [text for claim in claims_of(body) for text in (claim["claim"], claim["record"])]
        found += [(f"lesson {lesson.id}", text) for text in parts]
    for question in questions():
        found += [(f"question {question['id']}", text) for text in strings(question["content"])]
    for group in (course().terms, course().events):
        found += [(entry.id, entry.data.get("definition") or entry.data["text"]) for entry in group]
    for figure in course().figures:
        found += [
            (f"figure {figure.id}", figure.data[key]) for key in ("title", "sub", "description", "note")
        ]
    return found


@pytest.fixture(params=sorted(path.stem for path in COURSE.glob("lessons/*.md")))
def lesson(request):
    """Each lesson in turn."""
    return next(entry for entry in course().lessons if entry.id == request.param)


# --- lessons ---------------------------------------------------------------------


def test_course_has_a_lesson_for_each_section_and_one_on_how_to_read():
    sections = [lesson.data["source_section"] for lesson in course().lessons]

    expected = {"0", "1", "2", "3", "3.1", "3.2", "4", "4.1", "4.2", "5", "6", "7", "8", "9"}
    assert sorted(sections) == sorted(expected)


def test_lesson_has_the_length_of_one_sitting(lesson):
    assert 600 <= body_of(lesson.id).words <= 1_000


def test_lesson_has_three_to_six_passages(lesson):
    assert 3 <= len(body_of(lesson.id).passages) <= 6


def test_lesson_opens_with_a_question_and_names_what_can_be_tested(lesson):
    assert lesson.data["question"].endswith("?")
    assert 2 <= len(lesson.data["objectives"]) <= 4
    assert all(objective["level"] in LEVELS for objective in lesson.data["objectives"])


def test_lesson_asks_two_or_three_questions_in_its_text(lesson):
    assert 2 <= len(body_of(lesson.id).checks) <= 3


def test_lesson_rates_at_least_three_claims_with_reason_and_source(lesson):
    claims = claims_of(body_of(lesson.id))

    assert len(claims) >= 3
    assert all(claim["claim"] and claim["record"] and claim["sources"] for claim in claims)


def test_lesson_ends_in_three_sentences(lesson):
    assert len(sentences(plain(body_of(lesson.id).summary.text))) == 3


def test_lesson_is_easy_to_read(lesson):
    lengths = [length(sentence) for block in read_aloud(lesson.id) for sentence in sentences(block)]

    assert sum(lengths) / len(lengths) <= 20
    assert max(lengths) <= 40


def test_lesson_opens_each_abbreviation_once_and_the_glossary_has_it(lesson):
    text = "\n".join(read_aloud(lesson.id))
    in_glossary = {term.data["abbreviation"] for term in course().terms}

    used = set(_ABBREVIATION.findall(text)) - _ROMAN
    assert {short: len(re.findall(rf"\({short}[,)]", text)) for short in used} == dict.fromkeys(used, 1)
    assert used <= in_glossary


# The name of a country or of a journal needs no opening; as typed answers any short form may do.
_NEEDS_NO_OPENING = _ROMAN | {"US", "PLOS"}


def shown_beside(lesson_id):
    """What a reader of a lesson meets beside its passages: claims, summary, figures, questions."""
    body = body_of(lesson_id)
    found = [plain(body.summary.text)]
    found += [text for claim in claims_of(body) for text in (claim["claim"], claim["record"])]
    drawn_here = {reference.id for reference in body.figures}
    for figure in (entry.data for entry in course().figures if entry.id in drawn_here):
        found += strings([figure[key] for key in ("title", "sub", "description", "note", "rows")])
    for question in questions(lesson=lesson_id):
        content = question["content"]
        found += strings({key: value for key, value in content.items() if key != "answers"})
    return found


def test_what_stands_beside_a_lesson_uses_only_abbreviations_that_the_lesson_opens(lesson):
    opened = set(re.findall(r"\(([A-Z]{2,6})[,)]", "\n".join(read_aloud(lesson.id))))
    used = {short for text in shown_beside(lesson.id) for short in _ABBREVIATION.findall(text)}

    assert used - opened - _NEEDS_NO_OPENING == set()


def test_timeline_and_glossary_use_only_abbreviations_that_the_glossary_has():
    in_glossary = {term.data["abbreviation"] for term in course().terms}
    texts = [event.data["text"] for event in course().events]
    texts += [term.data["definition"] for term in course().terms]

    used = {short for text in texts for short in _ABBREVIATION.findall(text)}
    assert used - in_glossary - _NEEDS_NO_OPENING == set()


def test_no_sentence_anywhere_has_more_than_forty_words():
    lengths = [
        (length(sentence), where) for where, text in written_texts() for sentence in sentences(plain(text))
    ]

    assert [where for words, where in lengths if words > 40] == []
    assert sum(words for words, _ in lengths) / len(lengths) <= 20


def test_reading_all_lessons_takes_about_an_hour():
    minutes = [math.ceil(body_of(lesson.id).words / WORDS_A_MINUTE) for lesson in course().lessons]

    assert 45 <= sum(minutes) <= 75
    assert all(4 <= lesson <= 8 for lesson in minutes)


# --- the words -------------------------------------------------------------------


def test_nothing_shares_eight_words_in_a_row_with_the_source():
    _, hashes = read_runs(RUNS)

    shared = [
        f"{where}: {run}"
        for where, text in written_texts()
        for found, run in runs_of(text)
        if found in hashes
    ]
    assert shared == []


def test_runs_of_the_source_are_those_of_the_file_that_the_course_names():
    sha256, hashes = read_runs(RUNS)
    source = course().course.data["source"]

    assert sha256 == source["file_sha256"]
    # The article begins with its title, the one run of it that the course repeats.
    assert [run for found, run in runs_of(source["title"]) if found in hashes]


def test_nothing_dates_itself():
    assert [f"{where}: {text}" for where, text in written_texts() if _DATES_ITSELF.search(text)] == []


# --- questions: how many and of what kind ----------------------------------------


def test_course_has_enough_questions_of_every_kind():
    kinds = Counter(question["kind"] for question in questions())

    assert kinds.total() >= 170
    assert set(kinds) == set(KINDS)
    assert max(kinds.values()) <= 0.45 * kinds.total()
    assert min(kinds["matching"], kinds["ordering"], kinds["gaps"]) >= 12
    assert kinds["essay"] >= 5


def test_lesson_has_ten_questions_that_cover_its_passages_and_objectives(lesson):
    own = questions(lesson=lesson.id)

    assert len(own) >= 10
    assert {question["passage"] for question in own} == {
        passage.id for passage in body_of(lesson.id).passages
    }
    assert {question["objective"] for question in own} == {o["id"] for o in lesson.data["objectives"]}


def test_lesson_has_two_questions_that_ask_to_judge_the_source(lesson):
    judging = [question for question in questions(lesson=lesson.id) if "source-criticism" in question["tags"]]

    assert len(judging) >= 2


def test_a_third_of_the_questions_asks_for_more_than_memory():
    levels = Counter(question["level"] for question in questions())

    assert set(levels) == set(LEVELS)
    assert sum(levels[level] for level in ABOVE_REMEMBER) >= levels.total() / 3


def test_quizzes_that_count_have_questions_of_their_own_in_every_module():
    kept_back = questions(use="exam")

    assert len(kept_back) >= 40
    for module, lessons in lessons_of_modules().items():
        assert sum(question["lesson"] in lessons for question in kept_back) >= 3, module


# --- questions: each of them -----------------------------------------------------


def without_feedback(content):
    """The places in a question's content where a learner gets no reason."""
    rows = [*content.get("options", ()), *content.get("answers", ()), *content.get("pairs", ())]
    missing = [row["id"] for row in rows if not row.get("feedback")]
    if "answers" in content and not content.get("else_feedback"):
        missing.append("else")
    if "items" in content and not content.get("feedback"):
        missing.append("feedback")
    if "answer" in content:
        missing += [side for side, text in content["feedback"].items() if not text]
    for name, gap in content.get("gaps", {}).items():
        missing += [f"{name}: {place}" for place in without_feedback(gap)]
    return missing


def test_every_option_says_why_it_is_right_or_wrong():
    missing = {question["id"]: without_feedback(question["content"]) for question in questions()}

    assert {id: places for id, places in missing.items() if places} == {}


def test_every_question_has_an_explanation_of_one_to_three_sentences_and_a_source():
    for question in questions():
        assert 1 <= len(sentences(plain(question["content"]["explanation"]))) <= 3, question["id"]
        assert question["sources"], question["id"]


def test_the_right_answer_of_every_question_earns_all_points():
    for question in questions():
        kind = KINDS[question["kind"]]
        grade = kind.grade(question["content"], kind.correct(question["content"]))

        assert grade.fraction == (None if question["kind"] == "essay" else 1), question["id"]


def single_choices():
    """Of each single choice the lengths of its options and the position of its key."""
    found = []
    for question in questions(kind="single_choice"):
        options = question["content"]["options"]
        [key] = [at for at, option in enumerate(options) if option.get("correct")]
        found.append(([len(plain(option["text"])) for option in options], key))
    return found


def test_the_key_is_seldom_the_longest_option():
    longest = [lengths[key] > max(lengths[:key] + lengths[key + 1 :]) for lengths, key in single_choices()]

    assert sum(longest) <= 0.3 * len(longest)


def test_the_key_has_no_favourite_place():
    places = Counter(key for lengths, key in single_choices() if len(lengths) == 3)

    assert max(places.values()) <= 0.4 * places.total()


def test_options_are_alike_in_length():
    alike = [max(lengths) <= 1.6 * min(lengths) for lengths, _ in single_choices()]

    assert sum(alike) > 0.5 * len(alike)


def test_about_half_of_the_statements_are_true():
    answers = [question["content"]["answer"] for question in questions(kind="true_false")]

    assert 0.4 <= sum(answers) / len(answers) <= 0.6


def test_every_number_has_a_unit_and_says_how_near_is_near_enough():
    for question in questions(kind="numeric"):
        assert question["content"]["unit"], question["id"]
        for answer in question["content"]["answers"]:
            assert "absolute" in answer or "relative" in answer, question["id"]


def test_a_share_may_be_typed_with_its_sign():
    shares = [
        question for question in questions(kind="numeric") if question["content"]["unit"] in ("%", "per cent")
    ]
    numeric = KINDS["numeric"]

    assert shares
    for question in shares:
        typed = numeric.correct(question["content"])["text"] + " %"
        response = numeric.read(question["content"], {"number": typed})
        assert numeric.grade(question["content"], response).fraction == 1, question["id"]


def test_the_words_around_a_gap_do_not_give_it_away_or_repeat_its_unit():
    for question in questions(kind="gaps"):
        text = question["content"]["text"]
        for name, gap in question["content"]["gaps"].items():
            before, after = re.split(rf"{{{{ *{name} *}}}}", text)
            # Some options begin with a vowel and some do not, so the article would tell them apart.
            assert not re.search(r"\b(a|an)\s+$", before, re.IGNORECASE), (question["id"], name)
            assert not (gap.get("unit") and re.match(r"\s*[\w%]", after)), (question["id"], name)


def test_matching_leaves_right_sides_over():
    for question in questions(kind="matching"):
        assert question["content"]["extra"], question["id"]


def test_every_essay_can_be_marked_and_its_model_answer_keeps_to_the_limits():
    for question in questions(kind="essay"):
        content = question["content"]
        assert len(content["rubric"]) >= 3, question["id"]
        assert all(row["description"] and float(row["points"]) > 0 for row in content["rubric"]), question[
            "id"
        ]
        words = len(content["model_answer"].split())
        assert content["min_words"] <= words <= content["max_words"], question["id"]


# --- quizzes ---------------------------------------------------------------------


def drawn(quiz):
    """How many questions a sitting of a quiz has."""
    return sum(slot.get("draw", 1) for slot in quiz["slots"])


def quiz_of(id):
    return next(quiz for quiz in course().course.data["quizzes"] if quiz["id"] == id)


def test_every_module_has_a_quiz_over_all_its_lessons():
    quizzes = {quiz["module"]: quiz for quiz in course().course.data["quizzes"] if quiz.get("module")}

    assert set(quizzes) == set(lessons_of_modules())
    for module, lessons in lessons_of_modules().items():
        assert 5 <= drawn(quizzes[module]) <= 8, module
        assert {lesson for slot in quizzes[module]["slots"] for lesson in slot["lessons"]} == lessons


@pytest.mark.parametrize("id", ["midterm", "final"])
def test_examination_draws_twenty_questions_by_module_and_level(id):
    quiz = quiz_of(id)
    modules = list(lessons_of_modules().values())

    assert drawn(quiz) == 20
    for slot in quiz["slots"]:
        assert any(set(slot["lessons"]) <= lessons for lessons in modules), slot
        assert slot["levels"], slot


def test_every_sitting_of_the_final_covers_every_module():
    slots = quiz_of("final")["slots"]

    for module, lessons in lessons_of_modules().items():
        assert any(slot["draw"] >= 1 and set(slot["lessons"]) <= lessons for slot in slots), module


def candidates():
    """The questions of the course as a draw sees them, and each with its lesson and passage."""
    fields = ("lesson", "passage", "level", "kind", "use")
    found = [
        Candidate(n, **{key: question[key] for key in fields}, tags=frozenset(question["tags"]))
        for n, question in enumerate(questions())
    ]
    return found, {candidate.question: candidate for candidate in found}


def sittings(quiz, many=40):
    """The candidates of many sittings of a quiz, each drawn as an attempt draws them."""
    found, by_number = candidates()
    slots = [
        Wanted(
            draw=slot["draw"],
            filter={key: slot[key] for key in ("lessons", "levels", "kinds", "tags") if key in slot},
        )
        for slot in quiz["slots"]
    ]
    for seed in range(many):
        taken = draw(slots, found, random.Random(seed), for_exam=quiz["preset"] == "exam")
        yield [by_number[question] for _, question in taken]


def test_a_sitting_of_a_module_quiz_is_spread_over_the_passages():
    for quiz in (quiz for quiz in course().course.data["quizzes"] if quiz.get("module")):
        for taken in sittings(quiz):
            passages = {candidate.passage for candidate in taken}
            there_are = sum(len(body_of(lesson).passages) for lesson in lessons_of_modules()[quiz["module"]])
            assert len(passages) >= min(len(taken), there_are) - 2, quiz["id"]


def test_sittings_of_the_midterm_and_final_are_twenty_questions_over_their_modules():
    modules = list(lessons_of_modules().values())

    for id, covered in (("midterm", modules[:5]), ("final", modules)):
        for taken in sittings(quiz_of(id)):
            lessons = {candidate.lesson for candidate in taken}
            assert len({candidate.question for candidate in taken}) == 20
            assert all(lessons & module for module in covered), id
            assert {candidate.level == "remember" for candidate in taken} == {True, False}
            assert all(candidate.use != "practice" for candidate in taken)


def test_a_typed_answer_does_not_stand_in_another_question_of_the_same_sitting():
    for question in questions(kind="short_text"):
        others = [
            other
            for other in questions(lesson=question["lesson"])
            if other["id"] != question["id"] and {other["use"], question["use"]} != {"practice", "exam"}
        ]
        asked = "\n".join(text for other in others for text in asked_in(other["content"])).casefold()
        for answer in question["content"]["answers"]:
            word = answer["text"].strip("*")
            if answer["fraction"] == 1 and len(word) > 3 and "*" not in word:
                assert word.casefold() not in asked, (question["id"], word)


def asked_in(content):
    """What a learner sees of a question before the answer."""
    found = [content["stem"], content.get("text", "")]
    found += [row["text"] for key in ("options", "items", "extra") for row in content.get(key, ())]
    found += [row[side] for row in content.get("pairs", ()) for side in ("left", "right")]
    for gap in content.get("gaps", {}).values():
        found += [row["text"] for row in gap.get("options", ())]
    return [plain(text) for text in found]


# --- what stands beside the lessons ----------------------------------------------


def test_glossary_timeline_and_works_are_large_enough():
    assert len(course().terms) >= 45
    assert len(course().events) >= 50
    assert len(course().works) >= 35


def test_every_term_is_explained_and_every_event_has_a_source():
    assert [term.id for term in course().terms if not term.data["definition"]] == []
    assert [event.id for event in course().events if not event.data["sources"]] == []


def test_timeline_is_in_order():
    dates = [event.data["date"] for event in course().events]

    # "2003" and "2003-05" stand before or among the days that they hold.
    assert [later for earlier, later in pairwise(dates) if later < earlier[: len(later)]] == []


def test_every_work_can_be_found_by_author_title_and_year():
    for work in course().works:
        assert work.data["author"], work.id
        assert work.data["title"], work.id
        # The article that the course was made from bears no date.
        assert work.data.get("year") or work.id == "source-article", work.id
        assert work.data["publisher"], work.id


def test_every_figure_has_source_description_and_table():
    for figure in course().figures:
        assert figure.data["source"], figure.id
        assert figure.data["description"], figure.id
        assert figure.data["columns"], figure.id
        assert figure.data["rows"], figure.id


SUBJECTS = {
    "troops by year": "troops-2003-2011",
    "documented civilian deaths by year": "documented-deaths-2003-2011",
    "the money by fund": "us-funds-by-account",
    "elections and turnout": "turnout-2005-2025",
    "oil price": "oil-price",
    "oil output": "oil-output",
    "income from oil": "oil-income",
    "displacement": "displaced-and-returned",
    "territory over time": "isis-territory",
    "public opinion": "opinion-of-forces",
    "who answered to whom in 2003 and 2004": "who-answered-to-whom",
}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_subject_is_drawn_in_a_lesson(subject):
    figure = next(entry.data for entry in course().figures if entry.id == SUBJECTS[subject])

    assert figure["kind"] != "table"
    assert any(SUBJECTS[subject] in {f.id for f in body_of(lesson.id).figures} for lesson in course().lessons)


def test_documented_deaths_come_with_the_warning_that_they_are_a_lower_bound():
    for figure in (entry.data for entry in course().figures if entry.id.startswith("documented-deaths")):
        assert "lower bound" in figure["note"]


def test_nine_figures_are_drawn_from_numbers_with_a_unit():
    drawn_ones = [
        figure.data for figure in course().figures if figure.data["kind"] not in ("table", "diagram")
    ]

    assert len(drawn_ones) >= 9
    assert [figure["id"] for figure in drawn_ones if not figure["unit"]] == []


# --- what the documents say of the course ------------------------------------------

DOCS = Path(__file__).parent.parent.parent / "docs"


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def test_every_row_of_the_fact_check_names_its_kind_and_the_kinds_are_counted():
    text = (DOCS / "fact-check.md").read_text()
    stated = {
        kind: int(count) for kind, count in re.findall(r"^\| (\w+) \| [^|]* \| (\d+) \|$", text, re.MULTILINE)
    }
    [total] = re.findall(r"all rows \| (\d+) \|", text)
    rows = [cells(line) for line in text.splitlines() if line.count("|") == 5 and "---" not in line]
    rows = [row for row in rows if row[0] != "Claim, figure or date"]

    counted = Counter(row[-1] for row in rows)
    assert stated == {kind: counted[kind] for kind in stated}
    assert int(total) == len(rows) == sum(stated.values())


def test_every_lesson_has_its_part_in_the_fact_check_and_in_the_trial():
    facts, method = ((DOCS / name).read_text() for name in ("fact-check.md", "course-method.md"))
    trial = {row[0]: row for row in (cells(line) for line in method.splitlines() if line.count("|") == 6)}

    for lesson in course().lessons:
        title = lesson.data["title"]
        assert f"## {title}\n" in facts
        asked, right, essays = map(int, trial[title][1:4])
        assert asked + essays == len(questions(lesson=lesson.id)), title
        assert right <= asked
