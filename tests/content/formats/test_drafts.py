import pytest

from content.formats import (
    FORMATS,
    Media,
    QuestionDraft,
    ReadingProblem,
    grouped,
    guess,
    losses,
    read,
    slug_of,
    survival,
    write,
)
from content.formats.drafts import fingerprint, travelling_tags, with_tags
from content.questions import KINDS
from tests.content.formats import made_apkg
from tests.content.formats.sample_files import ROOT, bytes_of, sample_paths


def choice(**changes):
    content = {
        "stem": "Which river?",
        "options": [{"text": "Tigris", "correct": True}, {"text": "Nile"}],
    }
    return QuestionDraft(ref="river", kind="single_choice", content=content | changes)


# --- what a file is ---


@pytest.mark.parametrize("path", sample_paths(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_sample_is_guessed_by_content_whatever_its_name(path):
    data = bytes_of(path)
    by_name_only = {"yaml/tags.yaml", "yaml/anchors.yaml", "csv/no_header.csv"}

    if path.relative_to(ROOT).as_posix() in by_name_only:
        assert guess(data, path.name) == path.parent.name
    else:
        assert guess(data, "upload.bin") == path.parent.name


def test_name_decides_only_where_content_does_not():
    assert guess(b"just words", "x.GIFT") == "gift"
    assert guess(b"Question?{T}", "x.csv") == "gift"
    assert guess(b"- {kind: true_false, stem: Is it?}", "x.gift") == "yaml"
    assert guess(b"just words", "x.doc") is None


def test_given_format_overrules_the_guess():
    assert read(b"A question {=with ~braces}", "x.gift", "aiken").format == "aiken"
    with pytest.raises(KeyError):
        read(b"x", "x", "nonsense")


def test_formats_have_the_names_of_the_command():
    assert set(FORMATS) == {"gift", "aiken", "moodle_xml", "qti", "csv", "xlsx", "anki", "yaml"}


# --- identity ---


@pytest.mark.parametrize("ref", ["river", "q-1", "a1-b2"])
def test_ref_that_is_an_id_stays(ref):
    assert slug_of(ref) == ref


def test_other_refs_become_ids_that_differ_where_they_differ():
    refs = ["Q 1", "q 1", "q/1", "q_1", "x" * 90, "بغداد", "", "-"]

    slugs = [slug_of(ref) for ref in refs]

    assert len(set(slugs)) == len(refs)
    assert all(slug_of(slug) == slug for slug in slugs)


def test_question_without_id_keeps_its_ref_while_title_and_stem_stay():
    first, second = (read(text, "x.gift").drafts[0].ref for text in (b"Is it?{T#no}", b"// new\n\nIs it?{F}"))

    assert first == second


def test_fingerprint_is_that_of_the_meaning():
    thirds = [{"text": "a", "fraction": 1}, {"text": "b", "fraction": 0.3333}]
    same = [{"id": "a", "text": "a", "correct": True}, {"text": "b", "fraction": 1 / 3}]

    assert fingerprint("single_choice", {"stem": "x", "options": thirds}) == fingerprint(
        "single_choice", {"stem": "x", "options": same, "shuffle": True}
    )
    assert choice().fingerprint != choice(stem="Which?").fingerprint
    assert choice().fingerprint != choice(shuffle=False).fingerprint


def test_passage_objective_level_and_sources_travel_as_tags_and_come_back():
    draft = QuestionDraft(passage="p", objective="o", level="apply", tags=["a", "b:c"], sources=["s1", "s2"])

    back = with_tags(QuestionDraft(), travelling_tags(draft))

    assert (back.passage, back.objective, back.level, back.tags, back.sources) == (
        "p",
        "o",
        "apply",
        ["a", "b:c"],
        ["s1", "s2"],
    )


def test_tag_with_a_level_that_is_none_stays_a_tag():
    assert with_tags(QuestionDraft(), ["level:hard"]).tags == ["level:hard"]


# --- problems ---


def test_problems_are_grouped_by_code_errors_first():
    problems = [ReadingProblem("warning", "lossy.penalty", "x")] * 3 + [
        ReadingProblem("error", "gift.number", "y")
    ]

    assert [(count, problem.code) for count, problem in grouped(problems)] == [
        (1, "gift.number"),
        (3, "lossy.penalty"),
    ]


@pytest.mark.parametrize(
    ("problem", "place"),
    [
        (ReadingProblem("error", "c", "m", 14, 5, "items/q3.xml"), "items/q3.xml:14:5"),
        (ReadingProblem("error", "c", "m", 14, 5), "14:5"),
        (ReadingProblem("error", "c", "m", where="note aB"), "note aB"),
        (ReadingProblem("error", "c", "m"), ""),
    ],
)
def test_place_is_written_for_people(problem, place):
    assert problem.place == place


# --- what is lost ---


def test_losses_name_the_question_and_what_it_loses():
    found = losses("gift", [choice(hint="Look east.", shuffle=False)])

    assert [(p.code, p.ref) for p in found] == [("lossy.hint", "river"), ("lossy.shuffle", "river")]
    assert "the hint will be missing in GIFT" in found[0].message


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("yaml", []),
        ("gift", ["lossy.word_stars", "lossy.display"]),
        ("moodle_xml", ["lossy.word_stars", "lossy.display"]),
        ("csv", ["lossy.word_stars", "lossy.display"]),
        ("xlsx", ["lossy.word_stars", "lossy.display"]),
        ("qti", ["lossy.wildcards"]),  # the answer to show is its correct response
        ("anki", ["lossy.structure"]),  # and the back of a card
    ],
)
def test_losses_of_typed_answers(name, codes):
    content = {"stem": "Which?", "answers": ["* Iran"], "match": "words", "display": "Iran"}
    typed = QuestionDraft(ref="land", kind="short_text", title="land", content=content)

    assert [p.code for p in losses(name, [typed])] == codes


