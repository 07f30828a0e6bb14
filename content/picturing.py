"""The pictures that came with questions: made fit to be kept, and their alt texts put where they are shown."""

import re

from content.coursefiles.images import PictureRefused, read_picture

_IMAGE = re.compile(r"!\[((?:[^\[\]\\]|\\.)*)\]\((assets/[A-Za-z0-9._-]+)\)")
ALT_LENGTH = 300
NO_ALT = "A picture that nobody has described yet"


class Pictures:
    """`kept`: name in the course → Picture · `alts`: the same name → alt text · `names`: of the file → of the course.

    `known`: name → hash of the pictures that the course has already: another picture of the same name gets the
    name of its bytes.
    """

    def __init__(self, reading, known, alts):
        self.kept, self.alts, self.refused = {}, {}, {}
        self._given = {name: " ".join(alt.split())[:ALT_LENGTH] for name, alt in alts.items()}
        self.names = {}
        used = {name for draft in reading.questions for name in draft.media}
        for name in sorted(used & reading.media.keys()):
            media = reading.media[name]
            own = name.removeprefix("assets/")
            try:
                picture = read_picture(own, media.data)
            except PictureRefused as refusal:
                self.refused[name] = str(refusal)
                continue
            if known.get(own, picture.sha256) != picture.sha256:
                own = f"{picture.sha256[:16]}{picture.suffix}"
                picture = type(picture)(
                    own, picture.data, picture.media_type, picture.suffix, picture.width, picture.height
                )
            self.names[name] = own
            self.kept[own] = picture
            self.alts[own] = self._given.get(name) or media.alt[:ALT_LENGTH]

    def shown_in(self, draft):
        """(content with the pictures under their names and with alt texts, names that nobody described)."""
        undescribed = []

        def replace(found):
            alt, name = found[1], found[2]
            if name in self.refused:
                return alt
            if name not in self.names:
                return found[0]
            own = self.names[name]
            said = alt.strip() or _escaped(self._given.get(name, ""))
            if not said:
                undescribed.append(name)
                said = NO_ALT
            if not self.alts[own]:
                self.alts[own] = re.sub(r"\\(.)", r"\1", said)[:ALT_LENGTH]
            return f"![{said}](assets/{own})"

        return (_mapped(draft.content, replace) if draft.media else draft.content), undescribed


def without_alt(reading):
    """The names of pictures that some question shows without an alt text, in the order of the questions."""
    found = []

    def note(match):
        if not match[1].strip() and match[2] in reading.media:
            found.append(match[2])
        return match[0]

    for draft in reading.questions:
        if draft.media:
            _mapped(draft.content, note)
    return list(dict.fromkeys(found))


def _mapped(value, replace):
    if isinstance(value, str):
        return _IMAGE.sub(replace, value)
    if isinstance(value, list):
        return [_mapped(item, replace) for item in value]
    if isinstance(value, dict):
        return {key: _mapped(item, replace) for key, item in value.items()}
    return value


def _escaped(text):
    return re.sub(r"([\\\[\]])", r"\\\1", text)
