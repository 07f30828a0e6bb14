import io
import stat
import struct
import zipfile

import pytest

from content.zips import ZipLimits, ZipRefused, open_archive


def packed(*members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, data in members:
            file.writestr(name, data)
    return out.getvalue()


def test_archive_gives_its_members_in_order():
    archive = open_archive(packed(("b.txt", b"two"), ("folder/", b""), ("a.txt", b"one")))

    assert archive.names == ["b.txt", "a.txt"]
    assert archive.read("a.txt") == b"one"


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/x", "C:\\x", "C:x", "a\\b", "..", "a\x00b", "x" * 1_001]
)
def test_name_that_leads_out_is_refused(name):
    # zipfile cuts a name at NUL when it writes; put it there afterwards.
    data = packed((name.replace("\x00", "_"), b"x")).replace(b"a_b", b"a\x00b")

    with pytest.raises(ZipRefused, match="leads out"):
        open_archive(data)


def test_link_is_refused():
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16

    with pytest.raises(ZipRefused, match="is a link"):
        open_archive(packed((info, b"/etc/passwd")))


def test_encrypted_member_is_refused():
    data = bytearray(packed(("a.txt", b"x")))
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1

    with pytest.raises(ZipRefused, match="encrypted"):
        open_archive(bytes(data))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_name_that_stands_twice_is_refused():
    with pytest.raises(ZipRefused, match="twice"):
        open_archive(packed(("a.txt", b"x"), ("a.txt", b"y")))


def test_too_many_members_are_refused_before_they_are_listed():
    data = packed(*((str(number), b"") for number in range(11)))

    assert len(open_archive(data, ZipLimits(members=11)).names) == 11
    with pytest.raises(ZipRefused, match="more than 10 members"):
        open_archive(data, ZipLimits(members=10))


def test_bomb_is_refused_by_what_comes_out_not_by_what_the_header_says():
    data = bytearray(packed(("bomb", b"\x00" * 3_000_000)))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 100)  # the size that the table claims

    with pytest.raises(ZipRefused):
        open_archive(bytes(data)).read("bomb")


def test_ratio_above_a_hundred_is_refused():
    with pytest.raises(ZipRefused, match="more than 100 times"):
        open_archive(packed(("bomb", b"\x00" * 3_000_000))).read("bomb")


def test_sizes_of_all_members_count_together():
    data = packed(*((f"{n}", bytes(range(256)) * 400) for n in range(3)), compression=zipfile.ZIP_STORED)
    archive = open_archive(data, ZipLimits(unpacked=250_000))
    archive.read("0")
    archive.read("1")

    with pytest.raises(ZipRefused, match="unpacks to more than"):
        archive.read("2")


def test_one_member_may_not_be_larger_than_its_limit():
    data = packed(("a", b"x" * 2_000), compression=zipfile.ZIP_STORED)

    with pytest.raises(ZipRefused, match='"a" unpacks'):
        open_archive(data, ZipLimits(member=1_000)).read("a")


def test_archive_inside_the_archive_is_refused():
    with pytest.raises(ZipRefused, match="archive inside"):
        open_archive(packed(("inner.zip", packed(("a", b"x"))))).read("inner.zip")


@pytest.mark.parametrize("cut", [1, 30, 60, -30, -5])
def test_cut_archive_is_refused(cut):
    with pytest.raises(ZipRefused):
        open_archive(packed(("a.txt", b"some words " * 20))[:cut])


def test_member_with_wrong_checksum_is_refused():
    data = bytearray(packed(("a.txt", b"some words"), compression=zipfile.ZIP_STORED))
    data[data.index(b"some")] = ord("S")

    with pytest.raises(ZipRefused, match="damaged"):
        open_archive(bytes(data)).read("a.txt")


def test_documents_may_come_on_top_of_the_other_members_and_nothing_else():
    limits = ZipLimits(members=3, documents=4)

    def members(documents, pictures):
        return packed(
            *((f"{n}.xml", b"") for n in range(documents)), *((f"{n}.png", b"") for n in range(pictures))
        )

    # The list of contents, and one document for each question.
    for documents, pictures in ((1 + 4, 2), (1 + 6, 0), (0, 3), (1, 2)):
        open_archive(members(documents, pictures), limits)
    for documents, pictures in ((1 + 7, 0), (1 + 4, 3), (0, 4), (1, 3)):
        with pytest.raises(ZipRefused, match="members"):
            open_archive(members(documents, pictures), limits)