def test_kind_without_place_is_offered_a_format_that_has_one():
    draft = QuestionDraft(ref="x", kind="ordering", content={"stem": "Order?", "items": ["a", "b"]})

    (loss,) = losses("aiken", [draft])

    assert loss.code == "export.kind"
    assert "Moodle XML" in loss.message


def test_package_of_more_questions_than_other_archives_may_have_members_reads_back():
    drafts = [choice() for _ in range(2_100)]
    for number, draft in enumerate(drafts):
        draft.ref = f"q-{number}x"

    data = write("qti", drafts)

    assert guess(data, "x") == "qti"
    assert len(read(data, "x").questions) == 2_100
    assert losses("qti", drafts[:3]) == []


@pytest.mark.parametrize("name", ["yaml"])
def test_nothing_is_lost_in_our_own_format(name):
    assert losses(name, [choice(hint="x", shuffle=False)]) == []


def test_every_kind_has_its_row_of_what_survives():
    assert all(survival(name, kind) in ("all", "core", "none") for name in FORMATS for kind in KINDS)


def test_question_with_more_options_than_letters_is_left_out_of_tables_and_said():
    draft = choice(options=[{"text": str(n), "correct": n == 0} for n in range(30)])

    assert [p.code for p in losses("csv", [draft])] == ["export.size"]
    assert read(write("csv", [draft]), "x.csv").drafts == []


# --- pictures ---


@pytest.mark.parametrize("name", ["moodle_xml", "qti", "anki"])
def test_picture_goes_out_and_comes_back(name):
    draft = choice(stem="Which river is on ![a map](assets/Map_1.png)?")

    back = read(write(name, [draft], media={"assets/Map_1.png": made_apkg.PNG}), "x", name)

    assert back.media == {"assets/Map_1.png": Media("assets/Map_1.png", made_apkg.PNG, "png", "a map")}
    assert back.drafts[0].media == ["assets/Map_1.png"]
    assert back.drafts[0].stem.startswith("Which river is on ![a map](assets/Map_1.png)?")


def test_two_pictures_of_one_name_are_kept_apart():
    other = made_apkg.PNG + b"x"
    notes = [
        (
            "g",
            made_apkg.BASIC,
            "",
            ['<img src="a/x.png" alt="1"><img src="b/x.png" alt="2">', "x"],
            1,
            1,
            False,
        )
    ]
    members = {"collection.anki2": made_apkg.schema_11(notes), "media": b'{"0": "a/x.png", "1": "b/x.png"}'}

    media = read(made_apkg.packed(members | {"0": made_apkg.PNG, "1": other}), "x.apkg").media

    assert {name: held.data for name, held in media.items()}["assets/x.png"] == made_apkg.PNG
    assert sorted(held.data for held in media.values()) == sorted([made_apkg.PNG, other])


# --- writers ---


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "xlsx"])
def test_same_drafts_give_the_same_bytes(name):
    assert write(name, [choice()]) == write(name, [choice()])


@pytest.mark.parametrize("name", FORMATS)
def test_skipped_drafts_are_not_written(name):
    skipped = QuestionDraft(ref="x", content={"stem": "Read this."}, skip="it is a description")

    assert read(write(name, [skipped, choice()]), "x", name).drafts[0].stem.startswith("Which river?")
    assert len(read(write(name, [skipped, choice()]), "x", name).drafts) == 1


def test_table_without_drafts_is_the_template():
    header = write("csv", []).decode("utf-8-sig")

    assert header.startswith('"id","kind","passage","objective","level","tags","stem","option_a",')
    assert '"option_j","feedback_a"' in header
