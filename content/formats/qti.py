"""QTI packages and single items: 2.1, 2.2 and 3.0 by one reader, and the 1.2 that Canvas and cartridges use."""

import posixpath
from dataclasses import replace
from urllib.parse import unquote

from content import xmlsafe
from content.formats import qti_canvas, qti_items
from content.formats.drafts import Collector, TooMany, with_tags
from content.zips import ZipRefused, looks_like_zip, open_archive

MANIFEST = "imsmanifest.xml"
_ITEM_ROOTS = {"assessmentItem", "qti-assessment-item"}
_TEST_ROOTS = {"assessmentTest", "qti-assessment-test"}
_FILE_BASES = ("$IMS-CC-FILEBASE$/", "%24IMS-CC-FILEBASE%24/", "$IMS_CC_FILEBASE$/")


class Package:
    """The members of a zip, or one file alone, as items see them: XML to read and pictures to show."""

    def __init__(self, archive, collector):
        self.archive, self.collector = archive, collector

    def picture_for(self, member, place):
        """image(src, alt) → Markdown for texts of this member."""

        def picture(source, alt):
            return self.collector.picture_at(source, alt, self._found(member, source), place, where=member)

        return picture

    def _found(self, member, source):
        if self.archive is None or source.startswith(("data:", "http:", "https:")):
            return None
        path = unquote(source.partition("?")[0])
        base = next((base for base in _FILE_BASES if path.startswith(unquote(base))), None)
        if base:
            path = "web_resources/" + path[len(unquote(base)) :]
        else:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(member), path))
        return (self.archive.read(path), path) if path in self.archive else None


def read(data, *, limits=None):
    """The `Reading` of a QTI package (zip) or of one XML file."""
    collector = Collector("qti", limits)
    try:
        if looks_like_zip(data):
            # One member for each question, beside the manifest and the pictures.
            limits = replace(collector.limits.zip, documents=collector.limits.questions)
            _read_package(open_archive(data, limits), collector)
        else:
            collector.warning("qti.bare", "This is a single file without its package; pictures are missing.")
            _read_member("", data, xmlsafe.root_name(data), Package(None, collector), (), {})
    except ZipRefused as refused:
        collector.error("zip.refused", str(refused))
    except TooMany:
        pass
    return collector.reading()


def _read_package(archive, collector):
    package, tags, listed = Package(archive, collector), {}, []
    if MANIFEST in archive:
        listed, tags = _resources(archive, collector)
    else:
        collector.warning(
            "qti.no-manifest", f"The package has no {MANIFEST}; its files were read as they are."
        )
    members = listed or [name for name in sorted(archive.names) if name.lower().endswith((".xml", ".qti"))]
    classic = [name for name in sorted(archive.names) if _is_canvas_quiz(name)]
    if classic:
        # A cartridge holds each quiz twice; Canvas's own files know more kinds.
        members = [name for name in members if name not in classic]
    roots = {name: _root(archive, name) for name in [*members, *classic]}
    if classic:
        members = [name for name in members if roots[name] != "questestinterop"] + classic
    order = [
        item
        for name in members
        if roots[name] in _TEST_ROOTS
        for item in _test_order(archive, name, collector)
    ]
    items = [name for name in members if roots[name] not in _TEST_ROOTS]
    known = set(items)
    ordered = [*dict.fromkeys(name for name in order if name in known), *items]
    for name in dict.fromkeys(ordered):
        _read_member(name, archive.read(name), roots[name], package, (), tags)


def _root(archive, name):
    """The name of the root element, from the first piece of the member."""
    for piece in archive.chunks(name):
        return xmlsafe.root_name(piece)
    return ""


def _is_canvas_quiz(name):
    return name.startswith("non_cc_assessments/") and name.endswith(".xml.qti")


def _resources(archive, collector):
    """(members that hold items or tests, in the order of the manifest; member → tags)."""
    found, tags = [], {}
    try:
        for resource in xmlsafe.nodes(archive.read(MANIFEST), "resource"):
            kind = resource.get("type")
            if "qti" not in kind and "associatedcontent" not in kind:
                continue
            names = [resource.get("href"), *(file.get("href") for file in resource.all("file"))]
            names = [posixpath.normpath(unquote(name)) for name in names if name]
            names = [name for name in names if name.lower().endswith((".xml", ".qti"))][
                : 1 if "qti" in kind else None
            ]
            for name in names:
                if name in archive:
                    found.append(name)
                    tags[name] = _keywords(resource)
                else:
                    message = f'The manifest names "{name[:80]}", which is not in the package.'
                    collector.warning(
                        "qti.missing", message, (resource.line, resource.column), where=MANIFEST
                    )
    except xmlsafe.XmlRefused as refused:
        collector.error("xml.refused", str(refused), (refused.line, refused.column), where=MANIFEST)
    return list(dict.fromkeys(found)), tags


def _keywords(resource):
    """The keywords of the resource's metadata: our tags."""
    return [
        text
        for keyword in resource.descendants("keyword")
        for held in keyword.all("string", "langstring")
        if (text := held.text.strip())
    ]


def _test_order(archive, name, collector):
    """The members that a test names, in its order."""
    found = []
    try:
        for node in xmlsafe.nodes(archive.read(name), "assessmentItemRef", "qti-assessment-item-ref"):
            found.append(
                posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(node.get("href"))))
            )
    except xmlsafe.XmlRefused as refused:
        collector.error("xml.refused", str(refused), (refused.line, refused.column), where=name)
    return found


def _read_member(name, data, root, package, category, tags):
    collector = package.collector
    try:
        if root in _ITEM_ROOTS:
            node = xmlsafe.parse(data)
            qti_items.read_item(node, name, package, lambda draft: with_tags(draft, tags.get(name, ())))
        elif root == "questestinterop":
            qti_canvas.read_items(data, name, package)
        elif name in ("", MANIFEST) or not root:
            # Alone, or not even XML: say what is wrong with it.
            xmlsafe.parse(data)
            if not name:
                message = (
                    f"The element <{root[:40]}> holds no questions that we know; bring the whole package."
                )
                collector.error("qti.root", message, (1, 1))
    except xmlsafe.XmlRefused as refused:
        collector.error("xml.refused", str(refused), (refused.line, refused.column), where=name)
