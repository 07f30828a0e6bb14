import pytest

from content import xmlsafe
from content.xmlsafe import XmlRefused

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE quiz [
<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
]><quiz>&b;</quiz>"""


def test_nodes_know_where_they_stand():
    root = xmlsafe.parse('<quiz>\n  <a:name x:id="ü">é <b/></a:name>\n</quiz>'.encode())

    name = root.find("name")

    assert (name.line, name.column, name.attributes) == (2, 3, {"id": "ü"})
    assert (name.find("b").line, name.find("b").column) == (2, 22)


def test_text_of_a_node_holds_that_of_its_nodes_in_order():
    assert xmlsafe.parse(b"<a>one <b>two <c>three</c></b> four</a>").text == "one two three four"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (BOMB, 2),
        (b'<!DOCTYPE quiz SYSTEM "file:///etc/hostname"><quiz/>', 1),
        (b'<?xml version="1.0"?>\n\n<!DOCTYPE quiz><quiz/>', 3),
        (b"<quiz>\n<a>&nbsp;</a></quiz>", 2),
        (b"<quiz>\n<a></b></quiz>", 2),
        ("<quiz>\né</quiz>".encode("latin-1"), 2),
        (b'<?xml version="1.0" encoding="utf-7"?><quiz/>', 1),
        (b"", 1),
    ],
)
def test_dangerous_or_broken_xml_is_refused_at_its_line(data, line):
    with pytest.raises(XmlRefused) as refused:
        xmlsafe.parse(data)

    assert refused.value.line == line


def test_depth_is_bounded():
    assert xmlsafe.parse(b"<a>" * 100 + b"</a>" * 100)
    with pytest.raises(XmlRefused, match="nested more than 100"):
        xmlsafe.parse(b"<a>" * 101 + b"</a>" * 101)


def test_elements_of_one_question_are_bounded():
    data = b"<quiz><question>" + b"<a/>" * 20 + b"</question></quiz>"

    with pytest.raises(XmlRefused, match="more than 10 elements"):
        list(xmlsafe.nodes(data, "question", max_elements=10))


def test_wanted_elements_come_one_by_one_and_those_before_a_fault_are_given():
    nodes = xmlsafe.nodes(b"<quiz><q>1</q><other><q>2</q></other><q>3", "q")

    assert [next(nodes).text, next(nodes).text] == ["1", "2"]
    with pytest.raises(XmlRefused):
        next(nodes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_mark_decides(encoding):
    assert xmlsafe.parse("<a>بغداد</a>".encode(encoding)).text == "بغداد"


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"<x:quiz>", "quiz"), (b"<!DOCTYPE quiz><quiz/>", "quiz"), (b"words", ""), (b"", ""), (b"\x00<a>", "")],
)
def test_root_name_is_found_without_reading_on(data, name):
    assert xmlsafe.root_name(data) == name
