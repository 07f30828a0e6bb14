from content.changes import Piece, content_changes, line_changes, word_pieces

OLD = {
    "stem": "When did the river rise?",
    "options": [{"id": "a", "text": "In May"}, {"id": "b", "text": "In June", "correct": True}],
}


def test_change_of_a_word_shows_the_words_around_it():
    assert word_pieces("When did it rise?", "When did it fall?") == (
        Piece("same", "When did it "),
        Piece("gone", "rise"),
        Piece("new", "fall"),
        Piece("same", "?"),
    )


def test_changes_name_the_field_as_the_form_does():
    new = OLD | {"options": [{"id": "a", "text": "In July"}, {"id": "b", "text": "In June", "correct": True}]}

    [change] = content_changes(OLD, new)

    assert change.label == "Option a, text"
    assert [piece.sort for piece in change.pieces] == ["same", "gone", "new"]


def test_what_came_and_what_went_is_told_apart():
    new = {"stem": OLD["stem"], "options": [OLD["options"][1]], "explanation": "It rained."}

    changes = {change.label: change.pieces for change in content_changes(OLD, new)}

    assert changes["Explanation"] == (Piece("new", "It rained."),)
    assert changes["Option a, text"] == (Piece("gone", "In May"),)


def test_another_order_is_said_once_and_changes_no_words():
    [change] = content_changes(OLD, OLD | {"options": OLD["options"][::-1]})

    assert (change.label, change.pieces) == ("Options in another order: b, a", ())


def test_equal_contents_have_no_changes():
    assert content_changes(OLD, OLD) == []


def test_changed_lines_stand_between_one_line_each_and_the_rest_is_cut():
    old = "\n".join("abcdefgh")
    new = old.replace("e", "E")

    assert [(piece.sort, piece.text) for piece in line_changes(old, new)] == [
        ("cut", ""),
        ("same", "d"),
        ("gone", "e"),
        ("new", "E"),
        ("same", "f"),
        ("cut", ""),
    ]
