from studyapp.study.shelf import Memory, gap, page_on_shelf


def test_memory_makes_a_thing_once():
    memory, made = Memory(2), []

    for _ in range(3):
        memory.get("a", lambda: made.append(1) or "thing")

    assert made == [1]
    assert memory.get("a", lambda: "other") == "thing"


def test_memory_forgets_what_was_asked_for_longest_ago():
    memory = Memory(2)
    for key in ("a", "b", "a", "c"):
        memory.get(key, lambda key=key: key)

    assert memory.get("a", lambda: "new") == "a"
    assert memory.get("b", lambda: "new") == "new"


def test_gaps_are_filled_anew_each_time():
    def page():
        return f"<p>{gap('who')} {gap('client', 7, 2)}</p>"

    first = page_on_shelf("gaps", page, {"who": lambda: "A", "client": lambda v, n: f"{v}-{n}"})
    second = page_on_shelf("gaps", page, {"who": lambda: "B", "client": lambda v, n: f"{v}+{n}"})

    assert (first, second) == ("<p>A 7-2</p>", "<p>B 7+2</p>")
